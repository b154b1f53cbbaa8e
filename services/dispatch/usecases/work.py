"""What every use case works with at one moment, and the moves that several of them make: recorded, with their words."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.dispatch.domain import callbacks, climbing, clocks, moves, rectifying, slips
from services.dispatch.domain.actors import CITIZEN, SYSTEM, Actor
from services.dispatch.domain.callbacks import Reporter
from services.dispatch.domain.lifecycle import DONE, FINAL
from services.dispatch.models import Case, OrderLink, SlipLevel
from services.dispatch.usecases.recording import Record
from services.fabric.snapshot import Fabric
from services.kit.clock import local
from services.kit.contracts.cases import ClockView

SATISFACTION = {"satisfied": "满意", "fair": "一般", "dissatisfied": "不满意"}


@dataclass
class Work:
    """`secret` is derived for drawing rechecks. `links`: case → the orders that are or were in it, as they are now.
    `begun`: first clocks reckoned at `now`, by what they depend on."""

    record: Record
    fabric: Fabric
    now: datetime
    secret: bytes
    links: dict[str, dict[str, OrderLink]] = field(default_factory=lambda: defaultdict(dict))
    begun: dict[Hashable, clocks.Clocks] = field(default_factory=dict)

    def have(self, links: Iterable[OrderLink]) -> None:
        for link in links:
            self.links[link.case_id][link.order_id] = link

    def put(self, link: OrderLink) -> None:
        self.have([link])
        self.record.link(link)

    def live(self, case: Case) -> list[OrderLink]:
        return [link for link in self.links[case.case_id].values() if link.live]

    def reporters(self, case: Case) -> list[Reporter]:
        """Everybody who reported it, as they stand now."""
        most = self.fabric.profile.after_resolve.callback_tries
        return callbacks.reporters(self.live(case), case.round, most)

    def name(self, unit: str | None) -> str:
        return self.fabric.unit_name(unit)

    def dispatcher(self, case: Case) -> str:
        """Whoever dispatches; the lead itself where the fabric has no operation centre at all."""
        here = climbing.concerned(self.fabric, case, self.now)
        return climbing.dispatcher(self.fabric, here) or case.lead or "operation"


def climb(work: Work, case: Case, why: str, actor: Actor = SYSTEM) -> Case:
    """One level up with everything known; at the top nothing happens."""
    rung = climbing.above(work.fabric, case, work.now)
    return case if rung is None else climb_to(work, case, rung, why, actor)


def climb_to(work: Work, case: Case, rung: climbing.Rung, why: str, actor: Actor = SYSTEM) -> Case:
    levels = work.fabric.profile.level_name
    text = (
        f"{why}，由{levels(case.level)}升级到{levels(rung.level)}：{work.name(case.lead)}转{work.name(rung.unit)}主办"
    )
    if rung.unit != case.lead:
        text += f"，{work.name(case.lead)}继续协办"
    after = moves.climbed(case, rung)
    return work.record.add(
        after, "case.climbed", text, actor=actor, unit=rung.unit, previous=case.lead, reason=why, clocks=views(after)
    )


def close(work: Work, case: Case, text: str, actor: Actor, unit: str | None = None) -> Case:
    return work.record.add(
        moves.closed(work.fabric, case, work.now, work.secret), "case.closed", text, actor=actor, unit=unit
    )


def reopen(work: Work, case: Case, text: str, actor: Actor) -> Case:
    """The same lead, a new round of clocks."""
    lead = case.lead or work.dispatcher(case)
    after = moves.anew(work.fabric, case, lead, work.now, "reopened")
    return work.record.add(after, "case.reopened", text, actor=actor, unit=after.lead)


def supervise(
    work: Work, case: Case, text: str, actor: Actor, due: datetime | None = None, level: SlipLevel = "street"
) -> Case:
    """督办单: numbered within the case; its due time brings `resolve` forward."""
    limits = case if due is None else sooner(work, case, due)
    issuer = work.name(work.dispatcher(case)) if actor is SYSTEM else actor.title
    slip = slips.issued(case, level, issuer, text, work.now, due, moves.reckoning(work.fabric))
    after = slips.put(limits, slip)
    until = f"，{local(due)}前办结并回复" if due else ""
    return work.record.add(
        after,
        "case.supervised",
        f"{slips.LEVELS[level]}督办单第{slip.place}号：{text}{until}",
        actor=actor,
        unit=after.lead,
        clock=clocks.find(after.clocks, "resolve"),
        slip=slips.view(slip),
    )


def sooner(work: Work, case: Case, due: datetime) -> Case:
    """With `resolve` brought forward to `due`, never before now; a clock that is due earlier stays."""
    resolve = clocks.find(case.clocks, "resolve")
    due = max(due, work.now)
    if resolve is None or resolve.state != "running" or due >= resolve.due:
        return case
    return replace(
        case, clocks=clocks.swap(case.clocks, resolve, clocks.extended(resolve, due, moves.reckoning(work.fabric)))
    )


def withdraw(work: Work, case: Case, text: str) -> Case:
    return work.record.add(
        rectifying.voided(slips.voided(moves.withdrawn(case))), "case.withdrawn", text, unit=case.lead
    )


def judged(work: Work, case: Case, link: OrderLink) -> Case:
    """After a citizen's verdict was told: all content → closed; not content → opened again once by itself, the second
    time supervised, for the street's meeting and a level higher. What others say while it is done again is kept: they
    are asked about the rework."""
    assert link.resolved is not None
    if not callbacks.content(link):
        return _not_content(work, case, link) if case.state in DONE or case.state == "closed" else case
    if case.state not in DONE:
        return case
    if not callbacks.all_content(work.reporters(case)):
        return case
    if link.callback_by == "source":
        case = work.record.add(
            case,
            "case.called_back",
            "来源回访完成，市民认可",
            actor=CITIZEN,
            order_id=link.order_id,
            resolved=link.resolved,
            satisfaction=link.satisfaction,
        )
    return accepted(work, case)


def accepted(work: Work, case: Case) -> Case:
    return close(work, case, "市民认可办理结果，结案", SYSTEM)


def called(work: Work, case: Case) -> Case:
    """The limit of our own callbacks is kept once nobody is left to call, be it after closing; it begins with whoever comes
    when there is a result. Nothing is told yet."""
    if case.state not in DONE | {"closed"}:
        return case
    if not any(one.ours for one in work.reporters(case)):
        return replace(case, clocks=clocks.fulfilled(case.clocks, ("callback",), work.now))
    if clocks.find(case.clocks, "callback") is not None or case.state == "closed":
        return case
    span = work.fabric.profile.after_resolve.callback
    begun = clocks.started("callback", case.round, span, work.now, moves.reckoning(work.fabric))
    return replace(case, clocks=clocks.put(case.clocks, [begun]))


def _not_content(work: Work, case: Case, link: OrderLink) -> Case:
    said = "未解决" if not link.resolved else "不满意"
    again = replace(case, course=replace(case.course, dissatisfied=case.course.dissatisfied + 1))
    if again.course.dissatisfied == 1:
        return reopen(work, again, f"市民评价{said}，重办，仍由{work.name(again.lead)}主办", SYSTEM)
    lead = again.lead or work.dispatcher(again)
    again = replace(again, course=replace(again.course, to_meet="street"))
    after = moves.anew(work.fabric, again, lead, work.now, "reopened")
    after = supervise(work, after, f"市民再次评价{said}，重办并提交街道会商", SYSTEM, _resolve_due(after))
    return climb(work, after, "重办后市民仍不认可")


def _resolve_due(case: Case) -> datetime | None:
    resolve = clocks.find(case.clocks, "resolve")
    return resolve.due if resolve else None


def views(case: Case) -> list[ClockView]:
    """The limits that run in this round."""
    return [shown for clock in clocks.shown(case.clocks, case.round) if (shown := clocks.view(clock))]


def is_over(case: Case) -> bool:
    return case.state in FINAL
