"""What dispatch refuses, and the sentence that goes with it."""

from collections.abc import Collection

from services.dispatch.domain.lifecycle import Action, Standing, allowed_in
from services.dispatch.models import Case
from services.kit.problems import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound, Unavailable


class DifferentBody(Conflict):
    code, title = "different_body", "同号不同文"


class ReturnRefused(NotAllowedNow):
    code, title = "return_refused", "不能退单"


class ExtensionRefused(NotAllowedNow):
    code, title = "extension_refused", "不能延期"


def no_case() -> NotFound:
    return NotFound("没有找到这个案件，请核对编号，或换有权限的密钥")


def no_fabric() -> Unavailable:
    return Unavailable("网格数据还没有到位，请稍后再办", headers={"Retry-After": "5"})


def not_now(case: Case, standing: Collection[Standing], action: Action, said: str = "") -> NotAllowedNow:
    sentence = said or "案件现在的状态不能这样办，请按 allowed 里的办法处理"
    return NotAllowedNow(sentence, allowed=_instead(case, standing, action), state=case.state)


def return_refused(case: Case, standing: Collection[Standing], said: str) -> ReturnRefused:
    return ReturnRefused(said, allowed=_instead(case, standing, "return"), state=case.state)


def extension_refused(case: Case, standing: Collection[Standing], said: str) -> ExtensionRefused:
    return ExtensionRefused(said, allowed=_instead(case, standing, "extend"), state=case.state)


def _instead(case: Case, standing: Collection[Standing], refused: Action) -> list[str]:
    """What the table allows now, without what was just refused for a reason of its own."""
    return [action for action in allowed_in(case.state, standing) if action != refused]


def not_yours(said: str) -> Forbidden:
    return Forbidden(said)


def same_key_other_body() -> DifferentBody:
    return DifferentBody("这个 Idempotency-Key 已经用于内容不同的请求，请换一个新的")


def wrong(pointer: str, detail: str) -> Invalid:
    return Invalid("请按 errors 指出的位置改正后重发", errors=[{"pointer": pointer, "detail": detail}])
