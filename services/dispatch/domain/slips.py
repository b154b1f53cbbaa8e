"""督办单: issued, answered, sent back, 销号; what may be done to one and by whom is a table. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from services.dispatch.domain.clocks import Reckoning
from services.dispatch.domain.lifecycle import Standing
from services.dispatch.models import Case, Slip, SlipLevel, SlipState
from services.fabric.spans import Span
from services.kit.contracts.cases import ClockView
from services.kit.contracts.cases import Slip as SlipView

SlipAction = Literal["reply", "refuse", "close", "summon", "circulate"]
SLIP_ACTIONS: tuple[SlipAction, ...] = get_args(SlipAction)
LEVELS: dict[SlipLevel, str] = {"street": "街道", "district": "区", "city": "市"}
OPEN: frozenset[SlipState] = frozenset({"issued", "replied"})
# A slip's own time is told only to reckon when its light turns yellow.
_SPAN = Span(amount=2, unit="days", time="working")


@dataclass(frozen=True, slots=True)
class Step:
    """`by_issuer`: only somebody who may issue at the slip's level; else its unit, or the desk for it."""

    action: SlipAction
    states: frozenset[SlipState]
    by_issuer: bool
    to: SlipState | None
    event: str


STEPS: dict[SlipAction, Step] = {
    step.action: step
    for step in (
        Step("reply", frozenset({"issued"}), False, "replied", "case.slip_replied"),
        Step("refuse", frozenset({"replied"}), True, "issued", "case.slip_refused"),
        Step("close", frozenset({"replied"}), True, "closed", "case.slip_closed"),
        Step("summon", OPEN, True, None, "case.summoned"),
        Step("circulate", OPEN, True, None, "case.circulated"),
    )
}


def may_issue(level: SlipLevel, standing: Collection[Standing]) -> bool:
    """A street's by the street's or the district's desk; those of the district and of the city by the district's."""
    return ("dispatcher" if level == "street" else "district") in standing


def issued(
    case: Case, level: SlipLevel, issuer: str, said: str, at: datetime, due: datetime | None, by: Reckoning
) -> Slip:
    place = len(case.course.slips) + 1
    yellow_at = by.yellow.at(_SPAN, at, due, by.calendar) if due is not None else None
    number = f"{case.case_id}-{place}"
    return Slip(number, place, level, issuer, case.lead, said, at, due, yellow_at)


def allowed(slip: Slip, standing: Collection[Standing], answers: bool) -> list[str]:
    """`answers`: speaks for the unit that has to reply. 约谈 follows an overdue reply, 通报 follows 约谈, each once."""
    return [step.action for step in STEPS.values() if _fits(slip, step) and _theirs(slip, step, standing, answers)]


def theirs(slip: Slip, action: SlipAction, standing: Collection[Standing], answers: bool) -> bool:
    """Whether they may ever do it, whatever the state."""
    return _theirs(slip, STEPS[action], standing, answers)


def done(slip: Slip, action: SlipAction, words: str, at: datetime) -> Slip:
    """As it is after an allowed step. What is sent back is owed again by the same time, or by the one it has."""
    if action == "reply":
        late = slip.overdue or (slip.due is not None and at > slip.due)
        return replace(slip, state="replied", reply=words, replied_at=at, overdue=late)
    if action == "refuse":
        return replace(slip, state="issued", replied_at=None)
    if action == "close":
        return replace(slip, state="closed", closed_at=at)
    return replace(slip, summoned_at=at) if action == "summon" else replace(slip, circulated_at=at)


def voided(case: Case) -> Case:
    """The case is withdrawn: nobody has to answer any more."""
    slips = tuple(replace(slip, state="void") if slip.state in OPEN else slip for slip in case.course.slips)
    return replace(case, course=replace(case.course, slips=slips))


def find(case: Case, number: str) -> Slip | None:
    return next((slip for slip in case.course.slips if slip.number == number), None)


def put(case: Case, slip: Slip) -> Case:
    kept = [slip if one.number == slip.number else one for one in case.course.slips]
    if slip.number not in {one.number for one in case.course.slips}:
        kept.append(slip)
    return replace(case, course=replace(case.course, slips=tuple(kept)))


def next_moment(slips: Iterable[Slip]) -> datetime | None:
    """When the next light of an unanswered slip turns."""
    return min((at for slip in slips if (at := _moment(slip)) is not None), default=None)


def fallen(case: Case, now: datetime) -> Slip | None:
    """The unanswered slip whose light should have turned first."""
    due = [(at, slip.place, slip) for slip in case.course.slips if (at := _moment(slip)) is not None and at <= now]
    return min(due, key=lambda held: held[:2])[2] if due else None


def light(slip: Slip, now: datetime) -> str:
    if slip.state == "issued" and slip.due is not None and slip.due <= now:
        return "red"
    yellow = slip.state == "issued" and slip.yellow_at is not None and slip.yellow_at <= now
    return "yellow" if yellow else "green"


def clock(slip: Slip) -> ClockView | None:
    if slip.due is None:
        return None
    if slip.replied_at is not None:
        state: Literal["late", "met", "overdue", "running"] = "late" if slip.overdue else "met"
    else:
        state = "overdue" if slip.overdue else "running"
    return ClockView(kind="slip", started=slip.issued_at, due=slip.due, state=state)


def view(slip: Slip) -> SlipView:
    return SlipView(
        number=slip.number,
        level=slip.level,
        issuer=slip.issuer,
        unit=slip.unit,
        state=slip.state,
        due=slip.due,
        overdue=slip.overdue,
    )


def printed() -> str:
    """The table for people, a row a line."""
    lines = ["督办单动作 | 可用状态 | 谁 | 之后 | 事件"]
    for step in STEPS.values():
        who = "签发一级" if step.by_issuer else "被督办单位"
        lines.append(f"{step.action} | {' '.join(sorted(step.states))} | {who} | {step.to or '不变'} | {step.event}")
    return "\n".join(lines)


def _fits(slip: Slip, step: Step) -> bool:
    if slip.state not in step.states:
        return False
    if step.action == "summon":
        return slip.overdue and slip.summoned_at is None
    return step.action != "circulate" or (slip.summoned_at is not None and slip.circulated_at is None)


def _theirs(slip: Slip, step: Step, standing: Collection[Standing], answers: bool) -> bool:
    return may_issue(slip.level, standing) if step.by_issuer else answers or "dispatcher" in standing


def _moment(slip: Slip) -> datetime | None:
    if slip.state != "issued" or slip.due is None or slip.overdue:
        return None
    return slip.yellow_at if slip.yellow_at is not None and not slip.warned else slip.due
