"""What stands in single cells: texts, telephone numbers that a spreadsheet took for figures, moments in many notations."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from services.kit.clock import SHANGHAI
from services.kit.files.sheets import Cell

_DAY = r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?"
_HOUR = r"(?P<half>上午|下午|晚上|晚|凌晨|中午|早上)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?\s*[:分]?\s*(?P<second>\d{1,2})?"
_REST = r"\s*秒?(?:\.\d+)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
_WEEKDAY = r"(?:\s*(?:星期|周)[一二三四五六日天])?"
_MOMENT = re.compile(rf"{_DAY}{_WEEKDAY}(?:[T\s]*{_HOUR}{_REST})?")
_CLOCK = re.compile(_HOUR + _REST)
_DIGITS = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?"
)
_WITHOUT_YEAR = re.compile(r"\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?(?:\s.*)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SCIENTIFIC = re.compile(r"(?P<mantissa>\d(?:\.\d+)?)[eE]\+?(?P<power>\d{1,2})")
# Excel counts days from here, because it takes 1900 for a leap year.
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 a sheet knows no zones
_SERIALS = (36526, 73051)  # 2000 to 2100
_LATER = ("下午", "晚上", "晚")


class BadCell(ValueError):
    """The message is a sentence that says what to do."""


def text_of(cell: Cell) -> str:
    """As it would be read on the screen; a formula's sign is a sign like any other."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell).replace("\0", "").strip()


def phone_of(cell: Cell) -> str:
    """BadCell for one whose last digits the spreadsheet has thrown away."""
    told = unicodedata.normalize("NFKC", text_of(cell)).lstrip("'’‘").strip()
    found = _SCIENTIFIC.fullmatch(told)
    if found is None:
        return told[:64]
    kept = len(found["mantissa"].replace(".", ""))
    if kept <= int(found["power"]) - 3:
        raise BadCell("电话成了科学计数法，末几位已经丢了；请把这一列改成文本格式后重填")
    return str(int(Decimal(told)))


def truth_of(cell: Cell) -> bool:
    return text_of(cell).lower() in ("是", "√", "✓", "y", "yes", "true", "1", "匿名", "保密", "督办")


def moment_of(cell: Cell, clock: Cell = None) -> datetime | None:
    """Aware; None for a blank cell. `clock`: a cell of another column, with the hour. Where there is none, the day's
    noon is no worse than its midnight, but midnight is what programs write. BadCell for what can't be read."""
    if clock is not None and text_of(clock):
        if _hour(cell) is not None and _hour(clock) is None:
            cell, clock = clock, cell
        found, hour = moment_of(cell), _hour(clock)
        if found is not None and hour is not None and found.timetz().replace(tzinfo=None) == time():
            return datetime.combine(found.date(), hour, found.tzinfo)
        return found
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)
    if isinstance(cell, date):
        return datetime.combine(cell, time(), SHANGHAI)
    if isinstance(cell, bool | time | timedelta):
        raise BadCell("时间里没有日期，请写成 2026-11-23 08:15")
    told = unicodedata.normalize("NFKC", text_of(cell))
    if not told:
        return None
    return _read(told)


def _read(told: str) -> datetime:
    found = _MOMENT.fullmatch(told) or _DIGITS.fullmatch(told)
    try:
        if found is not None:
            return _put(found.groupdict())
        if _NUMBER.fullmatch(told) and _SERIALS[0] <= float(told) < _SERIALS[1]:
            seconds = round(float(told) * 86400)
            return (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=SHANGHAI)
    except (ValueError, OverflowError):
        raise BadCell(f"没有 {told[:40]} 这个时间，请核对") from None
    if _WITHOUT_YEAR.fullmatch(told):
        raise BadCell(f"{told[:40]} 没有写年份，请写成 2026-11-23 08:15")
    raise BadCell(f"{told[:40]} 读不出时间，请写成 2026-11-23 08:15")


def _put(told: dict[str, str | None]) -> datetime:
    at = datetime(int(told["year"] or 0), int(told["month"] or 0), int(told["day"] or 0), tzinfo=SHANGHAI)
    if told.get("hour"):
        at = datetime.combine(at.date(), _time(told), SHANGHAI)
    zone = told.get("zone")
    return at if not zone else datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{zone}")


def _time(told: dict[str, str | None]) -> time:
    hour = int(told["hour"] or 0)
    if told.get("half") in _LATER and hour < 12:
        hour += 12
    return time(hour % 24 if hour == 24 else hour, int(told.get("minute") or 0), int(told.get("second") or 0))


def _hour(cell: Cell) -> time | None:
    """What is the hour of a day and nothing else."""
    if isinstance(cell, time):
        return cell.replace(tzinfo=None)
    if isinstance(cell, timedelta) and timedelta() <= cell < timedelta(days=1):
        return (_EPOCH + cell).time()
    if isinstance(cell, float) and 0 < cell < 1:
        return (_EPOCH + timedelta(seconds=round(cell * 86400))).time()
    found = _CLOCK.fullmatch(unicodedata.normalize("NFKC", text_of(cell)))
    try:
        return _time(found.groupdict()) if found else None
    except ValueError:
        return None
