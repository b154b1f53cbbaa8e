"""An inventory of components from its bytes to the answer: JSON rows, a CSV or a workbook; previewed or put in force."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pydantic import TypeAdapter

from services.fabric.components import Component
from services.fabric.datum import BadPosition, Crs, all_to_wgs84, check_position
from services.grids.component_schemas import ComponentRow
from services.grids.domain.inventory import Told
from services.grids.domain.progress import Tell
from services.grids.domain.registering import Fault
from services.grids.errors import bad_rows
from services.grids.reading.component_rows import component_rows
from services.grids.reading.tables import read_table
from services.grids.repository import publications
from services.grids.rows import Rows, judged, listed
from services.grids.usecases import components
from services.grids.usecases.components import Weighed
from services.grids.usecases.gazetteer import outline
from services.grids.usecases.publishing import Registry
from services.kit.files.bad import BadFile
from services.kit.http.answers import read_json
from services.kit.keys import Caller
from services.kit.problems import Invalid, Unreadable

MOST_LISTED = 50
_ROW = TypeAdapter(ComponentRow)


@dataclass(frozen=True, slots=True)
class Wish:
    """`crs` holds for rows that name none; `mend`: owners that are no units are left out; `wanted`: the version of the
    inventory that the sender believes in."""

    crs: Crs = "wgs84"
    file: str | None = None
    preview: bool = False
    part: bool = False
    mend: bool = False
    wait: bool = False
    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class ReadInventory:
    """`told` by the place of its row, `faults` of the others; `lines[i]` is the file's line of row i, where it came in a
    file; `unread`: columns that mean nothing here."""

    told: dict[int, Told]
    faults: Sequence[Fault]
    lines: Sequence[int] = ()
    unread: Sequence[str] = ()


async def import_components(registry: Registry, caller: Caller, raw: bytes, wish: Wish, tell: Tell) -> dict[str, Any]:
    """Raises Unreadable, Invalid with every bad row, Stale, NotHeldYet. All of the list takes effect or nothing."""
    read = await asyncio.to_thread(read_inventory, raw, wish.crs, tell)
    del raw
    try:
        version, weighed = await _carried_out(registry, caller, read, wish, tell)
    except Invalid as bad:
        raise _with_lines(bad, read.lines) from None
    if wish.wait and not wish.preview:
        tell("waiting", 0, 1)
        await registry.held_everywhere(version)
    outside = await asyncio.to_thread(_outside, registry, list(weighed.after.values()))
    return {"version": version, **_counts(registry, weighed), "columns_unread": list(read.unread), "outside": outside}


def read_inventory(raw: bytes, crs: Crs, tell: Tell) -> ReadInventory:
    """For a thread."""
    tell("reading", 0, 1)
    try:
        table = read_table(raw)
        rows, unread = component_rows(table.rows) if table else (listed(read_json(raw)), [])
    except BadFile as bad:
        raise Unreadable(str(bad)) from None
    tell("reading", 1, 1)
    found = judged(rows, _ROW, lambda done, of: tell("checking", done, of))
    told, faults = _placed(found, crs)
    return ReadInventory(told, faults, table.lines if table else (), unread)


async def _carried_out(
    registry: Registry, caller: Caller, read: ReadInventory, wish: Wish, tell: Tell
) -> tuple[int, Weighed]:
    asked = (registry.profile, read.told, read.faults, wish.part, wish.mend)
    if wish.preview:
        tell("weighing", 0, 1)
        async with registry.db.reading() as tx:
            return (await publications.last(tx)).version, await components.weigh(tx, *asked)
    return await registry.change(
        "components",
        caller,
        lambda tx, now: components.put_list(tx, *asked, wish.wanted, wish.file, tell),
        lambda: tell("waiting", 0, 1),
    )


def _placed(rows: Rows[ComponentRow], crs: Crs) -> tuple[dict[int, Told], list[Fault]]:
    faults: list[Fault] = list(rows.faults)
    sound: list[tuple[int, ComponentRow]] = []
    for index, row in rows.good.items():
        try:
            check_position(row.lon, row.lat)
            sound.append((index, row))
        except BadPosition as bad:
            faults.append((f"/{index}", f"{row.code}：{bad}"))
    spots = all_to_wgs84([(row.lon, row.lat, row.crs or crs) for _, row in sound])
    return {index: row.told(row.code, *spot) for (index, row), spot in zip(sound, spots, strict=True)}, faults


def _with_lines(bad: Invalid, lines: Sequence[int]) -> Invalid:
    """What is wrong with a row of a file, with the line that it stands on."""
    told: list[Fault] = []
    for one in bad.errors:
        place, _, column = one["pointer"].removeprefix("/").partition("/")
        known = place.isdecimal() and int(place) < len(lines)
        line = f"第 {lines[int(place)]} 行 {column}".rstrip() + "：" if known else ""
        told.append((one["pointer"], line + one["detail"]))
    return bad_rows(told)


def _counts(registry: Registry, weighed: Weighed) -> dict[str, Any]:
    counted, said = weighed.counted, weighed.said
    kinds = Counter(registry.profile.things.name(one.kind) for one in weighed.after.values())
    return {
        "components": counted.components,
        "added": counted.added,
        "changed": counted.changed,
        "removed": counted.removed,
        "unchanged": counted.unchanged,
        "names": {
            "added": list(said.added[:MOST_LISTED]),
            "changed": list(said.changed[:MOST_LISTED]),
            "removed": list(said.removed[:MOST_LISTED]),
        },
        "kinds": dict(kinds.most_common()),
        "without_owner": sum(one.owner is None for one in weighed.after.values()),
        "unknown_owners": [{"owner": name, "rows": rows} for name, rows in counted.unknown_owners.items()],
    }


def _outside(registry: Registry, told: Sequence[Component]) -> dict[str, Any] | None:
    """For a thread. None while there is no outline of the district."""
    ground = outline(registry.copy.current, registry.clock.now())
    if ground is None:
        return None
    shapely.prepare(ground)
    lons, lats = np.array([one.lon for one in told]), np.array([one.lat for one in told])
    codes = [told[place].code for place in np.flatnonzero(~shapely.intersects_xy(ground, lons, lats)).tolist()]
    return {"count": len(codes), "items": codes[:MOST_LISTED]}
