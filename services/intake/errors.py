"""What intake refuses, and the sentence that goes with it."""

from services.intake.domain.lifecycle import allowed_in
from services.kit.problems import DifferentBody, Invalid, NotAllowedNow, NotFound, wrong

_SAID = {
    "supplement": "这件工单现在不能补充，请按 allowed 里的办法处理",
    "withdraw": "这件工单现在不能撤回，请按 allowed 里的办法处理",
    "urge": "这件工单现在不能催办，请按 allowed 里的办法处理",
    "feedback": "这件工单还没有办理，现在不能评价",
    "triage": "只有待研判的工单才能研判，请重新读取它的状态",
    "join": "这件工单现在不能并案，请按 allowed 里的办法处理",
    "split": "这件工单没有并入别的案件，不能拆案",
    "appeal": "只有不予受理的工单才能申诉",
    "return": "这件工单现在不能退回来源，请按 allowed 里的办法处理",
}


class ReturnWindowOver(NotAllowedNow):
    code, title = "return_window_over", "退回时限已过"


def no_order() -> NotFound:
    return NotFound("没有找到这件工单，请核对编号，或换有权限的密钥")


def no_case() -> Invalid:
    return wrong("/case_id", "没有这个案件，请核对案件编号")


def not_now(action: str, status: str) -> NotAllowedNow:
    return NotAllowedNow(_SAID[action], allowed=allowed_in(status), state=status)


def same_id_other_body() -> DifferentBody:
    return DifferentBody("这个 external_id 已经用于内容不同的工单，请换新编号，或用补充接口添加内容")


def too_many(most: int) -> Invalid:
    return Invalid(f"一次最多 {most} 张工单，请分批发")


def bad_key() -> Invalid:
    return wrong("/Idempotency-Key", "请填 1 到 255 个可见字符")
