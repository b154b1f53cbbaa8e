"""A fabric from a folder of files, without a running system: units.csv, gazetteer.csv, components.csv,
a GeoJSON for each overlay."""

import csv
import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from duoge.cli.client import fail
from services.fabric.boundaries import read_boundaries
from services.fabric.components import OK, Component, Components
from services.fabric.gazetteer import Gazetteer
from services.fabric.model import GazetteerEntry, GridEdition, Unit
from services.fabric.overlay import Overlay
from services.fabric.profile import BadProfile, Profile, load_profile
from services.fabric.snapshot import Fabric

DEMO = Path(str(files("duoge.demo") / "zhenru"))
_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)


def fabric_of(folder: Path, profile_file: Path) -> Fabric:
    """Ends the command with a sentence when a file can't be read."""
    try:
        profile = load_profile(profile_file)
        units = {row["code"]: _unit(row) for row in _rows(folder / "units.csv")}
        overlays = {file.stem: Overlay(file.stem, _editions(file)) for file in sorted(folder.glob("*.geojson"))}
        gazetteer = _gazetteer(folder / "gazetteer.csv", profile)
        components = _components(folder / "components.csv")
    except BadProfile as error:
        fail(str(error))
    except (OSError, KeyError, ValueError) as error:
        fail(f"{folder} 里的文件读不懂（{error}），请放 units.csv、gazetteer.csv 和各图层的 .geojson")
    return Fabric(
        version=0,
        published_at=_BEFORE_ALL,
        overlays=overlays,
        units=units,
        gazetteer=gazetteer,
        calendar=profile.calendar(),
        profile=profile,
        components=components,
    )


def _editions(file: Path) -> tuple[GridEdition, ...]:
    read = read_boundaries(json.loads(file.read_text("utf-8")), file.stem)
    for fault in read.faults:
        fail(f"{file.name} {fault.pointer}：{fault.detail}")
    return read.editions


def _unit(row: dict[str, Any]) -> Unit:
    return Unit(
        code=row["code"],
        name=row["name"],
        level=row["level"],
        parent=row.get("parent") or None,
        overlay=row.get("overlay") or None,
        guided_by=row.get("guided_by") or None,
        posted_to=row.get("posted_to") or None,
        kind=row.get("kind") or None,
    )


def _gazetteer(file: Path, profile: Profile) -> Gazetteer:
    rows = _rows(file) if file.exists() else []
    places = [
        GazetteerEntry(row["name"], row["kind"], float(row["lon"]), float(row["lat"]), unit=row.get("unit") or None)
        for row in rows
    ]
    return Gazetteer(places, profile.home)


def _components(file: Path) -> Components:
    rows = _rows(file) if file.exists() else []
    return Components(
        Component(
            row["code"],
            row["kind"],
            float(row["lon"]),
            float(row["lat"]),
            row.get("owner") or None,
            row.get("state") or OK,
        )
        for row in rows
    )


def _rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
