"""What the registry takes and gives over HTTP."""

import json
import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from services.fabric.datum import Crs
from services.fabric.entries import dates_json
from services.fabric.model import OVERLAY_CODE, UNIT_CODE, GazetteerEntry, Parity, Unit
from services.grids.models import OperatorDays, StoredUnit
from services.grids.moments import Moment, in_order
from services.kit.fields import Name, Words, storable_all
from services.kit.keys import KeyRow, Role

_HOURS = re.compile(r"(24x7|working|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)")
_MOST_CHANNELS = 16_000


UnitCode = Annotated[str, Field(pattern=rf"^{UNIT_CODE}$")]
OverlayCode = Annotated[str, Field(pattern=rf"^{OVERLAY_CODE}$")]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(Body):
    """A row of somebody's table: blank is the same as absent, save where something has to stand."""

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        needed = {name for name, field in cls.model_fields.items() if field.is_required()}
        return {name: value for name, value in told.items() if value not in (None, "") or name in needed}


def small(told: dict[str, Any], most: int) -> dict[str, Any]:
    """What can be kept and is written in at most so many bytes."""
    try:
        storable_all(told)
        size = len(json.dumps(told, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        raise ValueError("含有不能保存的字符或数，请去掉") from None
    if size > most:
        raise ValueError(f"超过 {most // 1000} KB，请删减")
    return told


class UnitBody(Columns):
    """Columns of the units' table."""

    name: Annotated[Name, Field(min_length=1, max_length=200)]
    level: Annotated[Words, Field(min_length=1, max_length=40)]
    parent: UnitCode | None = None
    guided_by: UnitCode | None = None
    posted_to: UnitCode | None = None
    overlay: OverlayCode | None = None
    kind: Annotated[Words, Field(max_length=40)] | None = None
    aliases: list[Annotated[Name, Field(min_length=1, max_length=200)]] = Field(default=[], max_length=50)
    hours: Annotated[str, Field(max_length=20)] | None = Field(
        default=None, description="24x7、working，或工作日的 HH:MM-HH:MM"
    )
    channels: dict[str, Any] = Field(default={}, description="怎么通知这个单位")
    properties: dict[str, Any] = Field(default={}, description="其他要保留的内容")
    valid_from: Moment | None = Field(default=None, description="从什么时候起；不写的改动从现在起")
    valid_to: Moment | None = Field(default=None, description="到什么时候为止（不含）")

    @field_validator("hours")
    @classmethod
    def _known_hours(cls, hours: str | None) -> str | None:
        if hours is not None:
            if not _HOURS.fullmatch(hours):
                raise ValueError("请写成 24x7、working 或 09:00-17:30 的样子")
            opens, _, closes = hours.partition("-")
            if closes and opens >= closes:
                raise ValueError("上班时间要早于下班时间")
        return hours

    @field_validator("channels", "properties")
    @classmethod
    def _kept(cls, told: dict[str, Any]) -> dict[str, Any]:
        return small(told, _MOST_CHANNELS)

    def unit(self, code: str) -> Unit:
        return Unit(code=code, **{**self.model_dump(exclude={"code"}), "aliases": tuple(self.aliases)})

    @model_validator(mode="after")
    def _in_order(self) -> "UnitBody":
        in_order(self.valid_from, self.valid_to)
        return self


class UnitRow(UnitBody):
    code: UnitCode


class UnitPut(UnitBody):
    code: UnitCode | None = Field(default=None, description="不写就是地址里的；写了要和它一样")


PlaceName = Annotated[Name, Field(min_length=1, max_length=200)]
HouseNumber = Annotated[int, Field(ge=0, le=99_999)]


class PlaceRow(Body):
    """A row of the gazetteer; kinds: address, road, estate, building, shop, office, landmark and so on. A road with
    `to_lon`, `to_lat` is a stretch, with the numbers `low` to `high` of that parity on it."""

    name: PlaceName
    kind: Annotated[Name, Field(min_length=1, max_length=40)]
    lon: Degrees
    lat: Degrees
    crs: Crs | None = None
    aliases: list[PlaceName] = Field(default=[], max_length=50)
    former: list[PlaceName] = Field(default=[], max_length=50, description="曾用名")
    unit: UnitCode | None = Field(default=None, description="管它的单位，如小区的物业公司")
    low: HouseNumber = 0
    high: HouseNumber = 0
    parity: Parity = "both"
    to_lon: Degrees | None = None
    to_lat: Degrees | None = None

    @model_validator(mode="after")
    def _stretch(self) -> "PlaceRow":
        if (self.to_lon is None) != (self.to_lat is None):
            raise ValueError("to_lon 和 to_lat 要一起写")
        if (self.high or self.low) and (self.to_lon is None or self.kind != "road"):
            raise ValueError("门牌起止号只用于 kind 为 road 的路段，并写明终点 to_lon、to_lat")
        if self.low > self.high:
            raise ValueError("起号要不大于止号")
        return self


class CalendarBody(Body):
    """The operator's own days: true is worked, false is free. `complete_years` need no published calendar."""

    days: dict[date, bool] = Field(default={}, max_length=10_000)
    complete_years: list[int] = Field(default=[], max_length=200)

    @field_validator("complete_years")
    @classmethod
    def _years(cls, years: list[int]) -> list[int]:
        if any(not 2000 <= year <= 2100 for year in years):
            raise ValueError("年份要在 2000 到 2100 之间")
        return years

    @field_validator("days")
    @classmethod
    def _days(cls, days: dict[date, bool]) -> dict[date, bool]:
        if any(not 2000 <= day.year <= 2100 for day in days):
            raise ValueError("日期要在 2000 到 2100 年之间")
        return days

    def told(self) -> OperatorDays:
        return OperatorDays(dict(sorted(self.days.items())), frozenset(self.complete_years))


class PointBody(Body):
    lon: Degrees
    lat: Degrees
    crs: Crs | None = None


class PointsBody(Body):
    """`crs` holds for every point that names none of its own."""

    points: list[PointBody] = Field(max_length=10_000)
    crs: Crs | None = "wgs84"
    at: str | None = None
    component: list[Annotated[Words, Field(max_length=60)]] = Field(
        default=[], max_length=20, description="附近哪些部件归谁，如 manhole"
    )


class KeyBody(Body):
    name: Annotated[Name, Field(min_length=1, max_length=100)]
    role: Role
    unit: UnitCode | None = None
    source: Annotated[Name, Field(min_length=1, max_length=100)] | None = None


def unit_json(stored: StoredUnit) -> dict[str, Any]:
    unit = stored.unit
    return {
        "code": unit.code,
        "name": unit.name,
        "level": unit.level,
        "parent": unit.parent,
        "guided_by": unit.guided_by,
        "posted_to": unit.posted_to,
        "overlay": unit.overlay,
        "kind": unit.kind,
        "aliases": list(unit.aliases),
        "hours": unit.hours,
        "channels": dict(unit.channels),
        "properties": dict(unit.properties),
        **dates_json(unit.valid_from, unit.valid_to),
        "version": stored.version,
    }


def place_json(place: GazetteerEntry) -> dict[str, Any]:
    told = {
        "name": place.name,
        "kind": place.kind,
        "lon": place.lon,
        "lat": place.lat,
        "aliases": list(place.aliases),
        "former": list(place.former),
        "unit": place.unit,
    }
    stretch = place.stretch
    if stretch is None:
        return told
    ends = {"to_lon": stretch.lon, "to_lat": stretch.lat}
    return {**told, "low": stretch.low, "high": stretch.high, "parity": stretch.parity, **ends}


def key_json(row: KeyRow) -> dict[str, Any]:
    caller = row.caller
    return {
        "id": caller.key_id,
        "name": caller.name,
        "role": caller.role,
        "unit": caller.unit,
        "source": caller.source,
        "created_at": row.created_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
    }
