"""Clocks of cases on the real calendar: nights, holidays, make-up days, pauses."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain import clocks
from services.dispatch.domain.clocks import Reckoning
from services.dispatch.models import ClockRow
from services.fabric.calendar import SHANGHAI
from services.fabric.rules import ClassRules
from services.fabric.spans import Span, YellowRule
from services.kit.contracts.cases import CLOCKS
from tests.harness.zhenru import profile, zhenru

BY = Reckoning(zhenru().calendar, YellowRule())


def at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("case_class", "start", "sign", "contact", "resolve"),
    [
        # A Wednesday before National Day: the 1st to the 7th are free.
        ("easy", at(9, 30, 16), at(10, 8, 10), at(10, 8, 16), at(10, 9, 16)),
        # Saturday the 10th of October is worked.
        ("easy", at(10, 9, 16), at(10, 10, 10), at(10, 10, 16), at(10, 12, 16)),
        ("key", at(9, 30, 23), at(10, 8, 11), at(10, 8, 17), at(10, 13, 17)),
        # Sunday the 20th of September is worked, Friday the 25th to Sunday are free.
        ("easy", at(9, 19, 12), at(9, 20, 11), at(9, 20, 17), at(9, 21, 17)),
        ("key", at(9, 23, 10), at(9, 23, 12), at(9, 24, 10), at(10, 8, 10)),
        ("emergency", at(10, 3, 2), at(10, 3, 2, 5), at(10, 3, 2, 5), at(10, 4, 2)),
    ],
)
def test_limits_of_a_dispatch(
    case_class: str, start: datetime, sign: datetime, contact: datetime, resolve: datetime
) -> None:
    rules = profile().classes[case_class]  # type: ignore[index]
    begun = {clock.kind: clock for clock in clocks.of_dispatch(rules, 1, start, BY, None)}
    assert begun["sign"].due == sign
    assert begun["contact"].due == contact
    assert begun["resolve"].due == resolve
    assert ("on_site" in begun) == (case_class == "emergency")
    assert not any(clock.provisional for clock in begun.values())


def test_every_limit_has_a_name_and_a_length() -> None:
    assert list(CLOCKS) == [*clocks.LIMITS, *clocks.BESIDE, "slip"]
    assert set(clocks.OF_WORK) <= set(ClassRules.model_fields)


def test_an_action_meets_the_limit_that_falls_due_first_and_tells_of_it() -> None:
    start = at(11, 23, 10)
    later = clocks.started("on_site", 1, Span(amount=5, unit="days"), start, BY)
    sooner = clocks.started("on_site", 2, Span(amount=1, unit="hours"), start, BY)
    limits, told = clocks.met_by((later, sooner), "progress", start)
    assert (told, limits[0]) == (limits[1], later)
    assert limits[1].state == "met"
    limits, told = clocks.met_by(limits, "progress", at(11, 23, 11))
    assert (told, [clock.state for clock in limits]) == (limits[0], ["met", "met"])
    assert clocks.met_by(limits, "progress", start) == (limits, limits[1])
    assert clocks.met_by(limits, "sign", start) == (limits, None)


def test_the_sources_due_brings_resolve_forward_only() -> None:
    rules, start = profile().classes["key"], at(11, 23, 10)
    assert _resolve(rules, start, at(11, 24, 12)).due == at(11, 24, 12)
    assert _resolve(rules, start, at(12, 24, 12)).due == at(11, 30, 10)
    assert _resolve(rules, start, at(1, 1)).due == start


def _resolve(rules: object, start: datetime, source_due: datetime) -> ClockRow:
    found = clocks.find(clocks.of_dispatch(rules, 1, start, BY, source_due), "resolve")  # type: ignore[arg-type]
    assert found is not None
    return found


def test_days_beyond_the_published_calendar_are_provisional() -> None:
    clock = clocks.started("resolve", 1, Span(amount=5, unit="days"), datetime(2026, 12, 30, 9, tzinfo=SHANGHAI), BY)
    assert clock.provisional


def test_yellow_never_from_the_first_second() -> None:
    begun = {clock.kind: clock for clock in clocks.of_dispatch(profile().classes["key"], 1, at(11, 23, 10), BY, None)}
    assert begun["sign"].yellow_at == at(11, 23, 11, 30)
    assert begun["contact"].yellow_at == at(11, 23, 16)  # three quarters of its single day
    assert begun["resolve"].yellow_at == at(11, 27, 10)  # one working day before due
    assert clocks.light_at(begun.values(), at(11, 23, 10)) == "green"
    assert clocks.light_at(begun.values(), at(11, 23, 11, 30)) == "yellow"
    assert clocks.light_at(begun.values(), at(11, 23, 12)) == "red"


def test_lateness_is_judged_against_due() -> None:
    begun = clocks.of_dispatch(profile().classes["key"], 1, at(11, 23, 10), BY, None)
    on_the_dot = clocks.find(clocks.fulfilled(begun, ("sign",), at(11, 23, 12)), "sign", open_only=False)
    after = clocks.find(
        clocks.fulfilled(begun, ("sign",), at(11, 23, 12) + timedelta(seconds=1)), "sign", open_only=False
    )
    assert on_the_dot is not None
    assert on_the_dot.state == "met"
    # Between due and sweep: late, though no sweep has said so yet.
    assert after is not None
    assert after.state == "late"


def test_a_pause_keeps_what_was_left_in_working_time() -> None:
    begun = clocks.of_dispatch(profile().classes["easy"], 1, at(11, 23, 10), BY, None)
    # Six hours on Monday, seven on Tuesday till 16:00: one of the sixteen hours is left … nine less eight.
    still = clocks.paused(begun, at(11, 24, 16), clocks.OF_WORK)
    assert clocks.next_moment(still) is None
    assert clocks.light_at(still, at(12, 31)) == "green"
    going = clocks.find(clocks.resumed(still, at(12, 1, 9), BY), "resolve")
    assert going is not None
    left = BY.calendar.working_between(at(11, 24, 16), at(11, 25, 10))
    assert BY.calendar.working_between(at(12, 1, 9), going.due) == left == timedelta(hours=2)
    assert going.yellow_at == at(12, 1, 9)


def test_overdue_is_not_saved_by_a_pause_and_a_paused_clock_met_is_not_late() -> None:
    clock = clocks.started("resolve", 1, Span(amount=1, unit="hours"), at(11, 23, 10), BY)
    red = replace(clock, state="overdue")
    assert clocks.paused((red,), at(11, 23, 12), ("resolve",)) == (red,)
    [still] = clocks.paused((clock,), at(11, 23, 10, 30), ("resolve",))
    [met] = clocks.fulfilled((still,), ("resolve",), at(12, 23, 10))
    assert met.state == "met"


@given(
    minutes=st.integers(0, 300 * 24 * 60),
    before=st.integers(0, 10_000),
    away=st.integers(0, 100_000),
    working=st.booleans(),
)
def test_pausing_takes_and_gives_nothing(minutes: int, before: int, away: int, working: bool) -> None:
    start = at(1, 1, 0) + timedelta(minutes=minutes)
    span = Span(amount=3, unit="days", time="working" if working else "24x7")
    clock = clocks.started("resolve", 1, span, start, BY)
    stop = start + timedelta(minutes=before)
    if stop >= clock.due:
        return
    again = stop + timedelta(minutes=away)
    [going] = clocks.resumed(clocks.paused((clock,), stop, ("resolve",)), again, BY)
    if working:
        spent = BY.calendar.working_between(start, stop) + BY.calendar.working_between(again, going.due)
        assert spent == BY.calendar.full_day * 3
    else:
        assert going.due - again == clock.due - stop
    assert again <= going.due
    assert going.yellow_at is not None
    assert again <= going.yellow_at <= going.due
