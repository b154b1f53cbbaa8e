"""What a roster may say, where it leaves gaps, and what a new one changes."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, time, timedelta

from services.fabric.calendar import WorkingCalendar
from services.fabric.roster import WEEKDAYS, Roster, Shift, shifts_on
from services.fabric.roster_entries import clock
from services.grids.domain.registering import Fault

WEEKDAY_NAMES = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
MOST_GAPS = 20
_MINUTES = 24 * 60
_WEEK = 7 * _MINUTES


def alike(one: Roster, other: Roster) -> bool:
    """Swaps and absences are corrections of the roster that stands."""
    return replace(one, swaps=other.swaps, absences=other.absences, valid_from=None, valid_to=None) == replace(
        other, valid_from=None, valid_to=None
    )


def judge(roster: Roster, people: Collection[str], calendar: WorkingCalendar) -> list[Fault]:
    """`people`: those of the named that there are."""
    if not any(roster.patterns()):
        return [("/weeks", "值班表是空的，请至少排一班")]
    return [
        *_unknown(roster, people),
        *_overlaps(roster),
        *_swap_faults(roster, calendar),
        *_absence_faults(roster),
    ]


def gaps(roster: Roster) -> list[str]:
    """A sentence for each stretch of the usual weeks, and of a holiday that follows another, on which nobody is."""
    whole = _WEEK * len(roster.weeks)
    found = _uncovered([span for _, span in _usual(roster)], whole)
    told = [f"{_said(roster, begins)} 到 {_said(roster, ends)} 没有人值班" for begins, ends in found]
    more = [f"这样的空当还有 {len(told) - MOST_GAPS} 处"] if len(told) > MOST_GAPS else []
    if roster.holiday is None:
        return [*told[:MOST_GAPS], *more]
    free = _uncovered([span for _, span in _of_holiday(roster)], _MINUTES)
    return [
        *told[:MOST_GAPS],
        *more,
        *(f"节假日 {_hour(begins)} 到 {_hour(ends)} 没有人值班" for begins, ends in free),
    ]


def changes(before: Roster | None, after: Roster) -> list[str]:
    """What changed, in words: for the event and whoever reads the list of changes."""
    if before is None:
        return ["新排值班表"]
    told: list[str] = []
    if (before.weeks, before.starts_on) != (after.weeks, after.starts_on):
        told.append("改了每周的班次")
    if (before.holiday, before.make_up) != (after.holiday, after.make_up):
        told.append("改了节假日、调休日的班次")
    told += [f"{s.day} {clock(s.begins)} 的班 {s.one} 和 {s.other} 对换" for s in after.swaps if s not in before.swaps]
    told += [f"撤销 {s.day} {clock(s.begins)} 的对换" for s in before.swaps if s not in after.swaps]
    told += [f"{a.person} 请假" for a in after.absences if a not in before.absences]
    told += [f"{a.person} 销假" for a in before.absences if a not in after.absences]
    return told or ["改了起止日期"]


def _days(roster: Roster) -> Iterator[tuple[str, tuple[Shift, ...]]]:
    """(JSON pointer, shifts) of each day's pattern and the holidays'."""
    for number, week in enumerate(roster.weeks):
        yield from ((f"/weeks/{number}/{name}", shifts) for name, shifts in zip(WEEKDAYS, week, strict=True))
    if roster.holiday is not None:
        yield "/holiday", roster.holiday


def _unknown(roster: Roster, people: Collection[str]) -> Iterator[Fault]:
    for pointer, shifts in _days(roster):
        for number, shift in enumerate(shifts):
            for place, person in enumerate(shift.people):
                at = f"{pointer}/{number}/people/{place}"
                if person not in people:
                    yield at, _nobody(person)
                elif person in shift.people[:place]:
                    yield at, f"{person} 在这一班里写了两次，请只留一处"
    for number, swap in enumerate(roster.swaps):
        for field, person in (("a", swap.one), ("b", swap.other)):
            if person not in people:
                yield f"/swaps/{number}/{field}", _nobody(person)
    for number, absence in enumerate(roster.absences):
        if absence.person not in people:
            yield f"/absences/{number}/person", _nobody(absence.person)


def _nobody(person: str) -> str:
    return f"没有 {person} 这个人，请先导入人员"


def _overlaps(roster: Roster) -> Iterator[Fault]:
    """Of one shift with the next, over midnight too and from the last week to the first. Where a holiday's pattern meets
    another day's, the later shift counts: see services.fabric.roster.watch."""
    for placed, whole in ((_usual(roster), _WEEK * len(roster.weeks)), (_of_holiday(roster), _MINUTES)):
        for place, (pointer, (_, ends)) in enumerate(placed):
            last = place + 1 == len(placed)
            _, (begins, _) = placed[0 if last else place + 1]
            if ends > begins + (whole if last else 0):
                yield pointer, "和下一班时间重叠，请改正"


def _swap_faults(roster: Roster, calendar: WorkingCalendar) -> Iterator[Fault]:
    seen: set[tuple[date, int, str]] = set()
    for number, swap in enumerate(roster.swaps):
        at = f"/swaps/{number}"
        shift = next(
            (s for s in shifts_on(replace(roster, swaps=()), swap.day, calendar) if s.begins == swap.begins), None
        )
        if shift is None:
            yield f"{at}/from", f"{swap.day} 没有 {clock(swap.begins)} 开始的班，请核对日期和时间"
        elif swap.one not in shift.people and swap.other not in shift.people:
            yield f"{at}/a", f"{swap.one} 和 {swap.other} 都不在这一班，请核对"
        if swap.one == swap.other:
            yield f"{at}/b", "换班的两个人是同一个人，请改正"
        for person in {swap.one, swap.other}:
            turn = (swap.day, _minute(swap.begins), person)
            if turn in seen:
                yield at, f"{person} 在这一班已经换过一次，请合成一条"
            seen.add(turn)


def _absence_faults(roster: Roster) -> Iterator[Fault]:
    for number, absence in enumerate(roster.absences):
        earlier = [a for a in roster.absences[:number] if a.person == absence.person]
        if absence.begins >= absence.ends:
            yield f"/absences/{number}/to", "请假的结束要晚于开始"
        elif any(a.begins < absence.ends and absence.begins < a.ends for a in earlier):
            yield f"/absences/{number}", f"{absence.person} 这段请假和另一段重叠，请合成一段"


Span = tuple[int, int]
"""Minutes from the beginning of the first week, or of the day."""


def _usual(roster: Roster) -> list[tuple[str, Span]]:
    """(JSON pointer, span) of all shifts of the weeks, in order of time."""
    days = enumerate(_days(replace(roster, holiday=None)))
    placed = [one for day, (pointer, shifts) in days for one in _spans(day * _MINUTES, pointer, shifts)]
    return sorted(placed, key=lambda one: one[1])


def _of_holiday(roster: Roster) -> list[tuple[str, Span]]:
    return sorted(_spans(0, "/holiday", roster.holiday or ()), key=lambda one: one[1])


def _spans(start: int, pointer: str, shifts: Sequence[Shift]) -> Iterator[tuple[str, Span]]:
    for number, shift in enumerate(shifts):
        begins = start + _minute(shift.begins)
        yield f"{pointer}/{number}", (begins, begins + _length(shift))


def _uncovered(spans: Sequence[Span], whole: int) -> list[Span]:
    """`spans` in order; what the last of them reach beyond the end covers the beginning."""
    found: list[Span] = []
    reached = max([0, *(ends - whole for _, ends in spans)])
    for begins, ends in [*spans, (whole, whole)]:
        if begins > reached:
            found.append((reached, begins))
        reached = max(reached, ends)
    return found


def _said(roster: Roster, minute: int) -> str:
    week, rest = divmod(minute, _WEEK)
    day, hour = divmod(rest, _MINUTES)
    if not rest and minute:  # the end of a week
        week, day, hour = week - 1, 6, _MINUTES
    first = f"第{week + 1}周 " if len(roster.weeks) > 1 else ""
    return f"{first}{WEEKDAY_NAMES[day]} {_hour(hour)}"


def _hour(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _length(shift: Shift) -> int:
    begins, ends = shift.span(date(2001, 1, 1))
    return (ends - begins) // timedelta(minutes=1)
