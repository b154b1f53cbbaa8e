"""What a roster may say, and its gaps."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given

from services.fabric.calendar import SHANGHAI, WorkingCalendar
from services.fabric.roster import WEEKDAYS, Absence, Roster, Shift, Swap, watch
from services.grids.domain.rosters import alike, changes, gaps, judge
from tests.unit.fabric.test_roster import DAY, MONDAY, NIGHT, ROUND, rosters

CALENDAR = WorkingCalendar()
ALL = frozenset("ABCDEH")


def pointers(roster: Roster, people: frozenset[str] = ALL) -> list[str]:
    return [pointer for pointer, _ in judge(roster, people, CALENDAR)]


def of_days(*days: tuple[Shift, ...]) -> Roster:
    return replace(ROUND, weeks=((*days, *((),) * (7 - len(days))),))


def test_a_sound_one() -> None:
    assert pointers(ROUND) == []
    assert gaps(ROUND) == []


def test_an_empty_one() -> None:
    assert pointers(of_days()) == ["/weeks"]
    assert pointers(replace(of_days(), holiday=())) == ["/weeks"]
    assert pointers(replace(of_days(), holiday=(DAY,))) == []


def test_nobody_unknown_and_nobody_twice() -> None:
    odd = of_days((Shift(time(8), time(20), ("A", "Z", "A")),))
    assert pointers(odd) == ["/weeks/0/mon/0/people/1", "/weeks/0/mon/0/people/2"]
    more = replace(
        ROUND,
        swaps=(Swap(MONDAY, time(8), "A", "Z"),),
        absences=(Absence("Z", datetime(2026, 1, 1, tzinfo=SHANGHAI), datetime(2026, 1, 2, tzinfo=SHANGHAI)),),
    )
    assert pointers(more) == ["/swaps/0/b", "/absences/0/person"]


def test_shifts_that_overlap_over_midnight_and_over_the_weeks_end() -> None:
    early = Shift(time(7), time(9), ("A",))
    assert pointers(of_days((DAY, early))) == ["/weeks/0/mon/1"]
    assert pointers(of_days((NIGHT,), (early,))) == ["/weeks/0/mon/0"]
    sunday = replace(ROUND, weeks=(((early,), *((),) * 5, (NIGHT,)),))
    assert pointers(sunday) == ["/weeks/0/sun/0"]
    assert pointers(replace(ROUND, holiday=(NIGHT, early))) == ["/holiday/0"]
    assert pointers(replace(ROUND, holiday=(DAY, NIGHT))) == []


def test_swaps_that_say_nothing() -> None:
    def swapped(*swaps: Swap) -> list[str]:
        return pointers(replace(ROUND, swaps=swaps))

    assert swapped(Swap(MONDAY, time(8), "A", "E")) == []
    assert swapped(Swap(MONDAY, time(9), "A", "E")) == ["/swaps/0/from"]
    assert swapped(Swap(MONDAY, time(8), "E", "H")) == ["/swaps/0/a"]
    assert swapped(Swap(MONDAY, time(8), "A", "A")) == ["/swaps/0/b"]
    assert swapped(Swap(MONDAY, time(8), "A", "E"), Swap(MONDAY, time(8), "E", "B")) == ["/swaps/1"]
    assert swapped(Swap(MONDAY, time(8), "A", "E"), Swap(MONDAY, time(20), "C", "E")) == []


def test_absences() -> None:
    def away(start: int, end: int) -> Absence:
        return Absence("A", datetime(2026, 12, start, tzinfo=SHANGHAI), datetime(2026, 12, end, tzinfo=SHANGHAI))

    assert pointers(replace(ROUND, absences=(away(1, 3), away(3, 4)))) == []
    assert pointers(replace(ROUND, absences=(away(1, 3), away(2, 4)))) == ["/absences/1"]
    assert pointers(replace(ROUND, absences=(away(3, 3),))) == ["/absences/0/to"]


def test_gaps_in_words() -> None:
    office = replace(ROUND, weeks=(tuple((DAY,) if day < 5 else () for day in range(7)),))
    assert gaps(office) == [
        "周一 00:00 到 周一 08:00 没有人值班",
        *(
            f"{one} 20:00 到 {other} 08:00 没有人值班"
            for one, other in pairwise(["周一", "周二", "周三", "周四", "周五"])
        ),
        "周五 20:00 到 周日 24:00 没有人值班",
    ]
    turns = replace(ROUND, weeks=(ROUND.weeks[0], office.weeks[0]), holiday=(DAY,))
    assert gaps(turns)[:2] == [
        "第1周 周一 00:00 到 第1周 周一 08:00 没有人值班",
        "第2周 周一 20:00 到 第2周 周二 08:00 没有人值班",
    ]
    assert gaps(turns)[-2:] == ["节假日 00:00 到 08:00 没有人值班", "节假日 20:00 到 24:00 没有人值班"]
    many = replace(ROUND, weeks=office.weeks * 10, starts_on=MONDAY)
    assert gaps(many)[-1].startswith("这样的空当还有")


@given(rosters())
def test_a_roster_without_gaps_always_answers(roster: Roster) -> None:
    plain = replace(roster, holiday=None, make_up=0)
    week = datetime.combine(MONDAY, time(), SHANGHAI)
    whole = [week + timedelta(minutes=30 * n) for n in range(48 * 7 * len(plain.weeks))]
    covered = [watch(plain, moment, CALENDAR) is not None for moment in whole]
    if any(plain.patterns()):
        assert (gaps(plain) == []) is all(covered)


def test_what_changed_in_words() -> None:
    swap = Swap(date(2026, 11, 24), time(20), "C", "E")
    swapped = replace(ROUND, swaps=(swap,))
    assert changes(None, ROUND) == ["新排值班表"]
    assert changes(ROUND, swapped) == ["2026-11-24 20:00 的班 C 和 E 对换"]
    assert changes(swapped, ROUND) == ["撤销 2026-11-24 20:00 的对换"]
    assert alike(ROUND, swapped)
    other = replace(ROUND, weeks=(tuple((DAY,) for _ in WEEKDAYS),), holiday=(DAY,))
    assert changes(ROUND, other) == ["改了每周的班次", "改了节假日、调休日的班次"]
    assert not alike(ROUND, other)
