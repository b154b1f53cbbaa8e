"""Rosters over HTTP."""

from datetime import date, time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, create_model, field_validator, model_validator

from services.fabric.roster import WEEKDAYS, Absence, Roster, Shift, Swap
from services.fabric.roster_entries import roster_json
from services.grids.domain.rosters import gaps
from services.grids.models import StoredRoster
from services.grids.moments import Moment, in_order
from services.grids.schemas import Body, UnitCode

# A Monday: with one week only, where the weeks begin makes no difference.
_ANY_MONDAY = date(2024, 1, 1)
_MOST = 500


def _read_clock(told: Any) -> Any:
    """`24:00` is the next day's `00:00`."""
    if isinstance(told, time):
        return told
    if not isinstance(told, str) or len(told) != len("08:00"):
        raise ValueError("请写成 08:00 的样子")
    try:
        return time.fromisoformat("00:00" if told == "24:00" else told)
    except ValueError:
        raise ValueError("请写成 08:00 的样子") from None


def _in_our_time(day: date) -> date:
    if not 2000 <= day.year <= 2100:
        raise ValueError("日期要在 2000 到 2100 年之间")
    return day


Clock = Annotated[time, BeforeValidator(_read_clock)]
Day = Annotated[date, AfterValidator(_in_our_time)]


class ShiftBody(Body):
    """不晚于开始的结束是次日的；people 按先后顺序，第一个没有应答就找下一个。"""

    begins: Clock = Field(alias="from")
    ends: Clock = Field(alias="to")
    people: list[UnitCode] = Field(min_length=1, max_length=50)

    def shift(self) -> Shift:
        return Shift(self.begins, self.ends, tuple(self.people))


Shifts = Annotated[list[ShiftBody], Field(max_length=48)]
WeekBody = create_model(
    "WeekBody",
    __base__=Body,
    __doc__="星期几 → 当天开始的班次；不写的一天没有班。",
    **{name: (Shifts, Field(default=[])) for name in WEEKDAYS},  # type: ignore[call-overload]
)


class SwapBody(Body):
    """date 那天 from 开始的那一班，a 和 b 对换。"""

    day: Day = Field(alias="date")
    begins: Clock = Field(alias="from")
    one: UnitCode = Field(alias="a")
    other: UnitCode = Field(alias="b")


class AbsenceBody(Body):
    person: UnitCode
    begins: Moment = Field(alias="from")
    ends: Moment = Field(alias="to")


class RosterBody(Body):
    """weeks 轮流用，第一周是 starts_on 所在的那周。节假日用 holiday（不写就照星期几），调休上班日照 make_up 那天。"""

    weeks: list[WeekBody] = Field(min_length=1, max_length=53)
    starts_on: Day | None = None
    holiday: Shifts | None = None
    make_up: str = "mon"
    swaps: list[SwapBody] = Field(default=[], max_length=_MOST)
    absences: list[AbsenceBody] = Field(default=[], max_length=_MOST)
    valid_from: Moment | None = None
    valid_to: Moment | None = None

    @field_validator("make_up")
    @classmethod
    def _weekday(cls, told: str) -> str:
        if told not in WEEKDAYS:
            raise ValueError(f"请从 {'、'.join(WEEKDAYS)} 里选")
        return told

    @model_validator(mode="after")
    def _whole(self) -> "RosterBody":
        in_order(self.valid_from, self.valid_to)
        if len(self.weeks) > 1 and self.starts_on is None:
            raise ValueError("几周轮换时请写 starts_on：第一周里的任何一天")
        return self

    def roster(self, unit: str) -> Roster:
        return Roster(
            unit=unit,
            weeks=tuple(tuple(_shifts(getattr(week, name)) for name in WEEKDAYS) for week in self.weeks),
            starts_on=self.starts_on or _ANY_MONDAY,
            holiday=None if self.holiday is None else _shifts(self.holiday),
            make_up=WEEKDAYS.index(self.make_up),
            swaps=tuple(Swap(s.day, s.begins, s.one, s.other) for s in self.swaps),
            absences=tuple(Absence(a.person, a.begins, a.ends) for a in self.absences),
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


class RosterRow(RosterBody):
    unit: UnitCode


class RosterPut(RosterBody):
    unit: UnitCode | None = Field(default=None, description="不写就是地址里的；写了要和它一样")


def stored_roster_json(stored: StoredRoster, roster: Roster) -> dict[str, Any]:
    return {
        "unit": roster.unit,
        **roster_json(roster),
        "warnings": gaps(roster),
        "version": stored.version,
        "changed_at": stored.changed_at.isoformat(),
        "changed_by": stored.by,
    }


def _shifts(told: list[ShiftBody]) -> tuple[Shift, ...]:
    return tuple(body.shift() for body in told)
