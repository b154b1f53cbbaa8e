"""Lengths of time as a profile writes them, and when they are over."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.fabric.calendar import Due, WorkingCalendar

SpanUnit = Literal["minutes", "hours", "days"]
TimeKind = Literal["24x7", "calendar", "working", "unit"]
_UNIT: dict[SpanUnit, timedelta] = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}


class Span(BaseModel):
    """`24x7` and `calendar` run through nights and holidays; of `working` time a day is one full working day. `unit`: time
    in which a unit is there, by its own shifts or hours. A day of that is no length that anybody agrees on, so it is
    told in hours. `of` is the unit, once it is known whose the matter is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: float = Field(ge=0)
    unit: SpanUnit
    time: TimeKind = "working"
    of: str | None = None

    @model_validator(mode="after")
    def _in_hours(self) -> "Span":
        if self.time == "unit" and self.unit == "days":
            raise ValueError("按单位自己的上班时间（unit）算的时限要写成小时或分钟，不能写天")
        return self

    @property
    def counted(self) -> bool:
        """By a calendar: it stands still while nobody works."""
        return self.time in ("working", "unit")

    def of_unit(self, code: str | None) -> "Span":
        return self.model_copy(update={"of": code}) if self.time == "unit" else self

    @property
    def in_working_days(self) -> bool:
        return self.time == "working" and self.unit == "days"

    def length(self, calendar: WorkingCalendar) -> timedelta:
        """In its own time."""
        return calendar.full_day * self.amount if self.in_working_days else _UNIT[self.unit] * self.amount

    def due(self, start: datetime, calendar: WorkingCalendar) -> Due:
        """When the span that begins at `start` is over. `calendar`: its unit's own, for a span of a unit's time."""
        if self.in_working_days:
            return calendar.add_working_days(start, self.amount)
        length = _UNIT[self.unit] * self.amount
        if self.counted:
            return calendar.add_working(start, length / timedelta(hours=1))
        return Due(start + length)

    def text(self) -> str:
        """`2个工作小时`, `5个工作日`, `30分钟`: as it stands in a sentence."""
        amount = f"{self.amount:g}"
        return amount + _SAID[self.counted, self.unit]


_SAID: dict[tuple[bool, SpanUnit], str] = {
    (True, "minutes"): "分钟工作时间",
    (True, "hours"): "个工作小时",
    (True, "days"): "个工作日",
    (False, "minutes"): "分钟",
    (False, "hours"): "小时",
    (False, "days"): "天",
}


class YellowRule(BaseModel):
    """黄灯: `working_days_before` the due time of a clock of more days than that, and at `share_of_hours` of any other: a
    clock of one day, or one whose due time was brought forward, would otherwise be yellow from its start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    working_days_before: float = Field(default=1, ge=0)
    share_of_hours: float = Field(default=0.75, gt=0, le=1)

    def at(self, span: Span, started: datetime, due: datetime, calendar: WorkingCalendar) -> datetime:
        """When the light turns yellow: never before the start, never after the due time. The share of a clock of
        working hours is taken of working time."""
        if span.unit == "days" and span.amount > self.working_days_before:
            yellow = calendar.subtract_working_days(due, self.working_days_before)
            if yellow > started:
                return min(yellow, due)
        if span.counted:
            hours = calendar.working_between(started, due) * (1 - self.share_of_hours) / timedelta(hours=1)
            yellow = calendar.subtract_working(due, hours)
        else:
            yellow = started + (due - started) * self.share_of_hours
        return min(max(yellow, started), due)
