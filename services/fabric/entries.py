"""The values on the compacted topic `duoge.grids`, as bytes of canonical JSON.

A compacted topic keeps the last value of a key, so a grid's value holds all its editions that have not ended, and the
manifest that closes a publication names every entry with its hash. Geometry travels as base64 of WKB; what would pass
the limit of a message goes on in parts, under the key and `#1`, `#2` and so on.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

import shapely

from services.fabric.calendar import WorkingCalendar
from services.fabric.model import GazetteerEntry, GridEdition, Unit, entry_of
from services.fabric.profile import Profile

MAX_VALUE = 700_000
# Kept: `json.dumps` would make one for each of three hundred thousand places.
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
GAZETTEER_BUCKETS = 256
MANIFEST = "manifest"
PROFILE = "profile"
_HUSK = b"#"
RESERVED = frozenset(
    (MANIFEST, PROFILE, "unit", "gazetteer", "calendar", "component", "ground", "overlay", "roster", "person", "ruling")
)

Keyed = tuple[str, bytes]


def entry_hash(value: bytes) -> str:
    """Also of a value that is held as its hash alone."""
    return value[1:].decode() if is_husk(value) else blake2b(value, digest_size=16).hexdigest()


def husk(value: bytes) -> bytes:
    """The hash alone, in place of a value that is no longer wanted; no JSON begins like it."""
    return _HUSK + entry_hash(value).encode()


def is_husk(value: bytes) -> bool:
    return value[:1] == _HUSK


def grid_key(overlay: str, code: str) -> str:
    return f"{overlay}/{code.replace('%', '%25').replace('#', '%23')}"


def encode_grid(editions: Sequence[GridEdition]) -> list[Keyed]:
    """All editions of one grid; the first value is the grid's own, further ones are parts of its geometry. A part names
    the whole it is of: all values of a grid change together, so that nobody who has let go of some lacks them."""
    overlay, code = editions[0].overlay, editions[0].code
    if any((e.overlay, e.code) != (overlay, code) for e in editions):
        raise ValueError("editions of different grids in one entry")
    key = grid_key(overlay, code)
    shapes = [base64.b64encode(shapely.to_wkb(e.geometry, output_dimension=2)).decode("ascii") for e in editions]
    told = [_edition_json(edition) for edition in editions]
    if sum(map(len, shapes)) <= MAX_VALUE:
        for one, shape in zip(told, shapes, strict=True):
            one["geometry"] = shape
        return [(key, dump({"overlay": overlay, "code": code, "editions": told}))]
    joined = ",".join(shapes)
    slices = [joined[at : at + MAX_VALUE] for at in range(0, len(joined), MAX_VALUE)]
    whole = entry_hash(dump(told) + joined.encode())
    head = dump({"overlay": overlay, "code": code, "editions": told, "parts": len(slices), "of": whole})
    parts = [
        (f"{key}#{number}", dump({"overlay": overlay, "code": code, "part": number, "of": whole, "data": piece}))
        for number, piece in enumerate(slices, start=1)
    ]
    return [(key, head), *parts]


def decode_grid(values: Sequence[bytes]) -> tuple[GridEdition, ...]:
    """From a grid's value and its parts in their order. Raises ValueError when a part is missing."""
    head = json.loads(values[0])
    told = head["editions"]
    if "parts" in head:
        if len(values) != head["parts"] + 1:
            raise ValueError(f"grid {head['overlay']}/{head['code']}: {len(values) - 1} of {head['parts']} parts")
        shapes = "".join(json.loads(part)["data"] for part in values[1:]).split(",")
    else:
        shapes = [one["geometry"] for one in told]
    return tuple(_edition(head["overlay"], head["code"], one, shape) for one, shape in zip(told, shapes, strict=True))


def encode_unit(*editions: Unit) -> Keyed:
    """In order of time. The head is what the unit is last; more than one always valid edition goes on in `editions`."""
    last = editions[-1]
    value = unit_json(last)
    if len(editions) > 1 or last.valid_from or last.valid_to:
        value["editions"] = [
            {**unit_json(edition), **dates_json(edition.valid_from, edition.valid_to)} for edition in editions
        ]
    return f"unit/{last.code}", dump(value)


def unit_json(unit: Unit) -> dict[str, Any]:
    """Without its dates."""
    return {
        "code": unit.code,
        "name": unit.name,
        "level": unit.level,
        "parent": unit.parent,
        "overlay": unit.overlay,
        "guided_by": unit.guided_by,
        "posted_to": unit.posted_to,
        "kind": unit.kind,
        "aliases": list(unit.aliases),
        "hours": unit.hours,
        "channels": dict(unit.channels),
        "properties": dict(unit.properties),
    }


def decode_unit(value: bytes) -> tuple[Unit, ...]:
    """Its editions in order of time."""
    told = json.loads(value)
    return tuple(
        Unit(**{**one, "aliases": tuple(one["aliases"]), **dates(one)}) for one in told.get("editions", [told])
    )


def encode_gazetteer(entries: Iterable[GazetteerEntry]) -> list[Keyed]:
    """By buckets of the name's hash, so that one changed name changes one value. Empty buckets have no entry."""
    buckets: dict[int, list[list[Any]]] = defaultdict(list)
    for entry in entries:
        bucket = blake2b(entry.name.encode(), digest_size=2).digest()[0] % GAZETTEER_BUCKETS
        more = entry.more()
        row = [entry.name, entry.kind, entry.lon, entry.lat, list(entry.aliases), *([more] if more else [])]
        buckets[bucket].append(row)
    keyed: list[Keyed] = []
    for bucket, rows in sorted(buckets.items()):
        for number, piece in enumerate(pieces(sorted(rows, key=_order_of_row))):
            suffix = f"#{number}" if number else ""
            keyed.append((f"gazetteer/{bucket:02x}{suffix}", dump({"places": piece})))
    return keyed


def decode_gazetteer(value: bytes) -> list[GazetteerEntry]:
    return [entry_of(*row) for row in json.loads(value)["places"]]


def encode_calendar(days: Mapping[date, bool], known_years: Iterable[int]) -> list[Keyed]:
    """The operator's own days, an entry a year; `complete` years need no published calendar."""
    known = set(known_years)
    keyed: list[Keyed] = []
    for year in sorted(known | {day.year for day in days}):
        told = {day.isoformat(): works for day, works in sorted(days.items()) if day.year == year}
        keyed.append((f"calendar/{year}", dump({"year": year, "complete": year in known, "days": told})))
    return keyed


def decode_calendar(values: Iterable[bytes], profile: Profile) -> WorkingCalendar:
    """The operator's days on the published calendar, in the profile's working hours."""
    days: dict[date, bool] = {}
    known: set[int] = set()
    for value in values:
        told = json.loads(value)
        days.update({date.fromisoformat(day): works for day, works in told["days"].items()})
        if told["complete"]:
            known.add(told["year"])
    return WorkingCalendar(days, frozenset(known), profile.hours.opens, profile.hours.closes)


def encode_profile(profile: Profile) -> Keyed:
    return PROFILE, profile.model_dump_json().encode()


def decode_profile(value: bytes) -> Profile:
    return Profile.model_validate_json(value)


def _edition_json(edition: GridEdition) -> dict[str, Any]:
    return {
        "name": edition.name,
        "unit": edition.unit,
        "parent": edition.parent,
        "households": edition.households,
        **dates_json(edition.valid_from, edition.valid_to),
        "properties": dict(edition.properties),
    }


def dates_json(valid_from: datetime | None, valid_to: datetime | None) -> dict[str, str | None]:
    return {
        "valid_from": valid_from.isoformat() if valid_from else None,
        "valid_to": valid_to.isoformat() if valid_to else None,
    }


def dates(told: Mapping[str, Any]) -> dict[str, datetime | None]:
    """Of an edition's JSON; one that does not speak of dates is always valid."""
    return {name: datetime.fromisoformat(told[name]) if told.get(name) else None for name in ("valid_from", "valid_to")}


def _edition(overlay: str, code: str, told: Mapping[str, Any], shape: str) -> GridEdition:
    return GridEdition(
        overlay=overlay,
        code=code,
        name=told["name"],
        unit=told["unit"],
        geometry=shapely.from_wkb(base64.b64decode(shape)),
        parent=told["parent"],
        households=told["households"],
        properties=told["properties"],
        **dates(told),
    )


def pieces(rows: list[list[Any]]) -> list[list[list[Any]]]:
    """Rows in order, cut so that no piece passes the limit."""
    if len(dump(rows)) - 1 <= MAX_VALUE:
        return [rows]
    cut: list[list[list[Any]]] = [[]]
    size = 0
    for row in rows:
        length = len(dump(row)) + 1
        if cut[-1] and size + length > MAX_VALUE:
            cut.append([])
            size = 0
        cut[-1].append(row)
        size += length
    return cut


def _order_of_row(row: list[Any]) -> tuple[list[Any], bytes]:
    return row[:5], dump(row[5]) if len(row) > 5 else b""


def dump(value: Any) -> bytes:
    return _CANONICAL.encode(value).encode()
