"""An overlay's file from its bytes to the answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.fabric.boundaries import Boundaries, Finding, read_boundaries
from services.grids import metrics
from services.grids.domain.borders import borders
from services.grids.domain.collection import NotJson
from services.grids.domain.progress import Tell
from services.grids.errors import bad_features
from services.grids.reading import BadFile, Collected, read_file
from services.grids.reading.columns import NoColumn, use_columns
from services.grids.repository import publications
from services.grids.usecases import overlays
from services.grids.usecases.overlays import Imported
from services.grids.usecases.publishing import Registry
from services.kit.keys import Caller
from services.kit.problems import Unreadable, wrong

_PLAIN = ("wgs84", "cgcs2000")
_UNSTATED = "文件像是从地图网站来的，那里的坐标多半是 GCJ-02；没有写 crs，按 WGS-84 收下。如果整体偏了几百米，请加 crs=gcj02 重新导入。"

_TAKEN_AS_PLAIN = "，坐标像是经纬度，按 WGS-84 收下；如果是别的坐标系，请加 crs=gcj02 或 crs=EPSG:4549 这样重新导入。"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the sender wants done with the file. `wanted`: the version of the overlay that it believes in; `borders`: the
    answer draws what differs; `columns`: our field → the column of the file that is it."""

    overlay: str
    file: str | None = None
    crs: str | None = None
    preview: bool = False
    part: bool = False
    mend: bool = False
    wait: bool = False
    wanted: int | None = None
    borders: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)


async def import_overlay(registry: Registry, caller: Caller, raw: bytes, wish: Wish, tell: Tell) -> dict[str, Any]:
    """Raises Unreadable, Invalid with every bad feature, Stale, NotHeldYet. All of the file takes effect or nothing."""
    with metrics.IMPORT_SECONDS.time():
        boundaries = await asyncio.to_thread(read, raw, wish, tell)
        del raw
        version, imported = await _carried_out(registry, caller, boundaries, wish, tell)
        topology = await asyncio.to_thread(overlays.report, imported, boundaries.notes)
    weighed = await imported.weighing.told(registry.profile.thresholds.nearest_metres)
    before, after = imported.weighing.before, imported.weighing.after
    drawn = {"borders": await asyncio.to_thread(borders, before, after)} if wish.borders else {}
    if wish.wait and not wish.preview:
        tell("waiting", 0, 1)
        await registry.held_everywhere(version)
    return {"version": version, "topology": topology, "impact": {**imported.succession.impact(), **weighed}, **drawn}


def read(raw: bytes, wish: Wish, tell: Tell) -> Boundaries:
    """For a thread. What came in another system says so in its properties."""
    tell("reading", 0, 1)
    try:
        found = read_file(raw, wish.overlay)
        use_columns(found.collection, wish.columns)
    except NotJson:
        raise Unreadable("请求体不是合法的 UTF-8 JSON，也不是读得懂的边界文件，请检查编码和格式后重发") from None
    except BadFile as bad:
        raise wrong("", str(bad)) from None
    except NoColumn as bad:
        raise wrong(f"/{bad.field}", str(bad)) from None
    tell("reading", 1, 1)
    boundaries = read_boundaries(
        found.collection,
        wish.overlay,
        crs=wish.crs,
        mend=wish.mend,
        system=found.system,
        places=found.places,
        tell=lambda done, of: tell("checking", done, of),
        moving=lambda done, of: tell("moving", done, of),
    )
    if boundaries.faults:
        raise bad_features(boundaries.faults)
    return _with_notes(boundaries, found, wish)


def _with_notes(boundaries: Boundaries, found: Collected, wish: Wish) -> Boundaries:
    if boundaries.datum not in _PLAIN:
        told = {"source_crs": boundaries.datum}
        marked = (replace(e, properties={**e.properties, **told}) for e in boundaries.editions)
        return replace(boundaries, editions=tuple(marked))
    said = _UNSTATED if found.likely else f"文件没有带 {found.unsaid}{_TAKEN_AS_PLAIN}" if found.unsaid else None
    if said is None or wish.crs is not None:
        return boundaries
    note = Finding(None, None, "datum_unstated", "/crs", said, False)
    return replace(boundaries, notes=(*boundaries.notes, note))


async def _carried_out(
    registry: Registry, caller: Caller, boundaries: Boundaries, wish: Wish, tell: Tell
) -> tuple[int, Imported]:
    kept_for = registry.settings.grids_history
    if wish.preview:
        tell("weighing", 0, 1)
        async with registry.db.reading() as tx:
            version = (await publications.last(tx)).version
            now = registry.clock.now()
            return version, await overlays.weigh(tx, wish.overlay, boundaries, now, part=wish.part, kept_for=kept_for)
    return await registry.change(
        "overlay",
        caller,
        lambda tx, now: overlays.bring_in(
            tx,
            wish.overlay,
            boundaries,
            now,
            part=wish.part,
            kept_for=kept_for,
            wanted=wish.wanted,
            file=wish.file,
            tell=tell,
        ),
        lambda: tell("waiting", 0, 1),
    )
