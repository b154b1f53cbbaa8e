"""The record of a case, made and looked through, without a database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain.record import as_folded, changes, folded, line
from services.dispatch.domain.verifying import Stored, Told, faults_of
from services.dispatch.models import Case, ClockRow, Entry
from services.dispatch.usecases.recording import Record
from services.fabric.spans import Span
from services.kit.contracts.cases import CaseState, ClockState
from tests.harness.zhenru import AT
from tests.unit.dispatch.casework import Casework

UNITS = st.sampled_from(["ZR-DUTY-5", "ZR-MARKET", "ZR-POLICE-4"])
_CLOCKS = st.builds(
    ClockRow,
    kind=st.sampled_from(["sign", "resolve", "verify", "hold"]),
    round=st.integers(1, 2),
    started=st.just(AT),
    due=st.integers(0, 10**9).map(lambda micros: AT + timedelta(microseconds=micros)),
    yellow_at=st.none(),
    span=st.just(Span(amount=3, unit="hours")),
    state=st.sampled_from(get_args(ClockState)),
    met_at=st.none() | st.just(AT),
    ended=st.booleans(),
)
_STEPS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "state": st.sampled_from(get_args(CaseState)),
            "lead": st.none() | UNITS,
            "assists": st.lists(UNITS, unique=True).map(tuple),
            "orders": st.lists(st.integers(1, 9).map(str), unique=True).map(tuple),
            "excluded": st.none() | st.just("statutory"),
            "clocks": st.lists(_CLOCKS, max_size=3),
        },
    ),
    min_size=1,
    max_size=6,
)
_PLAIN = Casework().case
WORDS = st.text(st.characters(codec="utf-8"), max_size=8)


def kept(clocks: tuple[ClockRow, ...], new: list[ClockRow]) -> tuple[ClockRow, ...]:
    """As `clocks.put`: a clock is set anew, none is ever lost."""
    return tuple({(clock.round, clock.kind): clock for clock in (*clocks, *new)}.values())


def told(steps: list[dict[str, Any]], texts: list[str], names: list[str | None]) -> Told:
    """A case that went this way, recorded as it went."""
    now = replace(_PLAIN, sequence=0, head=b"")
    before: Case | None = None
    entries: list[Stored] = []
    for number, step in enumerate(steps, 1):
        fields = step | ({"clocks": kept(now.clocks, step["clocks"])} if "clocks" in step else {})
        after = replace(now, sequence=number, **fields)
        role = "citizen" if number % 2 else None
        entry = Entry(
            after.case_id, number, AT, "case.progressed", texts[number - 1], names[number - 1], role, after.lead
        )
        made = line(entry, now.head, changes(before, after))
        entries.append(Stored(*made))
        now = before = replace(after, head=made.hash)
    assert before is not None
    return Told(now.case_id, entries, now)


recorded = st.builds(
    told,
    _STEPS,
    st.lists(WORDS, min_size=6, max_size=6),
    st.lists(st.none() | WORDS, min_size=6, max_size=6),
)


@given(recorded)
def test_what_was_recorded_as_it_went_is_whole(one: Told) -> None:
    assert faults_of(one) == []


@given(_STEPS)
def test_folding_what_changed_gives_the_case(steps: list[dict[str, Any]]) -> None:
    before: Case | None = None
    sets: list[dict[str, Any]] = []
    now = _PLAIN
    for step in steps:
        fields = step | ({"clocks": kept(now.clocks, step["clocks"])} if "clocks" in step else {})
        now = replace(now, **fields)
        sets.append(changes(before, now))
        before = now
    assert folded(orjson.loads(orjson.dumps(sets))) == as_folded(now)


@given(recorded, st.data())
def test_any_one_change_is_found(one: Told, data: st.DataObject) -> None:
    """In bytes, in words, in the order, by leaving out: at or right after the place where it was done."""
    place = data.draw(st.integers(0, len(one.entries) - 1))
    entries = list(one.entries)
    stored = entries[place]
    what = data.draw(
        st.sampled_from(
            ["body", "salts", "hash", "text", "by_name", "unit", "by_role", "type", "at", "gone", "swapped"]
        )
    )
    if what in ("body", "salts", "hash"):
        was = bytearray(getattr(stored, what))
        was[data.draw(st.integers(0, len(was) - 1))] ^= data.draw(st.integers(1, 255))
        spoiled: Any = {what: bytes(was)}
        entries[place] = stored._replace(**spoiled)
    elif what == "gone":
        del entries[place]
    elif what == "swapped":
        other = (place + 1) % len(entries)
        if other == place:
            return
        first, second = sorted((place, other))
        a, b = entries[first], entries[second]
        entries[first] = b._replace(entry=replace(b.entry, sequence=a.entry.sequence))
        entries[second] = a._replace(entry=replace(a.entry, sequence=b.entry.sequence))
    else:
        entry = stored.entry
        changed: Any = entry.at + timedelta(microseconds=1) if what == "at" else f"{getattr(entry, what) or ''}x"
        entries[place] = stored._replace(entry=replace(entry, **{what: changed}))
    found = faults_of(replace(one, entries=entries))
    assert found
    if what not in ("gone", "swapped"):
        assert {place + 1, place + 2} & {fault.sequence for fault in found}


def test_many_orders_make_no_long_entries() -> None:
    """An entry names what came, not what there is: the ten thousandth is as long as the second."""
    many = replace(_PLAIN, orders=tuple(f"ord_{number:032}" for number in range(10_000)))
    more = replace(many, orders=(*many.orders, "ord_x"))
    entry = Entry(many.case_id, 10_001, AT, "case.merged", "并案")
    assert len(line(entry, bytes(32), changes(many, more)).body) < 500


def test_many_orders_make_no_long_events() -> None:
    """Its first and its last are named, how many there are is said, and who came."""
    many = replace(_PLAIN, orders=tuple(f"ord_{number:032}" for number in range(10_000)))
    record = Record(AT)
    record.add(many, "case.merged", "并案", came=[many.orders[-1]])
    (event,) = record.events
    assert len(event.value) < 6_000
    assert event.data["order_count"] == 10_000
    assert event.data["came"] == [many.orders[-1]]
    assert event.data["orders"] == [*many.orders[:24], *many.orders[-24:]]
