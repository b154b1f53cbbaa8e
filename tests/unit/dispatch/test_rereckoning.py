"""Clocks by a calendar that came later."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from services.dispatch.domain import clocks, rereckoning
from services.dispatch.domain.clocks import Reckoning
from services.dispatch.models import ClockRow
from services.fabric.calendar import SHANGHAI, WorkingCalendar
from services.fabric.spans import Span, YellowRule

YELLOW = YellowRule()
BEFORE = Reckoning(WorkingCalendar(), YELLOW, version=1)
# The first three days of 2027 are free, Saturday the 9th is worked.
LOADED = {date(2027, 1, day): day == 9 for day in (1, 2, 3, 9)}
AFTER = Reckoning(WorkingCalendar(LOADED, frozenset({2027})), YELLOW, version=2)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


START = at("2026-12-30T10:00")
FIVE_DAYS = Span(amount=5, unit="days")


def resolve(span: Span = FIVE_DAYS, start: datetime = START) -> ClockRow:
    return clocks.started("resolve", 1, span, start, BEFORE)


def test_a_free_day_puts_it_off_and_it_is_provisional_no_more() -> None:
    clock = resolve()
    assert (clock.due, clock.provisional) == (at("2027-01-06T10:00"), True)
    [again], [moved] = rereckoning.reckoned((clock,), START, AFTER)
    assert (again.due, again.provisional, again.reckoned) == (at("2027-01-07T10:00"), False, 2)
    assert again.yellow_at == at("2027-01-06T10:00")
    assert (moved.before, moved.after) == (clock, again)
    assert rereckoning.reckoned((again,), START, AFTER) == ((again,), ())


def test_a_make_up_day_brings_it_forward() -> None:
    clock = resolve(start=at("2027-01-08T10:00"))
    [again], _ = rereckoning.reckoned((clock,), at("2027-01-08T11:00"), AFTER)
    assert clock.due == at("2027-01-15T10:00")
    assert again.due == at("2027-01-14T10:00")


def test_nobody_becomes_late_afterwards() -> None:
    clock = resolve(start=at("2027-01-08T10:00"))
    now = at("2027-01-14T12:00")
    [again], moved = rereckoning.reckoned((clock,), now, AFTER)
    assert (again.due, moved, again.provisional) == (clock.due, (), False)


def test_what_is_over_red_or_named_by_somebody_stays() -> None:
    clock = resolve()
    red = replace(clock, state="overdue")
    met = replace(clock, kind="sign", state="met", met_at=START)
    named = clocks.extended(replace(clock, kind="contact"), at("2027-01-11T17:00"), BEFORE)
    ended = replace(clock, kind="verify", ended=True)
    held = (red, met, named, ended)
    assert rereckoning.reckoned(held, START, AFTER) == (held, ())


def test_what_stands_still_moves_too_and_goes_on_with_what_was_left() -> None:
    [still] = clocks.paused((resolve(),), at("2026-12-30T17:00"), ("resolve",))
    [again], [moved] = rereckoning.reckoned((still,), at("2027-01-20T10:00"), AFTER)
    assert moved.after == again
    [going] = clocks.resumed((again,), at("2027-01-04T09:00"), AFTER)
    # Seven of forty hours are done: 33 are left, four days and an hour.
    assert going.due == at("2027-01-08T10:00")
    assert going.remaining == timedelta(hours=33)


def test_yellow_is_told_again_only_where_it_was_put_off() -> None:
    clock = replace(resolve(), warned=True)
    [again], _ = rereckoning.reckoned((clock,), at("2027-01-05T11:00"), AFTER)
    assert not again.warned
    [late], _ = rereckoning.reckoned((clock,), at("2027-01-06T09:59"), AFTER)
    assert not late.warned
    hours = replace(resolve(Span(amount=12, unit="hours"), at("2026-12-31T14:00")), warned=True)
    [kept], _ = rereckoning.reckoned((hours,), at("2027-01-04T16:30"), AFTER)
    assert (hours.due, kept.due) == (at("2027-01-04T10:00"), at("2027-01-05T10:00"))
