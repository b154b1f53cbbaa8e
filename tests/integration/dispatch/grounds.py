"""Fabrics whose boundaries have moved, for the tests of open cases that follow them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.fabric.model import GridEdition, Unit
from tests.harness.zhenru import OVERLAYS, editions, places, published, units

# The shop's duty grid and its unit; the grid that takes its ground, and whose it is.
TAKEN, OLD = "DU5", "ZR-DUTY-5"
TAKER, NEW = "DU3", "ZR-DUTY-3"


def swallowed(layer: Sequence[GridEdition], since: datetime | None = None) -> list[GridEdition]:
    """The taken grid's ground is the taker's: always, or from a date on."""
    by_code = {edition.code: edition for edition in layer}
    both = by_code[TAKER].geometry.union(by_code[TAKEN].geometry)
    wide = replace(by_code[TAKER], geometry=both, valid_from=since)
    rest = [edition for edition in layer if edition.code not in (TAKEN, TAKER)]
    if since is None:
        return [*rest, wide]
    return [*rest, replace(by_code[TAKEN], valid_to=since), replace(by_code[TAKER], valid_to=since), wide]


def moved(version: int, known: Sequence[Unit] | None = None, since: datetime | None = None) -> dict[str, bytes]:
    """The Zhenru entries with the shop's duty grid swallowed."""
    layers: Mapping[str, Sequence[GridEdition]] = {
        name: swallowed(editions(name), since) if name == "duty" else editions(name) for name in OVERLAYS
    }
    return published(layers, version, units() if known is None else known, places())
