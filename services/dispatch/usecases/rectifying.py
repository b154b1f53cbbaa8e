"""限期整改 done to a case that is locked: ordered, looked at, warned of; what is not put right goes to enforcement."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch import metrics
from services.dispatch.domain import clocks, moves, rectifying
from services.dispatch.domain.actors import SYSTEM, Actor
from services.dispatch.domain.lifecycle import DONE, OWED
from services.dispatch.models import Case, Rectification
from services.dispatch.usecases.work import Work, views
from services.kit.clock import local


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a shop or a site has to put right by when. Words are masked."""

    subject: str
    shop_code: str | None
    orders: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Looked:
    """`due`: ordered again until then; `to`: handed over to this unit; neither: it was put right."""

    found: str
    due: datetime | None = None
    to: str | None = None

    @property
    def outcome(self) -> rectifying.Outcome:
        return "handed_over" if self.to else "again" if self.due else "passed"


def order(work: Work, case: Case, wanted: Ordered, actor: Actor, unit: str | None) -> Case:
    by = moves.reckoning(work.fabric)
    one = rectifying.ordered(case, wanted.subject, wanted.shop_code, wanted.orders, unit, work.now, wanted.due, by)
    said = f"限期整改第{one.place}号：责令{one.subject}在 {local(one.due)} 前整改：{one.orders}"
    return _told(work, rectifying.put(case, one), one, said, actor, unit)


def check(work: Work, case: Case, one: Rectification, looked: Looked, actor: Actor, unit: str | None) -> Case:
    by = moves.reckoning(work.fabric)
    seen = rectifying.checked(one, looked.outcome, looked.found, work.now, looked.due, looked.to, by)
    result = {
        "passed": "已整改到位",
        "again": f"没有整改到位，再限 {local(looked.due)} 前整改" if looked.due else "",
        "handed_over": f"没有整改到位，移交{work.name(looked.to)}执法",
    }[looked.outcome]
    late = "（过期才查）" if work.now > one.due else ""
    found = f"。{looked.found}" if looked.found else ""
    said = f"限期整改第{one.place}号复查{late}：{one.subject}{result}{found}"
    told = _told(work, rectifying.put(case, seen), seen, said, actor, unit)
    return _enforced(work, told, looked.to, seen, actor) if looked.to else told


def light_turned(work: Work, case: Case, one: Rectification) -> Case:
    """Yellow before it is due, red when nobody has looked; what was slept through yellow is red at once."""
    red = one.due <= work.now
    told = replace(one, warned=True, overdue=red)
    metrics.TOLD.labels("rectify", "red" if red else "yellow").inc()
    who, until = work.name(one.unit or case.lead), local(one.due)
    said = (
        f"红灯：限期整改第{one.place}号 {until} 到期，{who}还没有复查{one.subject}"
        if red
        else f"黄灯：限期整改第{one.place}号 {until} 到期，请{who}到时复查{one.subject}"
    )
    return _told(work, rectifying.put(case, told), told, said, SYSTEM, one.unit or case.lead)


def _told(work: Work, case: Case, one: Rectification, said: str, actor: Actor, unit: str | None) -> Case:
    view = rectifying.view(one)
    return work.record.add(case, "case.progressed", said, actor=actor, unit=unit, rectification=view)


def _enforced(work: Work, case: Case, to: str, one: Rectification, actor: Actor) -> Case:
    """The case goes to whoever enforces: by transfer while it is being worked on, opened again when it was done. Where
    its clocks stand still it stays as it is and they come into it."""
    before, why = case.lead, f"限期整改第{one.place}号没有整改到位，移交{work.name(to)}执法"
    if to == before and case.state in OWED:
        return case
    helped = replace(case, assists=moves.without((*case.assists, *filter(None, [before])), to))
    if case.state in OWED:
        after = moves.handed_on(work.fabric, helped, to, work.now)
        return work.record.add(
            after, "case.transferred", why, actor=actor, unit=to, previous=before, clocks=views(after)
        )
    if case.state in DONE or case.state == "closed":
        after = moves.anew(work.fabric, helped, to, work.now, "reopened")
        limit = clocks.find(after.clocks, "sign")
        return work.record.add(after, "case.reopened", f"{why}，重新办理", actor=actor, unit=to, clock=limit)
    joined = replace(case, assists=moves.without((*case.assists, to), before))
    return work.record.add(joined, "case.progressed", f"{why}（案件暂停期间先协办）", actor=actor, unit=to)
