"""What falls due: yellow lights, limits passed, climbs, and the moments of the house's own. A batch is one look and one
record, however many cases it wakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.dispatch import metrics
from services.dispatch.domain import climbing, clocks, moves, rectifying, slips
from services.dispatch.domain.actors import SYSTEM
from services.dispatch.domain.lifecycle import DONE, OWED
from services.dispatch.models import Case, ClockRow, Slip
from services.dispatch.repository import cases as repository
from services.dispatch.usecases import prompting
from services.dispatch.usecases.recording import WAKE, Record
from services.dispatch.usecases.rectifying import light_turned
from services.dispatch.usecases.work import Work, climb, climb_to, close, views
from services.fabric.snapshot import Fabric
from services.kit.bus.port import BusUnavailable
from services.kit.clock import local
from services.kit.contracts.cases import CLOCKS
from services.kit.db import Tx
from services.kit.outbox import Outbox
from services.kit.timers import Fire, Timer


def fires(outbox: Outbox, fabric: Callable[[], Fabric | None], secret: bytes) -> Mapping[str, Fire]:
    """For the sweeper's table."""

    async def fire(tx: Tx, timers: list[Timer], now: datetime) -> None:
        current = there(fabric())
        cases = await repository.locked(tx, {timer.key for timer in timers})
        work = Work(Record(now), current, now, secret)
        wake(work, cases)
        await work.record.write(tx, outbox)

    return {WAKE: fire}


def there(fabric: Fabric | None) -> Fabric:
    """Names and working days are the fabric's; until this process holds one, the timers wait."""
    if fabric is None:
        raise BusUnavailable("网格副本还没有到，时限稍后再扫")
    return fabric


def wake(work: Work, cases: Sequence[Case]) -> None:
    """All that has fallen due by now, of each case in the order in which it fell due."""
    for case in cases:
        _wake(work, work.record.known(case))


def _wake(work: Work, case: Case) -> None:
    now = work.now
    if case.wake_at is not None and case.wake_at <= now:
        case = replace(case, wake_at=None)
    level = case.level
    while (clock := clocks.next_fallen(case.clocks, now)) is not None:
        held = clocks.find(case.clocks, "hold")
        # Where the holding is over as well, that is what moves it.
        climbs = case.level == level and (held is None or held.due > now)
        case = _due(work, case, clock, climbs) if clock.due <= now else _yellow(work, case, clock)
    while (slip := slips.fallen(case, now)) is not None:
        case = _slip(work, case, slip)
    while (order := rectifying.fallen(case, now)) is not None:
        case = light_turned(work, case, order)
    work.record.keep(case)


def _slip(work: Work, case: Case, slip: Slip) -> Case:
    """The light of an unanswered 督办单 turns; what was slept through yellow is red at once."""
    red = slip.due is not None and slip.due <= work.now
    told = replace(slip, warned=True, overdue=red)
    name, until = f"督办单第{slip.place}号", local(slip.due) if slip.due else ""
    if red:
        text = f"红灯：{work.name(case.lead)}没有在 {until} 前回复{name}，可以约谈"
    else:
        text = f"黄灯：{name}回复时限 {until} 到，请{work.name(case.lead)}抓紧"
    metrics.TOLD.labels("slip", "red" if red else "yellow").inc()
    event = "case.overdue" if red else "case.warned"
    return work.record.add(slips.put(case, told), event, text, unit=case.lead, clock=slips.clock(told))


def _yellow(work: Work, case: Case, clock: ClockRow) -> Case:
    warned = replace(clock, warned=True)
    after = replace(case, clocks=clocks.swap(case.clocks, clock, warned))
    metrics.TOLD.labels(clock.kind, "yellow").inc()
    text = f"黄灯：{CLOCKS[clock.kind]}时限 {local(clock.due)} 到，请{work.name(_owing(work, case, clock))}抓紧"
    told = work.record.add(after, "case.warned", text, unit=_owing(work, case, clock), clock=warned)
    return prompting.at_yellow(work, told, warned)


def _due(work: Work, case: Case, clock: ClockRow, climbs: bool) -> Case:
    """A limit whose yellow was slept through is not warned of any more. `climbs`: the case has not climbed at this very
    moment; however much was slept through, nobody on the ladder is passed over unseen."""
    if clock.kind in clocks.SHOWN:
        return _overdue(work, case, clock, climbs)
    beside = clock.kind in clocks.BESIDE
    done = replace(clock, state="overdue") if beside else replace(clock, state="met", met_at=work.now)
    return OWN[clock.kind](work, replace(case, clocks=clocks.swap(case.clocks, clock, done)))


def _overdue(work: Work, case: Case, clock: ClockRow, climbs: bool) -> Case:
    passed = replace(clock, state="overdue", warned=True)
    after = replace(case, clocks=clocks.swap(case.clocks, clock, passed))
    metrics.TOLD.labels(clock.kind, "red").inc()
    name = CLOCKS[clock.kind]
    text = f"红灯：{work.name(_owing(work, case, clock))}没有在 {local(clock.due)} 前{name}"
    told = work.record.add(after, "case.overdue", text, unit=_owing(work, case, clock), clock=passed)
    if climbs and clock.kind in clocks.OF_WORK and told.state in OWED:
        told = climb(work, told, f"{name}超期")
    return prompting.at_red(work, told, passed)


def _owing(work: Work, case: Case, clock: ClockRow) -> str | None:
    """Verification and looking again are the one's who was asked to look, callback the dispatcher's."""
    if clock.kind in clocks.OF_WORK:
        return case.lead
    return (case.course.verifier if clock.kind in ("verify", "recheck") else None) or work.dispatcher(case)


def _held_long_enough(work: Work, case: Case) -> Case:
    hold = work.fabric.profile.hold
    if case.state not in OWED or work.fabric.profile.rank(case.level) >= work.fabric.profile.rank(hold.climbs_to):
        return case
    unit = climbing.holder(work.fabric, case, hold.climbs_to, work.now)
    if unit is None:
        return case
    return climb_to(work, case, climbing.Rung(unit, hold.climbs_to), f"在{work.name(case.lead)}已满{hold.span.text()}")


def _deferral_over(work: Work, case: Case) -> Case:
    if case.state != "deferred":
        return case
    after = moves.taken_up(work.fabric, case, None, work.now)
    resolve = clocks.find(after.clocks, "resolve")
    text = "缓办期满，恢复办理，时限继续走"
    return work.record.add(after, "case.resumed", text, unit=after.lead, clock=resolve, clocks=views(after))


def _silence(work: Work, case: Case) -> Case:
    """Nobody said anything: a case whose callback is still ours to make is not closed over it."""
    if case.state not in DONE or clocks.find(case.clocks, "callback") is not None:
        return case
    span = work.fabric.profile.after_resolve.close_when_silent.text()
    return close(work, case, f"{span}内没有收到回访意见，视为认可，自动结案", SYSTEM)


def _look_again(work: Work, case: Case) -> Case:
    if case.state != "closed":
        return case
    span = work.fabric.profile.after_resolve.verify
    clock = clocks.started("recheck", case.round, span, work.now, moves.reckoning(work.fabric))
    after = replace(case, clocks=clocks.put(case.clocks, [clock]))
    text = f"回头看：请到现场看问题有没有反弹，{local(clock.due)} 前报告"
    return work.record.add(after, "case.progressed", text, unit=_owing(work, case, clock), clock=clock)


def _law(work: Work, case: Case) -> Case:
    """The law's own term is over: told to whoever owes the result, and no overtime of ours."""
    clock, procedure = clocks.find(case.clocks, "statutory"), case.course.procedure
    if clock is None or procedure is None:
        return case
    text = f"法定期限到：{procedure.name}（{procedure.term}）已满，请{work.name(case.lead)}登记结果并告知市民"
    return work.record.add(case, "case.warned", text, unit=case.lead, clock=clock)


def _review(work: Work, case: Case) -> Case:
    """挂账 is reviewed by the dispatcher; it stays red in the register until somebody has."""
    clock = clocks.find(case.clocks, "review")
    if case.state != "shelved" or clock is None:
        return case
    unit = work.dispatcher(case)
    text = f"挂账到复核日，请{work.name(unit)}和{work.name(case.lead)}复核：仍不能办的登记复核，能办的销账"
    return work.record.add(case, "case.warned", text, unit=unit, clock=clock)


Own = Callable[[Work, Case], Case]
OWN: Mapping[str, Own] = {
    "hold": _held_long_enough,
    "resume": _deferral_over,
    "silence": _silence,
    "look_again": _look_again,
    "statutory": _law,
    "review": _review,
}
