"""The clocks of cases by another calendar: each case is told of once, if what people see of it has moved."""

from collections.abc import Iterable
from dataclasses import replace

from services.dispatch.domain import moves, rereckoning
from services.dispatch.models import Case
from services.dispatch.usecases.work import Work
from services.kit.clock import local
from services.kit.contracts.cases import CLOCKS


def reckon(work: Work, cases: Iterable[Case]) -> int:
    """Locked ones. How many moved."""
    return sum(_reckon(work, work.record.known(case)) for case in cases)


def _reckon(work: Work, case: Case) -> bool:
    again, moved = rereckoning.reckoned(case.clocks, work.now, moves.reckoning(work.fabric))
    if again == case.clocks:
        return False
    after = replace(case, clocks=again)
    told = rereckoning.shown(moved)
    if told:
        said = "，".join(
            f"{CLOCKS[one.after.kind]}时限由 {local(one.before.due)} 改为 {local(one.after.due)}" for one in told
        )
        after = work.record.add(
            after, "case.progressed", f"工作日历有更新，{said}", unit=case.lead, clock=told[-1].after
        )
    work.record.keep(after)
    return bool(moved)
