"""Clocks by a calendar that came later."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

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


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.integers(0, 60 * 24 * 6)),
        st.tuples(st.just("pause"), st.integers(0, 60 * 24 * 30)),
        st.tuples(st.just("extend"), st.integers(1, 60 * 24 * 10)),
        st.tuples(st.just("calendar"), st.just(0)),
    ),
    max_size=8,
)


@given(start=st.integers(0, 60 * 24 * 40), hours=st.integers(1, 80), unit_time=st.booleans(), steps=STEPS)
def test_time_left_beside_a_model_that_keeps_an_account(
    start: int, hours: int, unit_time: bool, steps: list[tuple[str, int]]
) -> None:
    """Over New Year, with a calendar that comes at any moment: what was worked is taken off, what stood still is not, and
    an agreed moment is the one agreed on."""
    now, by = at("2026-12-01T00:00") + timedelta(minutes=start), BEFORE
    span = Span(amount=hours, unit="hours", time="working" if unit_time else "24x7")
    clock = clocks.started("resolve", 1, span, now, by)

    def passes(begin: datetime, end: datetime) -> timedelta:
        return by.calendar.working_between(begin, end) if unit_time else end - begin

    left, since = timedelta(hours=hours), now
    for what, minutes in steps:
        length = timedelta(minutes=minutes)
        if what == "calendar":
            [again], _ = rereckoning.reckoned((clock,), now, AFTER)
            if again.due == clock.due and by is BEFORE:
                # Kept where it would be over already; the account then follows the moment that stands.
                by = AFTER
                left, since = max(timedelta(0), passes(now, again.due)), now
            elif by is BEFORE:
                by = AFTER
                left -= passes(since, now)
                since = now
            clock = again
        elif what == "run" and now + length < clock.due:
            now += length
        elif what == "extend":
            clock = clocks.extended(clock, clock.due + length, by)
            left, since = passes(now, clock.due), now
        elif what == "pause":
            left, since = left - passes(since, now), now + length
            [still] = clocks.paused((clock,), now, ("resolve",))
            now += length
            [clock] = clocks.resumed((still,), now, by)
        assert now <= clock.due
        assert clock.yellow_at is not None
        assert clock.yellow_at <= clock.due
        assert abs(passes(since, clock.due) - left) < timedelta(milliseconds=1)


def test_a_clock_set_back_fires_nothing_and_loses_nothing() -> None:
    """The business clock moves backward: what was told stays told, what is met is met, what is ahead comes again once."""
    span = Span(amount=2, unit="hours")
    clock = clocks.started("sign", 1, span, at("2026-11-24T10:00"), BEFORE)
    red = replace(clock, state="overdue", warned=True)
    back = at("2026-11-24T08:00")
    assert clocks.next_fallen((red,), back) is None
    assert clocks.next_fallen((clock,), back) is None
    assert clocks.next_moment((clock,)) == clock.yellow_at
    [met] = clocks.fulfilled((red,), ("sign",), back)
    assert met.state == "met"
    [still] = clocks.paused((clock,), at("2026-11-24T11:00"), ("sign",))
    [going] = clocks.resumed((still,), back, BEFORE)
    assert going.remaining == timedelta(hours=1)
    assert going.due == at("2026-11-24T10:00")
