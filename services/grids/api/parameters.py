"""What the routes share: who may, which datum, which moment, bodies that are read by hand."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request
from pydantic import AfterValidator, TypeAdapter

from services.fabric.datum import BadPosition, check_on_earth, check_position, to_wgs84
from services.fabric.snapshot import Fabric
from services.grids.errors import no_fabric
from services.grids.rows import Rows, judged, listed
from services.grids.usecases.publishing import Registry
from services.kit.fields import storable
from services.kit.http import cursors
from services.kit.http.answers import read_json
from services.kit.http.auth import allow
from services.kit.keys import Caller
from services.kit.problems import wrong

R = TypeVar("R")
Reader = Annotated[Caller, Depends(allow())]
Writer = Annotated[Caller, Depends(allow("admin"))]
At = Annotated[str | None, Query(max_length=40, description="按哪个时间，RFC 3339 带时区；不写是现在")]
Wait = Annotated[bool, Query(description="等每个服务都换上新版本再回答")]
Asked = Annotated[str | None, AfterValidator(lambda asked: None if asked is None else storable(asked))]
# A `+` that nobody encoded arrives as a space.
_BARE_PLUS = re.compile(r" (\d\d:?\d\d)$")


def moment(registry: Registry, at: str | None, pointer: str = "/at") -> datetime:
    if at is None:
        return registry.clock.now()
    try:
        told = datetime.fromisoformat(_BARE_PLUS.sub(r"+\1", at))
        if told.tzinfo is None:
            raise ValueError("naive")
        told.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise wrong(pointer, "请写成 2026-11-23T08:15:00+08:00 这样带时区的时间") from None
    return told


def current(registry: Registry) -> Fabric:
    """The fabric of this process's copy; Unavailable while there is none."""
    fabric = registry.copy.current
    if fabric is None:
        raise no_fabric()
    return fabric


def placed(lon: float, lat: float, crs: str, pointer: str = "") -> tuple[float, float]:
    """Where something is, in WGS-84; Invalid for what is swapped, no position on earth, or no fix."""
    return _in_wgs84(check_position, lon, lat, crs, pointer)


def asked_at(lon: float, lat: float, crs: str, pointer: str = "") -> tuple[float, float]:
    """As `placed`, for a question: 0,0 is a place on earth as well, where nothing is."""
    return _in_wgs84(check_on_earth, lon, lat, crs, pointer)


def _in_wgs84(
    check: Callable[[float, float], None], lon: float, lat: float, crs: str, pointer: str
) -> tuple[float, float]:
    try:
        check(lon, lat)
    except BadPosition as bad:
        raise wrong(pointer, str(bad)) from None
    return to_wgs84(lon, lat, crs)


def after_code(cursor: str | None) -> str:
    """The code that a list goes on after; empty at its beginning."""
    after = cursors.decode_texts(cursor, 1)
    return after[0] if after else ""


async def rows_of(request: Request, kind: TypeAdapter[R]) -> Rows[R]:
    """A body of many rows of a `kind`, each judged by itself, in a thread."""
    raw = await request.body()
    return await asyncio.to_thread(_rows, raw, kind)


def _rows(raw: bytes, kind: TypeAdapter[R]) -> Rows[R]:
    return judged(listed(read_json(raw)), kind)
