"""Boundaries of an overlay: imported whole or in part, previewed, examined."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from services.fabric import entries as codec
from services.fabric.boundaries import Boundaries, Finding
from services.fabric.model import GridEdition
from services.fabric.resolve import OUTLINES
from services.fabric.topology import examine
from services.grids.domain.progress import Tell, silent
from services.grids.domain.publication import Draft, Said
from services.grids.domain.succession import Layer, Succession, layer_of, succeed
from services.grids.repository import editions, publications, units
from services.grids.usecases.publishing import Change
from services.grids.usecases.weighing import Weighing, weigh_import
from services.kit.db import Tx
from services.kit.http.etags import check_version


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did or, previewed, would do; enough to examine the outcome without the database."""

    succession: Succession
    layer: Layer
    units: frozenset[str]
    outline: BaseGeometry | None
    weighing: Weighing


async def weigh(
    tx: Tx, overlay: str, boundaries: Boundaries, now: datetime, *, part: bool, kept_for: timedelta
) -> Imported:
    """What would become of the overlay; nothing is written."""
    held = layer_of(await editions.of_overlay(tx, overlay))
    succession = await asyncio.to_thread(succeed, held, boundaries.editions, now, part=part, kept_for=kept_for)
    layer = {code: same for code, same in {**held, **succession.after}.items() if same}
    outline = await _outline(tx, overlay, succession.moment)
    weighing = await weigh_import(tx, overlay, held, succession)
    return Imported(succession, layer, await units.codes(tx), outline, weighing)


async def bring_in(
    tx: Tx,
    overlay: str,
    boundaries: Boundaries,
    now: datetime,
    *,
    part: bool,
    kept_for: timedelta,
    wanted: int | None,
    file: str | None = None,
    tell: Tell = silent,
) -> Change[Imported]:
    """Only grids that change are written. `wanted`: the version of the overlay that the caller believes in; `file`: where
    the boundaries come from, for the feed of changes."""
    tell("weighing", 0, 1)
    section = publications.overlay_section(overlay)
    version = await publications.section_version(tx, section)
    check_version(wanted, version or 0)
    imported = await weigh(tx, overlay, boundaries, now, part=part, kept_for=kept_for)
    after, came = imported.succession.after, imported.succession
    tell("writing", 0, len(after))
    await editions.replace(tx, overlay, after)
    tell("writing", len(after), len(after))
    values = await asyncio.to_thread(_encoded, after.values())
    scopes = frozenset(codec.grid_key(overlay, code) for code in after)
    said = Said(overlay, file, came.added, came.changed, came.removed)
    tell("publishing", 0, 1)
    new = () if version is not None else (section,)
    return Change(Draft(values, scopes), (section,), imported, new, said)


def report(imported: Imported, notes: Iterable[Finding]) -> dict[str, Any]:
    """The topology of what is in force once the import takes effect; `notes` are the remarks on what was mended. In a
    thread: two thousand grids take a second."""
    moment = imported.succession.moment
    found = examine(_in_force(imported.layer, moment), imported.outline, imported.units).as_json()
    return {
        **found,
        "codes_changed": [{"from": old, "to": new} for old, new in imported.succession.recoded],
        "notes": [note.as_json() for note in notes],
    }


def _in_force(layer: Mapping[str, Iterable[GridEdition]], at: datetime) -> list[GridEdition]:
    return [edition for same in layer.values() for edition in same if edition.in_force(at)]


def _encoded(grids: Iterable[tuple[GridEdition, ...]]) -> dict[str, bytes]:
    return {key: value for same in grids if same for key, value in codec.encode_grid(same)}


async def _outline(tx: Tx, overlay: str, at: datetime) -> BaseGeometry | None:
    """What the overlay should fill: the first of these that there is, other than itself."""
    for code in OUTLINES:
        if code == overlay:
            return None
        found = await editions.in_force(tx, code, at)
        if found:
            return shapely.union_all([edition.geometry for edition in found])
    return None
