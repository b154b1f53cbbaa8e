"""What an operator's own calendar may say."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from services.fabric.calendar import PUBLISHED_YEARS, WorkingCalendar

_PUBLISHED = WorkingCalendar()
_WEEK = "一二三四五六日"
_WEEKEND = 5


def faults(days: Mapping[date, bool], complete_years: Collection[int]) -> Iterator[tuple[str, str]]:
    """(JSON pointer, sentence). A make-up day replaces a day that is free otherwise; a year whose days are all there has
    at least one that is free in its weeks."""
    for day, worked in days.items():
        if worked and day.weekday() < _WEEKEND and not _PUBLISHED.is_holiday(day):
            yield f"/days/{day}", f"{day} 是星期{_WEEK[day.weekday()]}，本来就上班，不能写成补班，请核对日期"
    for year in complete_years:
        free = any(day.year == year and not worked and day.weekday() < _WEEKEND for day, worked in days.items())
        if not free and year not in PUBLISHED_YEARS:
            yield "/complete_years", f"{year} 年写成日历已全，却没有一个放假的平日，请补上这一年的节假日"
