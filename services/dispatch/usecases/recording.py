"""What happens to cases and whistles, recorded: version, timeline and event made in one place, stored in one go.

Use: lock every case (`repository.cases.locked`), make one Record for the transaction, `add` each step to it in order,
`write` once at the end. Several steps of one case follow each other; give each `add` the case that the last returned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from services.dispatch.domain import rectifying, slips
from services.dispatch.domain.actors import SYSTEM, Actor
from services.dispatch.domain.clocks import light_at, next_moment, view
from services.dispatch.domain.record import Line, changes, line, whistle_facts
from services.dispatch.models import Case, ClockRow, Entry, OrderLink
from services.dispatch.repository import cases as repository
from services.dispatch.repository import rated
from services.dispatch.repository.rectifications import REGISTER as RECTIFICATIONS
from services.dispatch.repository.slips import REGISTER as SLIPS
from services.kit.contracts.cases import ClockView, WhistleEvent, listed
from services.kit.contracts.envelope import Event
from services.kit.contracts.registry import TYPES, make
from services.kit.db import Tx
from services.kit.outbox import Outbox
from services.kit.timers import Timer, set_timers
from services.kit.tracing import current_trace

WAKE = "case.wake"
P = TypeVar("P")


class Record:
    """Collects, in memory, the steps of any number of locked or new cases (and whistles) at one moment `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.events: list[Event] = []
        self._cases: dict[str, Case] = {}
        self._stored: dict[str, Case] = {}
        self._lines: list[Line] = []
        self._told: dict[str, Case] = {}
        self._links: dict[tuple[str, str], OrderLink] = {}

    def known(self, case: Case) -> Case:
        """Tells the record how a locked case is stored, so that only clocks that change are written."""
        self._stored[case.case_id] = self._told[case.case_id] = case
        return case

    def add(
        self,
        case: Case,
        name: str,
        text: str,
        *,
        actor: Actor = SYSTEM,
        unit: str | None = None,
        clock: ClockRow | ClockView | None = None,
        reason: str | None = None,
        **more: Any,
    ) -> Case:
        """One event `name` (such as `case.signed`) of a case that already is as it is after the step; returns it with
        sequence and version one further. `unit`: whom the step is about. `more`: fields that the event's body has
        beyond CaseEvent. Text, reason and fields must be masked already."""
        after = replace(case, sequence=case.sequence + 1, changed_at=self.now)
        body = TYPES[name].model.model_validate(
            self._about(after)
            | {"light": light_at(after.clocks, self.now), "clock": _clock(clock)}
            | {"orders": listed(after.orders), "order_count": len(after.orders)}
            | {"text": text, "at": self.now, "by": actor.title, "unit": unit, "reason": reason, **more}
        )
        return self._tell(after, name, text, actor, unit, body)

    def add_whistle(
        self, case: Case, name: str, text: str, *, actor: Actor = SYSTEM, unit: str | None = None, **fields: Any
    ) -> Case:
        """One event (such as `whistle.blown`) of a whistle that belongs to a case: it takes the next number of the
        case and stands in the case's timeline. `fields`: whistle_id, kind, whistle_state, need, report_in_by, calls,
        meet, escalated_to; the rest is the case's. Keep `case.called` true by `replace` before adding."""
        after = replace(case, sequence=case.sequence + 1, changed_at=self.now)
        body: Any = TYPES[name].model.model_validate(
            self._about(after) | {"text": text, "at": self.now, "by": actor.title, "unit": unit, **fields}
        )
        return self._tell(after, name, text, actor, unit, body, whistle=_whistle(body))

    def add_alone(
        self,
        whistle_id: str,
        sequence: int,
        head: bytes,
        name: str,
        text: str,
        *,
        actor: Actor = SYSTEM,
        unit: str | None = None,
        **fields: Any,
    ) -> tuple[int, bytes]:
        """One event of a whistle without a case; `sequence` and `head` are those of the whistle's last event (0 and
        nothing for none), the new ones are returned and are the whistle's to store. `fields` as for `add_whistle`, and
        `place`."""
        following = sequence + 1
        told = {"whistle_id": whistle_id, "sequence": following, "text": text, "at": self.now, "by": actor.title}
        body: Any = TYPES[name].model.model_validate(told | {"unit": unit, **fields})
        entry = Entry(whistle_id, following, self.now, name, text, actor.name, actor.role, unit)
        return following, self._put(entry, body, head, {}, _whistle(body))

    def case(self, case_id: str) -> Case:
        """As it is after what was added so far. KeyError for one of which nothing was."""
        return self._cases[case_id]

    def entries(self, subject: str) -> list[Entry]:
        """What was added to its timeline."""
        return [line.entry for line in self._lines if line.entry.subject == subject]

    def keep(self, case: Case) -> None:
        """A case of which nothing is to be told, but whose next wake has to be set again."""
        self._cases[case.case_id] = case

    def link(self, link: OrderLink) -> None:
        """An order that comes into a case, leaves it, or has given its verdict."""
        self._links[link.order_id, link.case_id] = link

    async def write(self, tx: Tx, outbox: Outbox) -> dict[str, Case]:
        """Stores everything, one statement for each table however many cases there are; the cases as they are now."""
        timers: list[Timer] = []
        for case_id, case in self._cases.items():
            due = moment_of(case)
            if due is not None and (case.wake_at is None or due < case.wake_at):
                timers.append(Timer(WAKE, case_id, due))
                self._cases[case_id] = replace(case, wake_at=due)
        limits = self._changed(lambda case: case.clocks)
        await repository.write(tx, list(self._cases.values()), limits, self._lines)
        await repository.link(tx, list(self._links.values()))
        await rated.refresh(tx, self._counted_anew(limits))
        await SLIPS.save(tx, self._changed(lambda case: case.course.slips))
        await RECTIFICATIONS.save(tx, self._changed(lambda case: case.course.rectifications))
        await set_timers(tx, timers)
        await outbox.append(tx, self.events)
        return dict(self._cases)

    def _counted_anew(self, limits: Sequence[tuple[str, ClockRow]]) -> set[str]:
        """Cases whose part in the rates may be another than it was."""
        changed = {case_id for case_id, clock in limits if clock.kind in ("resolve", "contact")}
        changed |= {case_id for _, case_id in self._links}
        for case_id, case in self._cases.items():
            stored = self._stored.get(case_id)
            if stored is None or _answers(stored) != _answers(case):
                changed.add(case_id)
        return changed

    def _changed(self, parts: Callable[[Case], tuple[P, ...]]) -> list[tuple[str, P]]:
        """Of each case, those of its parts that are new or other than they are stored."""
        changed: list[tuple[str, P]] = []
        for case_id, case in self._cases.items():
            if now := parts(case):
                stored = self._stored.get(case_id)
                before = frozenset(parts(stored)) if stored else frozenset()
                changed += [(case_id, part) for part in now if part not in before]
        return changed

    def _about(self, case: Case) -> dict[str, Any]:
        return {
            "case_id": case.case_id,
            "sequence": case.sequence,
            "state": case.state,
            "class": case.case_class,
            "level": case.level,
            "concern": case.concern,
            "lead": case.lead,
            "assists": list(case.assists),
            "place": case.place,
            "fabric_version": case.fabric_version,
            "excluded": case.excluded,
        }

    def _tell(
        self,
        after: Case,
        name: str,
        text: str,
        actor: Actor,
        unit: str | None,
        body: Any,
        whistle: Mapping[str, Any] | None = None,
    ) -> Case:
        entry = Entry(after.case_id, after.sequence, self.now, name, text, actor.name, actor.role, unit)
        changed = changes(self._told.get(after.case_id), after)
        told = replace(after, head=self._put(entry, body, after.head, changed, whistle))
        self._cases[after.case_id] = self._told[after.case_id] = told
        return told

    def _put(
        self,
        entry: Entry,
        body: Any,
        head: bytes,
        changed: Mapping[str, Any],
        whistle: Mapping[str, Any] | None,
    ) -> bytes:
        """The new head."""
        self.events.append(
            make(entry.type, body, subject=entry.subject, sequence=entry.sequence, at=self.now, trace=current_trace())
        )
        self._lines.append(line(entry, head, changed, whistle))
        return self._lines[-1].hash


def moment_of(case: Case) -> datetime | None:
    """When somebody has to look at the case again."""
    course = case.course
    moments = (
        next_moment(case.clocks),
        slips.next_moment(course.slips),
        rectifying.next_moment(course.rectifications),
    )
    return min((at for at in moments if at is not None), default=None)


def _clock(clock: ClockRow | ClockView | None) -> ClockView | None:
    return clock if isinstance(clock, ClockView) else view(clock)


def _answers(case: Case) -> tuple[Any, ...]:
    """What of a case itself the rates go by."""
    answerable = (case.course.climbed_from or (case.lead,))[0]
    gone = case.state == "withdrawn"
    return answerable, case.place.grids, case.concern, case.excluded, case.course.recurrences > 0, gone


def _whistle(body: WhistleEvent) -> Mapping[str, Any]:
    return whistle_facts(body.whistle_id, body.whistle_state, body.calls, body.kind, body.report_in_by)
