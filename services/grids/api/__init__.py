"""The registry over HTTP: boundaries, units, places and days, keys, and whose ground a point is on. Any key reads;
writing is the administrator's. Cards are laid before the grids, whose codes may hold a slash."""

from fastapi import FastAPI

from services.grids.api import (
    cards,
    cells,
    changes,
    components,
    crosswalk,
    fabric,
    keys,
    overlays,
    ownerless,
    people,
    places,
    resolving,
    rosters,
    units,
)
from services.grids.usecases.publishing import Registry
from services.kit.keys import Keys


def add_routes(app: FastAPI, registry: Registry, keyring: Keys) -> None:
    for part in (cards, overlays, ownerless, units, people, rosters, places, components, resolving, fabric, changes):
        app.include_router(part.routes(registry))
    for part in (cells, crosswalk):
        app.include_router(part.routes(registry))
    app.include_router(keys.routes(registry, keyring))
