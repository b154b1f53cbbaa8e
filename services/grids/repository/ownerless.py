"""The register of ownerless ground, and what the map was last surveyed for."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
import shapely
from sqlalchemy import text

from services.grids.domain.ground import Ground, Ruling
from services.kit.db import Row, Tx

_COLUMNS: tuple[tuple[str, str], ...] = (
    ("id", "text"),
    ("key", "text"),
    ("kind", "text"),
    ("state", "text"),
    ("lon", "double precision"),
    ("lat", "double precision"),
    ("address", "text"),
    ("overlays", "jsonb"),
    ("grids", "jsonb"),
    ("area_m2", "double precision"),
    ("shape", "bytea"),
    ("first_seen", "timestamptz"),
    ("last_seen", "timestamptz"),
    ("holder", "text"),
    ("held_by", "text"),
    ("held_at", "timestamptz"),
    ("ruled_unit", "text"),
    ("ruled_ground", "text"),
    ("ruled_by", "text"),
    ("ruled_at", "timestamptz"),
    ("closed_by", "text"),
    ("closed_at", "timestamptz"),
    ("note", "text"),
    ("version", "bigint"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_ROWS = f"unnest({', '.join(f'CAST(:{name} AS {kind}[])' for name, kind in _COLUMNS)})"
_ADD = text(f"INSERT INTO ground ({_NAMES}) SELECT * FROM {_ROWS} ON CONFLICT (key) DO NOTHING RETURNING id")
_SAVE = text(
    f"""UPDATE ground SET {", ".join(f"{name} = row.{name}" for name, _ in _COLUMNS[2:])}
        FROM {_ROWS} AS row ({_NAMES}) WHERE ground.id = row.id"""
)
_ONE = text("SELECT * FROM ground WHERE id = :id")
_LOCKED = text("SELECT * FROM ground WHERE id = :id FOR UPDATE")
_OF_SPOTS = text("SELECT * FROM ground WHERE key = ANY(CAST(:keys AS text[])) ORDER BY id FOR UPDATE")
_OF_MAP = text(
    """SELECT * FROM ground WHERE kind <> 'bouncing' AND NOT overlays ->> 0 = ANY(CAST(:but AS text[]))
       ORDER BY id FOR UPDATE"""
)
_PAGE = text(
    """SELECT * FROM ground WHERE id > :after AND (CAST(:state AS text) IS NULL OR state = :state)
         AND (CAST(:kind AS text) IS NULL OR kind = :kind OR EXISTS (
           SELECT FROM ground_sign WHERE kind = 'bouncing' AND spot = key AND reason = :kind))
         AND (CAST(:overlay AS text) IS NULL OR overlays @> to_jsonb(CAST(:overlay AS text)))
       ORDER BY id LIMIT :limit"""
)
_SURVEYED = text("SELECT version, era FROM ground_survey")
_BEGIN_SURVEY = text(
    """INSERT INTO ground_survey AS last (one, version, era) VALUES (true, :version, :era)
       ON CONFLICT (one) DO UPDATE SET version = EXCLUDED.version, era = EXCLUDED.era
       WHERE (last.version, last.era) <> (EXCLUDED.version, EXCLUDED.era) AND last.version <= EXCLUDED.version
       RETURNING version"""
)


async def one(tx: Tx, ground_id: str, *, lock: bool = False) -> Ground | None:
    row = (await tx.execute(_LOCKED if lock else _ONE, {"id": ground_id})).one_or_none()
    return None if row is None else _ground(row)


async def page(
    tx: Tx, after: str, limit: int, state: str | None, kind: str | None, overlay: str | None
) -> list[Ground]:
    """In the order in which they were found. `kind` may also be a reason of bouncing."""
    asked = {"after": after, "limit": limit, "state": state, "kind": kind, "overlay": overlay}
    return [_ground(row) for row in (await tx.execute(_PAGE, asked)).all()]


async def of_spots(tx: Tx, spots: Collection[str]) -> dict[str, Ground]:
    """Locked, by spot."""
    rows = await tx.execute(_OF_SPOTS, {"keys": sorted(spots)})
    return {row.key: _ground(row) for row in rows.all()}


async def of_map(tx: Tx, but: Collection[str]) -> list[Ground]:
    """Locked: what the map has ever found, but of these overlays."""
    return [_ground(row) for row in (await tx.execute(_OF_MAP, {"but": sorted(but)})).all()]


async def add(tx: Tx, grounds: Sequence[Ground]) -> set[str]:
    """The ids of those that were not in the register yet."""
    if not grounds:
        return set()
    return {row.id for row in (await tx.execute(_ADD, _arrays(grounds))).all()}


async def save(tx: Tx, grounds: Sequence[Ground]) -> None:
    if grounds:
        await tx.execute(_SAVE, _arrays(grounds))


async def surveyed(tx: Tx) -> tuple[int, int]:
    """(version, era) of the last survey; (0, 0) before the first."""
    row = (await tx.execute(_SURVEYED)).one_or_none()
    return (0, 0) if row is None else (row.version, row.era)


async def begin_survey(tx: Tx, version: int, era: int) -> bool:
    """False when another process has surveyed this version, or a later one. Holds the others off to the end of the
    transaction."""
    return (await tx.execute(_BEGIN_SURVEY, {"version": version, "era": era})).one_or_none() is not None


def _arrays(grounds: Sequence[Ground]) -> Mapping[str, list[Any]]:
    rows = [_row(ground) for ground in sorted(grounds, key=lambda ground: ground.id)]
    return {name: [row[name] for row in rows] for name, _ in _COLUMNS}


def _row(ground: Ground) -> dict[str, Any]:
    plain = {name: getattr(ground, name) for name, _ in _COLUMNS if not name.startswith("ruled_")}
    ruling = ground.ruling
    return plain | {
        "overlays": orjson.dumps(ground.overlays).decode(),
        "grids": orjson.dumps(dict(ground.grids)).decode(),
        "shape": None if ground.shape is None else shapely.to_wkb(ground.shape, output_dimension=2),
        "ruled_unit": ruling.unit if ruling else None,
        "ruled_ground": ruling.ground if ruling else None,
        "ruled_by": ruling.by if ruling else None,
        "ruled_at": ruling.at if ruling else None,
    }


def _ground(row: Row) -> Ground:
    told = {name: row[name] for name, _ in _COLUMNS if not name.startswith("ruled_")}
    ruling = Ruling(row.ruled_unit, row.ruled_ground, row.ruled_by, row.ruled_at) if row.ruled_at else None
    shape = None if row.shape is None else shapely.from_wkb(row.shape)
    grids = {overlay: tuple(codes) for overlay, codes in row.grids.items()}
    return Ground(**{**told, "overlays": tuple(row.overlays), "grids": grids, "shape": shape, "ruling": ruling})
