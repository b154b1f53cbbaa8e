"""What every reader makes of its file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.fabric.systems import System


@dataclass(frozen=True, slots=True)
class Collected:
    """`collection` is a FeatureCollection (whatever was in a JSON body, when it is none); a geometry may be a shape or
    Unread. `system` is the one that the file's format names; a GeoJSON's own `crs` is inside the collection.
    `places[i]` is where feature i stands, None: it is the i-th. `likely`: the datum that files of this kind usually are
    in, without saying so. `unsaid`: what would have said the system and is not there."""

    collection: Any
    form: str
    system: System | None = None
    places: Sequence[str] | None = None
    likely: str | None = None
    unsaid: str | None = None


def collection_of(features: list[Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def feature_of(properties: dict[str, Any], geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}
