"""The made-up Zhenru data as the entries of one publication: what the tests of the fabric stand on."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from services.fabric import entries as codec
from services.fabric.boundaries import read_boundaries
from services.fabric.calendar import SHANGHAI
from services.fabric.component_entries import encode_components
from services.fabric.components import Component
from services.fabric.manifest import encode_manifest
from services.fabric.model import GazetteerEntry, GridEdition, Unit
from services.fabric.profile import Profile, load_profile
from services.fabric.snapshot import Fabric, build

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "duoge" / "demo" / "zhenru"
AT = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
SHOP = (121.407887, 31.242573)


@cache
def profile() -> Profile:
    return load_profile(ROOT / "profiles" / "zhenru.toml")


@cache
def editions(overlay: str) -> tuple[GridEdition, ...]:
    read = read_boundaries(json.loads((DATA / f"{overlay}.geojson").read_text(encoding="utf-8")), overlay)
    assert not read.faults
    return read.editions


@cache
def places() -> tuple[GazetteerEntry, ...]:
    with (DATA / "gazetteer.csv").open(encoding="utf-8") as file:
        return tuple(
            GazetteerEntry(row["name"], row["kind"], float(row["lon"]), float(row["lat"]), unit=row["unit"] or None)
            for row in csv.DictReader(file)
        )


@cache
def components() -> tuple[Component, ...]:
    with (DATA / "components.csv").open(encoding="utf-8") as file:
        return tuple(
            Component(
                row["code"], row["kind"], float(row["lon"]), float(row["lat"]), row["owner"] or None, row["state"]
            )
            for row in csv.DictReader(file)
        )


@cache
def units() -> tuple[Unit, ...]:
    with (DATA / "units.csv").open(encoding="utf-8") as file:
        return tuple(
            Unit(
                code=row["code"],
                name=row["name"],
                level=row["level"],
                parent=row["parent"] or None,
                overlay=row["overlay"] or None,
                guided_by=row["guided_by"] or None,
                kind=row["kind"] or None,
            )
            for row in csv.DictReader(file)
        )


def published(
    layers: Mapping[str, Sequence[GridEdition]],
    version: int = 1,
    known_units: Sequence[Unit] = (),
    known_places: Sequence[GazetteerEntry] = (),
    known_components: Sequence[Component] = (),
) -> dict[str, bytes]:
    """Entries and manifest of a fabric with these overlays."""
    held: dict[str, bytes] = dict([codec.encode_profile(profile())])
    for layer in layers.values():
        by_code: dict[str, list[GridEdition]] = {}
        for edition in layer:
            by_code.setdefault(edition.code, []).append(edition)
        for same in by_code.values():
            held.update(codec.encode_grid(same))
    held.update(codec.encode_unit(unit) for unit in known_units)
    held.update(codec.encode_gazetteer(known_places))
    held.update(encode_components(known_components))
    held.update(encode_manifest(version, AT, {key: codec.entry_hash(value) for key, value in held.items()}))
    return held


OVERLAYS = tuple(sorted(file.stem for file in DATA.glob("*.geojson")))


def zhenru_entries(version: int = 1) -> dict[str, bytes]:
    return published({name: editions(name) for name in OVERLAYS}, version, units(), places(), components())


@cache
def zhenru() -> Fabric:
    return build(zhenru_entries())
