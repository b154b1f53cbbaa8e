"""What intake refuses, and the sentence that goes with it."""

from services.intake.domain.lifecycle import allowed_in
from services.intake.models import Order
from services.kit.problems import (
    Conflict,
    DifferentBody,
    Forbidden,
    Invalid,
    NotAllowedNow,
    NotFound,
    Unavailable,
    wrong,
)

BY_ALLOWED = "请按 allowed 里的办法处理"
_SAID = {
    "supplement": f"这件工单现在不能补充，{BY_ALLOWED}",
    "withdraw": f"这件工单现在不能撤回，{BY_ALLOWED}",
    "urge": f"这件工单现在不能催办，{BY_ALLOWED}",
    "feedback": "这件工单还没有办理，现在不能评价",
    "triage": "只有待研判的工单才能研判，请重新读取它的状态",
    "join": f"这件工单现在不能并案，{BY_ALLOWED}",
    "split": "这件工单没有并入别的案件，不能拆案",
    "appeal": "只有不予受理的工单才能申诉",
    "return": f"这件工单现在不能退回来源，{BY_ALLOWED}",
    "return/accept": "这件工单没有等来源答复的退回，请重新读取它的状态",
    "return/refuse": "这件工单没有等来源答复的退回，请重新读取它的状态",
    "unreasonable": f"这件工单现在不能报批不合理诉求，{BY_ALLOWED}",
    "appeal/decide": "这件工单没有等裁定的申诉，请重新读取它的状态",
}

_BY_RECEIPT = {
    "supplement": "这件事已经了结，不能再补充；有新情况请重新反映",
    "urge": "这件事已经有了结果，不用再催",
    "withdraw": "这件事已经了结，不能撤回",
    "feedback": "还没有办理结果，有了结果再评价",
    "appeal": "只有不予受理的才能请人再看一次",
}


class ReturnWindowOver(NotAllowedNow):
    code, title = "return_window_over", "退回时限已过"


class AlreadyRefused(NotAllowedNow):
    code, title = "asked_already", "已经请示过"


class NothingAsked(NotAllowedNow):
    code, title = "nothing_asked", "没有待答复的事"


def nothing_asked(order: Order, role: str) -> NothingAsked:
    may = allowed_in(order.standing, role)
    return NothingAsked("没有等着答复的请示，可能已有人答复，请重新读取", allowed=may, state=order.status)


def asked_already(said: str, action: str, order: Order, role: str) -> AlreadyRefused:
    return AlreadyRefused(said, allowed=_but(action, order, role), state=order.status)


def window_over(window: str, order: Order, role: str) -> ReturnWindowOver:
    said = f"退回来源的时限（{window}）已过，请继续办理，或联系来源协商"
    return ReturnWindowOver(said, allowed=_but("return", order, role), state=order.status)


def _but(action: str, order: Order, role: str) -> list[str]:
    """What the caller may do now without that which was just refused for a reason of its own."""
    return [one for one in allowed_in(order.standing, role) if one != action]


def not_to_decline(order: Order) -> NotAllowedNow:
    return NotAllowedNow(
        "这个渠道的工单街道不能自行不予受理，请用退回（return）并写明理由", allowed=["return"], state=order.status
    )


def appeal_undecided(order: Order, role: str) -> NotAllowedNow:
    said = "申诉要由上级裁定维持与否，请上级用 appeal/decide"
    return NotAllowedNow(said, allowed=_but("triage", order, role), state=order.status)


def still_outside(order: Order, role: str) -> NotAllowedNow:
    said = "按现有地点仍不在本区域，请先由城运中心研判补正地点，或者驳回申诉"
    return NotAllowedNow(said, allowed=allowed_in(order.standing, role), state=order.status)


def no_order() -> NotFound:
    return NotFound("没有找到这件工单，请核对编号，或换有权限的密钥")


def no_attachment() -> NotFound:
    return NotFound("没有找到这个附件，请核对编号，或用工单里给的网址")


def originals_for_the_desk() -> Forbidden:
    return Forbidden("原件里可能有拍摄地点，只有城运中心和区里可以看；去掉 original 再试")


def no_reason() -> Invalid:
    return wrong("/reason", "看原件要写明理由，请在网址后面加 reason")


def no_source() -> NotFound:
    return NotFound("还没有和这个来源约定过，请管理员先用 PUT 约定")


def no_case() -> Invalid:
    return wrong("/case_id", "没有这个案件，请核对案件编号")


def not_now(action: str, order: Order, role: str) -> NotAllowedNow:
    return NotAllowedNow(_SAID[action], allowed=allowed_in(order.standing, role), state=order.status)


def same_id_other_body() -> DifferentBody:
    return DifferentBody("这个 external_id 已经用于内容不同的工单，请换新编号，或用补充接口添加内容")


def sandbox_order() -> Invalid:
    return Invalid("这是沙箱工单，不能并入真实案件")


def too_many(most: int) -> Invalid:
    return Invalid(f"一次最多 {most} 张工单，请分批发")


class Erased(Conflict):
    code, title = "erased", "已按规定删除"


def no_key(key_id: str) -> Unavailable:
    return Unavailable(
        f"缺个人信息钥匙 {key_id}，请管理员在 DUOGE_INTAKE_KEYS 里补上后重启", headers={"Retry-After": "60"}
    )


def personal_erased() -> Erased:
    return Erased("这件工单的个人信息已经删除，没有可看的了")


def only_supervisors() -> Forbidden:
    return Forbidden("举报件要督导员才能查看，请写明理由请督导员来看")


def no_number() -> Invalid:
    return wrong("/phone", "请填完整的电话号码")


def hidden_order() -> Conflict:
    return Conflict("举报和要求保密的工单不能与别的工单并案，请单独办理")


def no_proposal() -> NotFound:
    return NotFound("没有找到这条并案建议，请重新读取列表")


def proposal_decided() -> NotAllowedNow:
    return NotAllowedNow("已经并案，如要分开请用拆案", allowed=["split"], state="joined")


def no_handover() -> NotFound:
    return NotFound("没有找到这件移交，请核对编号，或换有权限的密钥")


def no_reconciliation() -> NotFound:
    return NotFound("没有这一天的对账，请核对日期和来源")


def no_shop() -> NotFound:
    return NotFound("没有这个码，请核对；没登记过的先登记")


def no_receipt() -> NotFound:
    return NotFound("没有找到这张回执，请核对回执号；办结很久的会按期限删除")


def said_enough(most: int) -> Conflict:
    return Conflict(f"已经补充了 {most} 次，请等承办单位联系您，或者打 12345")


def not_by_receipt(action: str, allowed: list[str], status: str) -> NotAllowedNow:
    return NotAllowedNow(_BY_RECEIPT[action], allowed=allowed, state=status)
