"""What becomes of a case when it is dispatched, handed on, sent back, finished or opened again. Pure; every function
returns the case as it is after, and nothing is told yet."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from services.dispatch.domain import callbacks, clocks
from services.dispatch.domain.checking import verifier
from services.dispatch.domain.climbing import Rung
from services.dispatch.domain.clocks import Reckoning
from services.dispatch.domain.lifecycle import OWED
from services.dispatch.models import Case, ClockRow, Dispute, OrderLink
from services.fabric.own_time import own_time
from services.fabric.snapshot import Fabric
from services.kit.contracts.cases import CaseState

STOPPABLE = (*clocks.OF_WORK, "hold")
# The procedure of law has its own terms: what stays is that somebody takes it and contacts the citizen.
STOPPED_BY_LAW = tuple(kind for kind in STOPPABLE if kind not in ("sign", "contact"))
# The citizen's waiting goes on while it is unclear whose it is; nobody can be held to the rest.
ENDED_BY_RETURN = tuple(kind for kind in STOPPABLE if kind != "resolve")


def reckoning(fabric: Fabric) -> Reckoning:
    return Reckoning(fabric.calendar, fabric.profile.yellow, partial(own_time, fabric), fabric.version)


def first_clocks(fabric: Fabric, case: Case, at: datetime) -> Case:
    """The first dispatch of a case that has its lead."""
    return replace(case, clocks=_of_round(fabric, case, at))


def anew(fabric: Fabric, case: Case, lead: str, at: datetime, state: CaseState) -> Case:
    """The next round of dispatch: what is open ends, all clocks begin again."""
    after = replace(
        case,
        state=state,
        lead=lead,
        assists=without(case.assists, lead),
        round=case.round + 1,
        dispatched_at=at,
        course=replace(case.course, request=None, before_pause=None),
    )
    return replace(after, clocks=clocks.put(clocks.ended(case.clocks), _of_round(fabric, after, at)))


def handed_on(fabric: Fabric, case: Case, lead: str, at: datetime) -> Case:
    """As `anew`, but the citizen's waiting goes on: whoever takes it over signs and makes contact in fresh time, and
    resolves by the old one."""
    resolve = clocks.find(case.clocks, "resolve")
    after = anew(fabric, case, lead, at, "dispatched")
    after = replace(after, course=replace(after.course, climbed_from=()))
    if resolve is None:
        return after
    return replace(after, clocks=clocks.put(after.clocks, [replace(resolve, round=after.round)]))


def moved_to(fabric: Fabric, case: Case, lead: str, assists: Iterable[str], level: str, at: datetime) -> Case:
    """The ground has another lead now. Where something is owed it is handed on; what stands still, is in a procedure of
    law or waits for its verification stays as it is, in other hands."""
    after = replace(case, level=level, assists=without(assists, lead))
    if case.state in OWED:
        return handed_on(fabric, after, lead, at)
    return replace(after, lead=lead)


def sent_back(case: Case, dispatcher: str, at: datetime) -> Case:
    """退单: it is the dispatcher's to say whose it is; whoever got it first keeps and leads it until then (首接负责)."""
    assert case.lead is not None
    first = (*case.dispute.holders, case.lead)[0]
    back = replace(
        case.dispute,
        holders=(*case.dispute.holders, case.lead),
        returned_by=(*case.dispute.returned_by, case.lead),
    )
    answered = clocks.fulfilled(case.clocks, ("sign",), at)
    return replace(
        case,
        state="open",
        lead=first,
        assists=without((*case.assists, case.lead, dispatcher), first),
        dispute=back,
        course=replace(case.course, request=None),
        clocks=clocks.ended(answered, ENDED_BY_RETURN),
    )


def ruled(fabric: Fabric, case: Case, lead: str, at: datetime) -> Case:
    """裁定: whoever sent it back is out of it, unless it is the one named."""
    assists = tuple(unit for unit in case.assists if unit not in case.dispute.returned_by)
    after = anew(fabric, replace(case, assists=assists), lead, at, "dispatched")
    return replace(after, dispute=Dispute(bound=True), course=replace(after.course, climbed_from=()))


def climbed(case: Case, rung: Rung) -> Case:
    """The level below stays in it and may go on working. Clocks run on: higher up it is no younger."""
    below = (case.lead,) if case.lead else ()
    stays = (*case.assists, *below)
    return replace(
        case,
        level=rung.level,
        lead=rung.unit,
        assists=without(stays, rung.unit),
        course=replace(case.course, climbed_from=(*case.course.climbed_from, *below)),
        clocks=clocks.ended(case.clocks, ("hold",)),
    )


def finished(
    fabric: Fabric, case: Case, state: CaseState, doer: str | None, at: datetime, links: Iterable[OrderLink]
) -> Case:
    """Resolved or explained: the work's clocks are met, verification and callback begin."""
    most = fabric.profile.after_resolve.callback_tries
    by_us = any(one.ours for one in callbacks.reporters(links, case.round, most))
    work = (*clocks.OF_WORK, "statutory")
    met = clocks.ended(clocks.fulfilled(case.clocks, work, at), ("hold", "resume"))
    begun = clocks.of_result(
        fabric.profile.after_resolve,
        case.round,
        at,
        reckoning(fabric),
        around_the_clock=case.case_class == "emergency",
        by_us=by_us,
    )
    course = replace(case.course, doer=doer, request=None, verifier=verifier(fabric, case, doer, at))
    return replace(case, state=state, course=course, clocks=clocks.put(met, begun))


def closed(fabric: Fabric, case: Case, at: datetime, secret: bytes) -> Case:
    """Whom we still owe a call is owed it on, and by the same limit. Whether it is looked at again is drawn, and when."""
    after, drawn = fabric.profile.after_resolve, f"{case.case_id}/{case.round}"
    ends = {clock.kind for clock in case.clocks} - {"callback"}
    over = replace(case, state="closed", clocks=clocks.ended(case.clocks, ends))
    if _drawn(secret, f"{drawn}/share") >= after.recheck_share:
        return over
    first, last = (span.due(at, fabric.calendar).at for span in (after.recheck_from, after.recheck_to))
    due = first + (last - first) * _drawn(secret, drawn)
    look = ClockRow("look_again", case.round, at, due, None, after.recheck_from)
    return replace(over, clocks=clocks.put(over.clocks, [look]))


def withdrawn(case: Case) -> Case:
    return replace(case, state="withdrawn", clocks=clocks.ended(case.clocks))


def held_back(fabric: Fabric, case: Case, state: CaseState, at: datetime, until: datetime | None) -> Case:
    """Deferred (until then), shelved or in a procedure of law: the clocks stand still."""
    kinds = STOPPED_BY_LAW if state == "statutory" else STOPPABLE
    still = clocks.ended(clocks.paused(case.clocks, at, kinds), ("resume", *clocks.BESIDE))
    if until is not None:
        span = fabric.profile.after_resolve.verify
        still = clocks.put(still, [ClockRow("resume", case.round, at, until, None, span)])
    before = case.course.before_pause or case.state
    return replace(case, state=state, course=replace(case.course, before_pause=before, request=None), clocks=still)


def taken_up(fabric: Fabric, case: Case, state: CaseState | None, at: datetime) -> Case:
    """The clocks go on with what was left to them. `state` None: the one before."""
    going = clocks.resumed(clocks.ended(case.clocks, ("resume", *clocks.BESIDE)), at, reckoning(fabric))
    back = state or case.course.before_pause or "in_progress"
    return replace(case, state=back, course=replace(case.course, before_pause=None), clocks=going)


def without(units: Iterable[str], lead: str | None) -> tuple[str, ...]:
    """In their order, each once, the lead not among them."""
    return tuple(unit for unit in dict.fromkeys(units) if unit != lead)


def _of_round(fabric: Fabric, case: Case, at: datetime) -> clocks.Clocks:
    rules = fabric.profile.clocks(case.decision.clocks, case.matter)
    begun = clocks.of_dispatch(rules, case.round, at, reckoning(fabric), case.source_due, case.lead)
    if not case.orders:
        # Found on the ground, reported by nobody: there is nobody to contact.
        begun = tuple(clock for clock in begun if clock.kind != "contact")
    hold, unit = fabric.profile.hold, fabric.units.get(case.lead or "")
    # A property company stands on the same level but answers for no ground: it is not a community.
    if unit is not None and fabric.profile.rung(unit.level) == hold.level and unit.overlay:
        begun += (clocks.started("hold", case.round, hold.span, at, reckoning(fabric)),)
    return begun


def _drawn(secret: bytes, what: str) -> float:
    """0–1, the same each time, and known to nobody without the secret."""
    return int.from_bytes(hmac.new(secret, what.encode(), hashlib.sha256).digest()[:6], "big") / 2**48
