"""What a receipt shows of an order to whoever holds its code, and what it still allows. Sentences, no free words of
anybody's, except what the unit says it has done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.intake.domain.lifecycle import ALLOWED

# Type of event → the line; {unit} is the name of the unit. What is not here is the house's own business: `case.progressed`
# too, by which cases also tell of requests for more time and of what the reporter added.
LINES: Mapping[str, str] = {
    "order.received": "收到您反映的问题",
    "order.accepted": "已经受理",
    "order.declined": "不予受理，原因见上",
    "order.returned_to_source": "不属本街道办理，原因见上",
    "order.return_refused": "继续由本街道办理",
    "order.triaged": "请工作人员核对地点和事项",
    "order.joined": "和别人反映的同一件事一起办理",
    "order.split": "单独办理",
    "order.supplemented": "收到您的补充，已转给承办单位",
    "order.urged": "收到您的催办，已转给承办单位",
    "order.withdrawn": "您撤回了这件事",
    "order.feedback": "收到您的评价",
    "case.opened": "已经立案",
    "case.dispatched": "交{unit}办理",
    "case.signed": "{unit}已签收",
    "case.contacted": "{unit}已先行联系",
    "case.returned": "正在另行确定由谁办理",
    "case.ruled": "已重新确定由谁办理",
    "case.transferred": "已转有关单位办理",
    "case.rerouted": "已改由有关单位办理",
    "case.extended": "办理时间延长",
    "case.deferred": "暂缓办理",
    "case.resumed": "恢复办理",
    "case.shelved": "一时解决不了，已挂账跟踪",
    "case.unshelved": "条件具备，重新办理",
    "case.statutory": "已转法定程序办理",
    "case.overdue": "超过了办理时限，已督促",
    "case.climbed": "已由上级督促办理",
    "case.supervised": "已列入督办",
    "case.resolved": "{unit}已办结",
    "case.explained": "{unit}已作出解释",
    "case.verified": "办理结果已核查",
    "case.called_back": "已回访",
    "case.rechecked": "已回头看",
    "case.closed": "已结案",
    "case.reopened": "重新办理",
    "case.withdrawn": "已撤案",
    "whistle.blown": "已请有关单位到现场会办",
    "whistle.approved": "已请有关单位到现场会办",
    "whistle.met": "有关单位都到了现场",
}
RESULTS = frozenset({"case.resolved", "case.explained"})
_FEEDBACK, _URGED, _SUPPLEMENTED = "order.feedback", "order.urged", "order.supplemented"
_ACTIONS = ("supplement", "urge", "withdraw", "feedback", "appeal")
_DONE = frozenset({"resolved", "closed"})
# A second urging within this time is the same one.
URGED_LATELY = timedelta(hours=1)
MOST_SUPPLEMENTS = 30

Progress = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Line:
    """`said`: what the unit says of its result; empty for most."""

    at: datetime
    step: str
    said: str = ""


def lines(progress: Progress, confidential: bool, unit_name: Callable[[str], str]) -> list[Line]:
    """Oldest first. Of a confidential report not even who works on it is told. What is late after the result, be it a
    verification or a call, is the house's own business."""
    shown, done = [], False
    for step in progress:
        done = step["type"] in RESULTS or (done and step["type"] != "case.reopened")
        words = LINES.get(step["type"])
        if words is None or (done and step["type"] == "case.overdue"):
            continue
        unit = unit_name(step["unit"]) if step["unit"] and not confidential else "承办单位"
        said = "" if confidential or step["type"] not in RESULTS else str(step["text"])
        shown.append(Line(datetime.fromisoformat(step["at"]), words.format(unit=unit), said))
    return shown


def answered(progress: Progress) -> bool:
    """Whether the present result has been judged: after a case was opened again, its next result may be judged anew."""
    for step in reversed(progress):
        if step["type"] == _FEEDBACK:
            return True
        if step["type"] in RESULTS:
            return False
    return False


def urged_lately(progress: Progress, now: datetime) -> bool:
    return any(step["type"] == _URGED and now - datetime.fromisoformat(step["at"]) < URGED_LATELY for step in progress)


def supplements(progress: Progress) -> list[str]:
    """Their texts, as the lines of progress tell them."""
    return [str(step["text"]) for step in progress if step["type"] == _SUPPLEMENTED]


def allowed(standing: str, status: str, has_case: bool, progress: Progress) -> list[str]:
    """What the holder may do now. A result is judged when there is one, once."""
    may = [action for action in _ACTIONS if standing in ALLOWED[action]]
    judged = status in _DONE and has_case and not answered(progress)
    return [action for action in may if action != "feedback" or judged]


# Status → (in two words, what it means for whoever waits).
SAID: Mapping[str, tuple[str, str]] = {
    "received": ("已收到", "正在看由谁来办。"),
    "triage": ("核对中", "工作人员正在核对地点和事项，需要时会联系您。"),
    "accepted": ("已受理", "正在交给承办单位。"),
    "joined": ("已受理", "别人也反映了同一件事，合在一起办理。"),
    "in_progress": ("办理中", "承办单位正在办理。"),
    "reopened": ("重新办理中", "承办单位正在重新办理。"),
    "resolved": ("已办结", "承办单位说已经办好。"),
    "closed": ("已结案", "这件事已经办完。"),
    "declined": ("不予受理", "原因如下。您有不同意见，可以请人再看一次。"),
    "returned_to_source": ("不在这里办", "原因如下。"),
    "withdrawn": ("已撤回", "您撤回了这件事，不再办理。"),
}
# Whose `said` is meant for the reporter; of a triage only what he could help with.
_EXPLAINED = frozenset({"declined", "returned_to_source"})


def meaning(status: str, allowed: Sequence[str]) -> str:
    said = SAID[status][1]
    return f"{said}请您评价。" if "feedback" in allowed else said


def explanation(status: str, reason: str | None, said: str | None) -> str:
    return said or "" if status in _EXPLAINED or (status == "triage" and reason == "place_unclear") else ""
