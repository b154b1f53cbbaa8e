"""Zhenru with its made-up people, and a roster round the clock for the fire station: whom to page."""

import json
from datetime import date, time
from functools import cache

from services.fabric.entries import MANIFEST, entry_hash
from services.fabric.manifest import encode_manifest
from services.fabric.people import Person, encode_person
from services.fabric.roster import Roster, Shift
from services.fabric.roster_entries import encode_rosters
from services.fabric.snapshot import Fabric, build
from tests.harness.zhenru import AT, DATA, OVERLAYS, components, editions, places, published, units

FIREMEN = ("FIRE-01", "FIRE-02", "FIRE-03")


def staffed_entries(version: int = 2) -> dict[str, bytes]:
    """A later publication of Zhenru: people and a roster came in."""
    layers = {name: editions(name) for name in OVERLAYS}
    held = published(layers, version, units(), places(), components())
    held = {key: value for key, value in held.items() if key.partition("/")[0] != MANIFEST}
    told = json.loads((DATA / "people.json").read_text(encoding="utf-8"))
    for one in told["people"]:
        person = Person(one["code"], one["unit"], one["role"], tuple(one.get("skills", ())), one.get("team"))
        held.update([encode_person(person)])
    always = Shift(time(0), time(0), FIREMEN)
    held.update([encode_rosters([Roster("ZR-FIRE", (((always,),) * 7,), date(2026, 11, 23))])])
    held.update(encode_manifest(version, AT, {key: entry_hash(value) for key, value in held.items()}))
    return held


@cache
def staffed() -> Fabric:
    return build(staffed_entries())
