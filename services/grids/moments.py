"""From when and until when something is in force, as bodies and tables say it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from services.fabric.calendar import SHANGHAI

_YEARS = range(1900, 2201)


def read_moment(told: Any) -> Any:
    """A date is its midnight in Shanghai, and a time without an offset is Shanghai's, as in the borders' files."""
    if isinstance(told, datetime) or told is None:
        return told
    try:
        moment = datetime.fromisoformat(told)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=SHANGHAI)
        moment = moment.astimezone(UTC)
        if moment.year not in _YEARS:
            raise ValueError("year")
    except (TypeError, ValueError, OverflowError):
        raise ValueError("请写成 2027-01-01，或 2027-01-01T08:00:00+08:00 这样带时区的时间") from None
    return moment


Moment = Annotated[datetime, BeforeValidator(read_moment)]


def in_order(valid_from: datetime | None, valid_to: datetime | None) -> None:
    if valid_from is not None and valid_to is not None and valid_from >= valid_to:
        raise PydanticCustomError("dates", "valid_from 要早于 valid_to")
