"""Open cases looked at on changed ground: a batch is one look, one lock, one routing and one record."""

from collections.abc import Sequence
from typing import Any

from services.dispatch import metrics
from services.dispatch.domain import clocks, rerouting
from services.dispatch.domain.rerouting import Outcome
from services.dispatch.domain.routing.decide import Decision, decide_many
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.models import Case
from services.dispatch.repository import cases as repository
from services.dispatch.usecases.opening import decided
from services.dispatch.usecases.work import Work, views
from services.kit import failpoints
from services.kit.db import Tx
from services.kit.outbox import Outbox


async def look(tx: Tx, outbox: Outbox, work: Work, table: RuleTable, seen: Sequence[Case]) -> int:
    """`seen` as they were a moment ago, not locked: what has become of them since is what counts. How many had something
    told of them."""
    near = rerouting.concerned(work.fabric, seen, work.now)
    if not near:
        return 0
    failpoints.reach("follow.seen")
    return await look_at(tx, outbox, work, table, [case.case_id for case in near])


async def look_at(tx: Tx, outbox: Outbox, work: Work, table: RuleTable, ids: Sequence[str]) -> int:
    """As `look`, at cases of which nothing is known yet."""
    told = reroute(work, table, await repository.locked(tx, ids))
    failpoints.reach("follow.told")
    await work.record.write(tx, outbox)
    return told


def reroute(work: Work, table: RuleTable, held: Sequence[Case]) -> int:
    """Locked cases; those whose ground is as it was are left alone."""
    cases = rerouting.concerned(work.fabric, held, work.now)
    matters = [rerouting.matter_of(case) for case in cases]
    # The rules of now, but the time of day at which the trouble was: nothing but the ground has changed.
    named = decide_many(work.fabric, table, matters, work.now, [case.opened_at for case in cases])
    told = 0
    for case, decision in zip(cases, named, strict=True):
        work.record.known(case)
        kept = decided(decision, case.decision.emergency)
        came = rerouting.outcome(work.fabric, case, decision, kept, work.now)
        if came is not None:
            _tell(work, case.fabric_version, decision, came)
            metrics.REROUTED.labels(came.reason).inc()
            told += 1
    return told


def _tell(work: Work, before: int, decision: Decision, came: Outcome) -> None:
    moved = came.previous is not None
    by_table: dict[str, Any] = {}
    if came.by_table:
        by_table = {"rule": decision.rule, "rule_version": decision.version, "ground": decision.ground}
    work.record.add(
        came.case,
        "case.rerouted",
        came.text,
        unit=came.case.lead,
        clock=clocks.find(came.case.clocks, "sign") if moved else None,
        reason=came.reason,
        previous=came.previous,
        clocks=views(came.case) if moved else [],
        fabric_before=before,
        fabric_after=work.fabric.version,
        **by_table,
    )
