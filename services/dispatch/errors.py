"""What dispatch refuses, and the sentence that goes with it."""

from collections.abc import Collection

from services.dispatch.domain.lifecycle import Action, Standing
from services.dispatch.domain.may import may_now
from services.dispatch.models import Case
from services.fabric.snapshot import Fabric
from services.kit.problems import Forbidden, NotAllowedNow, NotFound, Unavailable


class ReturnRefused(NotAllowedNow):
    code, title = "return_refused", "不能退单"


class ExtensionRefused(NotAllowedNow):
    code, title = "extension_refused", "不能延期"


class DispatchRefused(NotAllowedNow):
    code, title = "dispatch_refused", "不能这样派单"


class PartsOwed(NotAllowedNow):
    code, title = "parts_owed", "分办的还没办完"


class MergeRefused(NotAllowedNow):
    code, title = "merge_refused", "不能并案"


def merge_refused(case: Case, said: str) -> MergeRefused:
    return MergeRefused(said, allowed=[], state=case.state)


def no_slip() -> NotFound:
    return NotFound("没有找到这张督办单，请核对编号，或换有权限的密钥")


def dispatch_refused(case: Case, standing: Collection[Standing], action: Action, said: str) -> DispatchRefused:
    return DispatchRefused(said, allowed=_instead(case, standing, action), state=case.state)


def parts_owed(case: Case, standing: Collection[Standing], action: Action, said: str) -> PartsOwed:
    return PartsOwed(said, allowed=_instead(case, standing, action), state=case.state)


def no_case() -> NotFound:
    return NotFound("没有找到这个案件，请核对编号，或换有权限的密钥")


def needed(fabric: Fabric | None) -> Fabric:
    """The fabric; Unavailable until this process holds one."""
    if fabric is None:
        raise Unavailable("网格数据还没有到位，请稍后再办", headers={"Retry-After": "5"})
    return fabric


def not_now(case: Case, standing: Collection[Standing], action: Action, said: str = "") -> NotAllowedNow:
    sentence = said or "案件现在的状态不能这样办，请按 allowed 里的办法处理"
    return NotAllowedNow(sentence, allowed=_instead(case, standing, action), state=case.state)


def return_refused(case: Case, standing: Collection[Standing], said: str) -> ReturnRefused:
    return ReturnRefused(said, allowed=_instead(case, standing, "return"), state=case.state)


def extension_refused(case: Case, standing: Collection[Standing], said: str) -> ExtensionRefused:
    return ExtensionRefused(said, allowed=_instead(case, standing, "extend"), state=case.state)


def _instead(case: Case, standing: Collection[Standing], refused: Action) -> list[str]:
    """What may be done now, without what was just refused for a reason of its own."""
    return [action for action in may_now(case, standing) if action != refused]


def not_yours(said: str) -> Forbidden:
    return Forbidden(said)


def no_rectification() -> NotFound:
    return NotFound("没有找到这张整改通知，请核对编号，或换有权限的密钥")


def follow_up_refused(case: Case, said: str) -> NotAllowedNow:
    return NotAllowedNow(said, allowed=[], state=case.state)
