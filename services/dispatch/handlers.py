"""Events of orders to cases: a batch is one lock, one look at the orders, one record, however many events it holds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.dispatch import metrics
from services.dispatch.domain.ground import ground_of
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.repository import cases as repository
from services.dispatch.repository import followed
from services.dispatch.repository.erased import blank
from services.dispatch.usecases.following.desk import Desk
from services.dispatch.usecases.following.table import FOLLOW, OPENING, take
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.whistles.at_once import at_once
from services.dispatch.usecases.whistles.calling_off import call_off
from services.dispatch.usecases.work import Work, is_over
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.outbox import Outbox

Rules = Callable[[Tx], Awaitable[RuleTable]]
"""The routing table in force."""


_Read = tuple[Event, Mapping[str, Any]]
"""An event and its body, read once: each reading costs as much as the rest of finding its cases."""
# The fields of an order's event that name cases.
_CASES = ("case_id", "opens", "recurs")


class OrdersHandler:
    """`fabric` gives the current one; the consumer calls only while there is one."""

    def __init__(
        self, outbox: Outbox, clock: Clock, fabric: Callable[[], Fabric | None], rules: Rules, secret: bytes
    ) -> None:
        self._outbox, self._clock, self._fabric, self._rules, self._secret = outbox, clock, fabric, rules, secret

    async def __call__(self, tx: Tx, events: list[Event]) -> None:
        fabric = self._fabric()
        assert fabric is not None
        ours = [event for event in events if event.name in FOLLOW]
        if not ours:
            return
        metrics.BATCH.observe(len(ours))
        now = self._clock.now()
        bodies = [(event, event.data) for event in ours]
        await repository.claim(tx, _begun_by(bodies))
        behind = OPENING & {event.name for event in ours} and await followed.opening(tx) > ground_of(fabric, now)
        desk = await self._desk(tx, fabric, bodies, now)
        known = frozenset(desk.cases)
        take(desk, ours)
        await call_off(tx, fabric, desk.work.record, desk.gone)
        blowing = [
            case
            for case_id, case in desk.cases.items()
            if case_id not in known and case.decision.whistle and not is_over(case)
        ]
        if blowing:
            await at_once(fabric, desk.work.record, blowing).store(tx)
        await desk.work.record.write(tx, self._outbox)
        await blank(tx, sorted(desk.erased))
        opened = [case_id for case_id in desk.cases if case_id not in known]
        if opened and behind:
            await followed.come_late(tx, opened)

    async def _desk(self, tx: Tx, fabric: Fabric, bodies: Sequence[_Read], now: datetime) -> Desk:
        held = await repository.links(tx, sorted({event.subject for event, _ in bodies}))
        named = {str(case_id) for _, data in bodies for field in _CASES if (case_id := data.get(field))}
        named |= {case_id for _, data in bodies for case_id in data.get("cases", ())}
        cases = await repository.locked(tx, named | {link.case_id for link in held.values()})
        work = Work(Record(now), fabric, now, self._secret)
        if cases:
            work.have(await repository.links_of(tx, [case.case_id for case in cases]))
        known = {case.case_id: work.record.known(case) for case in cases}
        live = {link.order_id: link for links in work.links.values() for link in links.values() if link.live}
        return Desk(work, await self._rules(tx), known, live)


def _begun_by(bodies: Sequence[_Read]) -> set[str]:
    """The cases that these orders may begin."""
    return {
        str(case_id)
        for event, data in bodies
        if event.name in OPENING
        for field in ("case_id", "opens")
        if (case_id := data.get(field))
    }
