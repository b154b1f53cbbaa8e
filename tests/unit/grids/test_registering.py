"""What a list of units may say."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.fabric.model import Unit
from services.fabric.units import UnitBook
from services.grids.domain.dating import at, since, until
from services.grids.domain.registering import after_list, judge_units
from tests.harness.zhenru import AT, profile

LONG = timedelta(days=3650)
NEW_YEAR = datetime(2027, 1, 1, tzinfo=AT.tzinfo)


def unit(code: str, parent: str | None = None, level: str = "street") -> Unit:
    return Unit(code, code, level, parent)


KNOWN = {"QP": (unit("QP", level="district"),), "ZR": (unit("ZR", "QP"),)}


def pointers(*told: Unit) -> list[str]:
    after = after_list(KNOWN, told, AT, LONG)
    return [pointer for pointer, _ in judge_units(profile(), KNOWN, told, after, AT)]


def test_a_sound_list() -> None:
    assert pointers(unit("B", "A"), unit("A", "ZR"), unit("QP", level="district")) == []


def test_every_fault_is_named() -> None:
    told = [unit("A", "none"), unit("B", level="planet"), Unit("A", "A", "street", guided_by="x", posted_to="y")]
    assert pointers(*told) == ["/0/parent", "/1/level", "/2/code", "/2/guided_by", "/2/posted_to"]


def test_circles_through_known_units_too() -> None:
    assert pointers(unit("QP", "ZR", "district")) == ["/0/parent"]
    assert pointers(unit("A", "A")) == ["/0/parent"]
    assert pointers(unit("A", "B"), unit("B", "A"), unit("C", "A")) == ["/0/parent", "/1/parent", "/2/parent"]


def test_a_long_chain_is_not_quadratic() -> None:
    chain = [unit("U0", "ZR"), *(unit(f"U{n}", f"U{n - 1}") for n in range(1, 20_000))]
    assert pointers(*reversed(chain)) == []


def test_a_relation_must_be_there_at_every_moment_to_come() -> None:
    late = replace(unit("L", "ZR"), valid_from=NEW_YEAR)
    assert pointers(late) == []
    assert pointers(late, unit("B", "L")) == ["/1/parent"]
    assert pointers(late, replace(unit("B", "L"), valid_from=NEW_YEAR)) == []
    ends = replace(unit("ZR", "QP"), valid_to=NEW_YEAR)
    assert pointers(unit("B", "ZR"), ends) == ["/0/parent"]
    assert pointers(replace(unit("QP", level="district"), valid_to=NEW_YEAR)) == ["/0/valid_to"]


def test_a_circle_that_only_closes_next_year() -> None:
    assert pointers(unit("A", "ZR"), replace(unit("ZR", "A"), valid_from=NEW_YEAR)) == ["/0/parent", "/1/parent"]


def test_two_rows_of_one_unit_need_times_apart() -> None:
    old, new = replace(unit("A", "ZR"), valid_to=NEW_YEAR), replace(unit("A", "ZR"), valid_from=NEW_YEAR)
    assert pointers(old, new) == []
    assert pointers(old, replace(new, valid_from=NEW_YEAR - timedelta(days=1))) == ["/1/code"]


def test_what_is_told_without_dates_begins_now_or_is_corrected_in_place() -> None:
    def after(*told: Unit) -> tuple[Unit, ...]:
        return after_list(KNOWN, told, AT, LONG)[told[0].code]

    renamed = after(replace(unit("ZR", "QP"), name="新名"))
    assert [(one.name, one.valid_from, one.valid_to) for one in renamed] == [("ZR", None, AT), ("新名", AT, None)]
    assert after(replace(unit("ZR", "QP"), aliases=("真如",)))[0].valid_from is None
    planned = {"ZR": after(replace(unit("ZR", "QP"), name="新名", valid_from=NEW_YEAR))}
    corrected = after_list(planned, [replace(unit("ZR", "QP"), aliases=("真如",))], AT, LONG)["ZR"]
    assert [(one.name, one.aliases, one.valid_to) for one in corrected] == [
        ("ZR", ("真如",), NEW_YEAR),
        ("新名", (), None),
    ]


days = st.one_of(st.none(), st.integers(-400, 400).map(lambda n: AT + timedelta(days=n)))


@st.composite
def edits(draw: st.DrawFn) -> list[Unit]:
    made = []
    for number in range(draw(st.integers(1, 8))):
        start, end = draw(days), draw(days)
        if start is not None and end is not None and start >= end:
            end = None
        made.append(replace(unit("ZR", "QP"), name=f"名{number % 3}", valid_from=start, valid_to=end))
    return made


@given(edits())
def test_editions_never_share_a_moment_and_the_past_stays(told: list[Unit]) -> None:
    held: tuple[Unit, ...] = KNOWN["ZR"]
    for step, edit in enumerate(told):
        now = AT + timedelta(days=step)
        after = after_list({"ZR": held}, [edit], now, LONG)["ZR"]
        assert all(since(one) < until(one) for one in after)
        assert all(until(one) <= since(other) for one, other in itertools.pairwise(after))
        if (edit.valid_from is None and until(edit) > now) or (edit.valid_from and edit.valid_from > now):
            past = now - timedelta(days=1)
            before, then = at(held, past), at(after, past)
            assert (before and before.name) == (then and then.name)
        held = after
    book = UnitBook({"ZR": held})
    for moment in (AT - timedelta(days=500), AT, AT + timedelta(days=500)):
        assert book.at(moment).in_force.get("ZR") == at(held, moment) == book.unit("ZR", moment)
