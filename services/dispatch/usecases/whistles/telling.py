"""What happened to whistles, recorded: one version further, an event and a line of the timeline for each happening."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.dispatch.domain.actors import SYSTEM, Actor
from services.dispatch.domain.whistle.model import Call, Happening, Outcome, Whistle
from services.dispatch.domain.whistle.rights import parties
from services.dispatch.domain.whistle.wording import text_of
from services.dispatch.models import Case
from services.dispatch.repository import cases as case_repository
from services.dispatch.repository import whistles as repository
from services.dispatch.usecases.recording import Record
from services.fabric.snapshot import Fabric
from services.kit.contracts.cases import WhistleCall, WhistlePage
from services.kit.contracts.payload import Place
from services.kit.db import Tx
from services.kit.outbox import Outbox
from services.kit.timers import Timer, set_timers

_OVER = ("released", "cancelled")


class Telling:
    """Steps of any number of locked whistles, and of the cases that were locked before them, at one moment.

    `record` must know the cases. `whistles` are those that were asked for and exist, as they are after what was told
    so far; `cases` likewise.
    """

    def __init__(self, fabric: Fabric, record: Record, cases: Iterable[Case], whistles: Iterable[Whistle] = ()) -> None:
        self.fabric = fabric
        self.now = record.now
        self._record = record
        self.cases = {case.case_id: case for case in cases}
        self.whistles = {whistle.whistle_id: whistle for whistle in whistles}
        self._called: dict[str, dict[str, tuple[str, ...]]] = {}
        self._told: set[str] = set()
        self._timers: list[Timer] = []

    @classmethod
    async def begin(
        cls, tx: Tx, fabric: Fabric, now: datetime, *, whistles: Iterable[str] = (), cases: Iterable[str] = ()
    ) -> "Telling":
        """Locks the cases, those of the whistles too, and then the whistles: the one order in which all do it."""
        subjects = await repository.subjects(tx, whistles)
        wanted = {case_id for case_id in (*cases, *subjects.values()) if case_id is not None}
        record = Record(now)
        held = [record.known(case) for case in await case_repository.locked(tx, wanted)]
        telling = cls(fabric, record, held, await repository.locked(tx, subjects))
        telling._called = await repository.called_for(tx, telling.cases) if telling.cases else {}
        return telling

    def add(self, outcome: Outcome, actor: Actor = SYSTEM) -> Whistle:
        """The whistle as told, one version further; unchanged when nothing happened. What happened is told with the
        state that the whole outcome led to."""
        whistle = outcome.whistle
        if not outcome.happened:
            return whistle
        self._keep_called(whistle)
        for happening in outcome.happened:
            whistle = self._told_of(whistle, happening, actor)
        whistle = replace(whistle, version=whistle.version + 1)
        self.whistles[whistle.whistle_id] = whistle
        self._told.add(whistle.whistle_id)
        return whistle

    def remind(self, kind: str, whistle: Whistle, at: datetime, **more: Any) -> None:
        """A deadline of the whistle, under the key that is locked before it may fire. It is never cancelled: what comes
        too late to matter changes nothing."""
        self._timers.append(Timer(kind, whistle.subject, at, {"whistle_id": whistle.whistle_id, **more}))

    async def write(self, tx: Tx, outbox: Outbox) -> None:
        await self.store(tx)
        await self._record.write(tx, outbox)

    async def store(self, tx: Tx) -> None:
        """All but the record, where that is somebody else's to write."""
        told = [self.whistles[whistle_id] for whistle_id in sorted(self._told)]
        await repository.save(tx, [(whistle, parties(whistle, self._involved(whistle))) for whistle in told])
        await set_timers(tx, self._timers)

    def _told_of(self, whistle: Whistle, happening: Happening, actor: Actor) -> Whistle:
        said = text_of(self.fabric, whistle, happening)
        fields = _fields(whistle, happening)
        if whistle.case_id is None:
            following, head = self._record.add_alone(
                whistle.whistle_id,
                whistle.sequence,
                whistle.head,
                happening.name,
                said,
                actor=actor,
                unit=happening.unit,
                place=whistle.place,
                **fields,
            )
            whistle = replace(whistle, head=head)
        else:
            case = self.cases[whistle.case_id]
            after = self._record.add_whistle(
                case, happening.name, said, actor=actor, unit=happening.unit, whistle_id=whistle.whistle_id, **fields
            )
            self.cases[whistle.case_id] = after
            following = after.sequence
        return replace(whistle, sequence=following, entries=(*whistle.entries, following))

    def _keep_called(self, whistle: Whistle) -> None:
        """The case knows whom its whistles call, as long as they are not over."""
        if whistle.case_id is None:
            return
        calling = self._called.setdefault(whistle.case_id, {})
        if whistle.state in _OVER or not whistle.blown:
            calling.pop(whistle.whistle_id, None)
        else:
            calling[whistle.whistle_id] = tuple(call.unit for call in whistle.calls)
        called = tuple(dict.fromkeys(unit for units in calling.values() for unit in units))
        self.cases[whistle.case_id] = replace(self.cases[whistle.case_id], called=called)

    def _involved(self, whistle: Whistle) -> tuple[str, ...]:
        return self.cases[whistle.case_id].involved if whistle.case_id is not None else ()


def _fields(whistle: Whistle, happening: Happening) -> dict[str, Any]:
    """What the event's body has beyond the case, or beyond what every event of a whistle alone has."""
    fields: dict[str, Any] = {
        "kind": whistle.kind,
        "whistle_state": whistle.state,
        "need": whistle.need,
        "report_in_by": whistle.report_in_by,
        "calls": [call_view(call) for call in whistle.calls],
        "ground": whistle.ground,
        "matter": whistle.matter,
        "nod": whistle.nod.state if whistle.nod else None,
        "meet": Place(lon=whistle.meet.lon, lat=whistle.meet.lat, address=whistle.meet.address),
    }
    if happening.escalated_to:
        fields["escalated_to"] = list(happening.escalated_to)
    if happening.name == "whistle.paged" and happening.detail is not None:
        pages = [WhistlePage(of=page.of, unit=page.unit, person=page.person) for page in happening.detail["pages"]]
        fields |= {"pages": pages, "round": happening.detail["round"]}
    return fields


def call_view(call: Call) -> WhistleCall:
    return WhistleCall(
        unit=call.unit,
        state=call.state,
        late=call.late,
        reported_at=call.reported_at,
        escalated_to=list(call.escalated_to),
        released=call.released,
        substitute=call.substitute,
    )
