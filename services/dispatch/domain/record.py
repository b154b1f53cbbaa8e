"""The record of a subject (a case, or a whistle without one) as a chain: what an entry's stored bytes say, and what all
of them together say the subject must be now. Pure.

An entry's body names its place, its facts, commitments to what is personal in it, and `set`: what it changed of the
subject. Folding every `set` from the first entry on gives the subject as its row has to be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.dispatch.domain.clocks import LIMITS
from services.dispatch.models import Case, ClockRow, Entry
from services.kit import chain
from services.kit.contracts.cases import WhistleCall

# Name in the record → attribute of Case. Titles and summaries are the citizen's words and are erased one day.
FACTS: Mapping[str, str] = {
    "state": "state",
    "class": "case_class",
    "level": "level",
    "concern": "concern",
    "sub_concern": "sub_concern",
    "lead": "lead",
    "assists": "assists",
    "called": "called",
    "round": "round",
    "excluded": "excluded",
    "fabric_version": "fabric_version",
}
# What is too long to be said each time; records from before each was kept do not name it.
DIGESTED: Mapping[str, Callable[[Case], Any]] = {
    "decision": lambda case: case.decision,
    "dispute": lambda case: case.dispute,
    "course": lambda case: case.course,
    "origin": lambda case: (case.channel, case.kind, case.confidential),
    "moments": lambda case: [_utc(case.opened_at), _utc(case.dispatched_at), _utc(case.source_due)],
}
# Two personal fields, each with a salt of its own.
_SALTED = 2


class Line(NamedTuple):
    """An entry with what chains it to the one before."""

    entry: Entry
    body: bytes
    salts: bytes
    hash: bytes


def line(entry: Entry, previous: bytes, changed: Mapping[str, Any], about: Mapping[str, Any] | None = None) -> Line:
    """`previous`: the hash of the entry before, empty for the first; `changed`: see `changes`; `about`: the whistle that
    the entry tells of, see `whistle_facts`."""
    salts = chain.salts(_SALTED)
    body: dict[str, Any] = {
        "subject": entry.subject,
        "sequence": entry.sequence,
        "at": entry.at,
        "type": entry.type,
        "unit": entry.unit,
        "by_role": entry.by_role,
        "text": chain.commitment(salts[: chain.SALT_BYTES], entry.text),
        "by_name": chain.commitment(salts[chain.SALT_BYTES :], named(entry.by_name)),
        "set": changed,
    }
    if about is not None:
        body["whistle"] = about
    written = chain.written(body)
    return Line(entry, written, salts, chain.link(previous or chain.ORIGIN, written))


def named(by_name: str | None) -> str:
    """What is committed to: nobody is not the same as a name of no letters."""
    return "" if by_name is None else f"+{by_name}"


def changes(before: Case | None, after: Case) -> dict[str, Any]:
    """What is different; everything of a case that was not known before. Orders as those that came `in` and went `out`,
    clocks by round and kind, each whole."""
    if before is None:
        return facts(after)
    changed = {
        name: value for name, field in FACTS.items() if (value := getattr(after, field)) != getattr(before, field)
    }
    for name, part in DIGESTED.items():
        if (now := part(after)) != part(before):
            changed[name] = chain.digest(now)
    if after.orders != before.orders:
        came, went = set(after.orders), set(before.orders)
        changed["in"] = [order for order in after.orders if order not in went]
        changed["out"] = [order for order in before.orders if order not in came]
    if after.clocks is not before.clocks:
        held = frozenset(before.clocks)
        moved = _limits(clock for clock in after.clocks if clock not in held)
        if moved:
            changed["clocks"] = moved
    return changed


def facts(case: Case) -> dict[str, Any]:
    whole: dict[str, Any] = {name: getattr(case, field) for name, field in FACTS.items()}
    whole |= {name: chain.digest(part(case)) for name, part in DIGESTED.items()}
    return whole | {"in": list(case.orders), "clocks": _limits(case.clocks)}


def whistle_facts(
    whistle_id: str, state: str, calls: Sequence[WhistleCall], kind: str, report_in_by: datetime
) -> dict[str, Any]:
    return {
        "id": whistle_id,
        "state": state,
        "kind": kind,
        "report_in_by": _utc(report_in_by),
        "calls": {call.unit: [call.state, call.late, call.released] for call in calls},
    }


def folded(sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the entries as they are read back, in their order, say that the case is; compare with `as_folded`. ValueError
    or TypeError for what nobody of ours has written."""
    state: dict[str, Any] = {}
    orders: dict[str, None] = {}
    clocks: dict[str, Any] = {}
    for changed in sets:
        for name, value in changed.items():
            if name == "in":
                orders |= dict.fromkeys(value)
            elif name == "out":
                for order in value:
                    orders.pop(order, None)
            elif name == "clocks":
                clocks |= {limit: _read(*told) for limit, told in value.items()}
            else:
                state[name] = value
    return state | {"orders": sorted(orders), "clocks": clocks}


def as_folded(case: Case) -> dict[str, Any]:
    """As it must come out of the entries."""
    whole = facts(case)
    del whole["in"]
    whole = {name: list(value) if isinstance(value, tuple) else value for name, value in whole.items()}
    return whole | {"orders": sorted(case.orders)}


def _utc(moment: datetime | None) -> str | None:
    """A moment is the same in whichever zone it was written."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _limits(clocks: Any) -> dict[str, list[Any]]:
    return {f"{clock.round}/{clock.kind}": _limit(clock) for clock in clocks if clock.kind in LIMITS}


def _limit(clock: ClockRow) -> list[Any]:
    return [clock.due, clock.state, clock.met_at, clock.ended]


def _read(due: str, state: str, met_at: str | None, ended: bool) -> list[Any]:
    """A moment is the same in whichever zone it was written."""
    return [datetime.fromisoformat(due), state, datetime.fromisoformat(met_at) if met_at else None, ended]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in one Chinese sentence, and where; without `sequence` it is about the whole subject."""

    kind: str
    subject: str
    sequence: int | None
    said: str
