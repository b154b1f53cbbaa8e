"""The registry over HTTP: boundaries, units, places and days, keys, and whose ground a point is on. Any key reads;
writing is the administrator's."""

from fastapi import FastAPI

from services.grids.api import (
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
    for part in (overlays, ownerless, units, people, rosters, places, resolving, fabric):
        app.include_router(part.routes(registry))
    for part in (changes, cells, crosswalk, components):
        app.include_router(part.routes(registry))
    app.include_router(keys.routes(registry, keyring))
