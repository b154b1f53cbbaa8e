"""The gazetteer: read from JSON, CSV or a workbook, weighed against what is held, replaced whole or in part."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import shapely
from pydantic import TypeAdapter, ValidationError
from shapely.geometry.base import BaseGeometry

from services.fabric import entries as codec
from services.fabric.datum import BadPosition, Crs, all_to_wgs84, check_position
from services.fabric.model import GazetteerEntry, Stretch
from services.fabric.resolve import OUTLINES
from services.fabric.rules import Home
from services.fabric.snapshot import Fabric
from services.grids.domain.gazetteer import Fault, ReadPlaces, compare, joined
from services.grids.domain.place_columns import columns, unread
from services.grids.domain.place_rows import BadRow, place_rows
from services.grids.domain.publication import Draft, Said
from services.grids.reading.tables import read_table
from services.grids.repository import places as repository
from services.grids.repository import publications
from services.grids.schemas import PlaceRow
from services.grids.usecases.publishing import Change
from services.kit.db import Tx
from services.kit.files.bad import BadFile
from services.kit.http.answers import invalid_from, read_json
from services.kit.http.etags import check_version
from services.kit.problems import Unreadable, wrong

GAZETTEER = "gazetteer"
_ROW = TypeAdapter(PlaceRow)
_OWN = frozenset(PlaceRow.model_fields)
_NO_STRETCH = Stretch(0, 0, "both", 0.0, 0.0)


def read(raw: bytes, crs: Crs, home: Home | None) -> ReadPlaces:
    """In a thread. A JSON array of rows, a CSV or a workbook; each row is judged by itself. Raises Unreadable for what
    is none of these."""
    try:
        table = read_table(raw)
    except BadFile as bad:
        raise Unreadable(str(bad)) from None
    rows: Any = read_json(raw) if table is None else table.rows
    if not isinstance(rows, list):
        raise wrong("", "应为数组，一行一个对象")
    faults: list[Fault] = []
    found: list[tuple[int, PlaceRow, bool]] = []
    for index, row in enumerate(rows):
        line = table.lines[index] if table else None
        try:
            own = [_ROW.validate_python(one) for one in _own_rows(row, table is not None, home)]
            found += [(index, one, one is not own[0]) for one in own]
        except BadRow as bad:
            faults.append(Fault(index, bad.column, str(bad), line))
        except ValidationError as error:
            told = invalid_from(list(error.errors(include_url=False, include_input=False))).errors
            faults += [Fault(index, one["pointer"].removeprefix("/"), one["detail"], line) for one in told]
    lines = table.lines if table else range(1, len(rows) + 1)
    return _placed(found, lines, faults, crs, unread(table.rows) if table else ())


def _own_rows(row: Any, from_table: bool, home: Home | None) -> list[Any]:
    """Rows in the registry's own words: as they are, or from the columns of an export."""
    foreign = isinstance(row, dict) and (from_table or bool(columns({k: v for k, v in row.items() if k not in _OWN})))
    return place_rows(row, home) if foreign else [row]


def _placed(
    rows: Iterable[tuple[int, PlaceRow, bool]],
    lines: Sequence[int],
    faults: list[Fault],
    crs: Crs,
    strange: Sequence[str],
) -> ReadPlaces:
    """In WGS-84; those that can't be where they say are faults."""
    sound: list[tuple[int, PlaceRow]] = []
    wrong_rows = {fault.row for fault in faults}
    for index, row, second in rows:
        try:
            check_position(row.lon, row.lat)
            if row.to_lon is not None and row.to_lat is not None:
                check_position(row.to_lon, row.to_lat)
            sound.append((0 if second else lines[index], row))
        except BadPosition as bad:
            if index not in wrong_rows:
                wrong_rows.add(index)
                line = lines[index] if not isinstance(lines, range) else None
                faults.append(Fault(index, "", f"{row.name}：{bad}", line))
    spots = all_to_wgs84([(row.lon, row.lat, row.crs or crs) for _, row in sound])
    ends = iter(
        all_to_wgs84([(row.to_lon, row.to_lat or 0.0, row.crs or crs) for _, row in sound if row.to_lon is not None])
    )
    places = [
        _entry(row, spot, next(ends) if row.to_lon is not None else None)
        for (_, row), spot in zip(sound, spots, strict=True)
    ]
    return ReadPlaces(places, [line for line, _ in sound], sorted(faults, key=lambda fault: fault.row), strange)


def _entry(row: PlaceRow, spot: tuple[float, float], end: tuple[float, float] | None) -> GazetteerEntry:
    stretch = Stretch(row.low, row.high, row.parity, *end) if end else None
    return GazetteerEntry(row.name, row.kind, *spot, tuple(row.aliases), tuple(row.former), stretch, row.unit)


def outline(fabric: Fabric | None, at: datetime) -> BaseGeometry | None:
    """In a thread. The ground of the district or the street, else of the comprehensive grids; None when there is none."""
    for code in (*OUTLINES, "comprehensive"):
        overlay = fabric.overlays.get(code) if fabric else None
        shapes = [edition.geometry for edition in overlay.editions if edition.in_force(at)] if overlay else []
        if shapes:
            return shapely.union_all(shapes)
    return None


async def replace(
    tx: Tx, told: Sequence[GazetteerEntry], wanted: int | None, *, part: bool = False, file: str | None = None
) -> Change[int]:
    """Answers how many there are now: rows that say the same are one. `part`: names that are not told stay."""
    version = await publications.section_version(tx, GAZETTEER)
    check_version(wanted, version or 0)
    held = await repository.all_places(tx)
    places, values, said = await asyncio.to_thread(_worked_out, held, joined(held, told) if part else told, file)
    await repository.replace_places(tx, places)
    draft = Draft(values, frozenset({f"{GAZETTEER}/"}))
    new_sections = () if version is not None else (GAZETTEER,)
    return Change(draft, (GAZETTEER,), len(places), new_sections, said)


def _worked_out(
    held: Sequence[GazetteerEntry], after: Sequence[GazetteerEntry], file: str | None
) -> tuple[list[GazetteerEntry], dict[str, bytes], Said]:
    places = sorted(set(after), key=_order)
    new, changed, gone, _ = compare(held, set(places))
    names = [sorted(place.name for place in some) for some in (new, changed, gone)]
    return places, dict(codec.encode_gazetteer(places)), Said(None, file, *names)


def _order(place: GazetteerEntry) -> tuple[Any, ...]:
    """The same list whatever the order of the file's rows."""
    stretch = place.stretch or _NO_STRETCH
    return place.name, place.kind, place.lon, place.lat, place.aliases, place.former, stretch, place.unit or ""
