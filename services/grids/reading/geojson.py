"""JSON: a GeoJSON collection as it is, or what a mapping site answers, as the collection that it means."""

from collections.abc import Mapping
from typing import Any

from services.grids.domain.collection import parse_collection
from services.grids.reading import mapsites
from services.grids.reading.collected import Collected, collection_of
from services.grids.reading.naming import use_as_code
from services.kit.files.bad import BadFile

_NUMBERS = ("adcode",)
# Each list and each value costs some sixty bytes once it is read, whatever it took in the file.
MOST_COMMAS, MOST_BRACKETS = 30_000_000, 15_000_000


def read(told: str) -> Collected:
    """Raises NotJson. What is no collection of any kind is handed on as it is, for the sentence that says so."""
    if told.count(",") > MOST_COMMAS or told.count("[") + told.count("{") > MOST_BRACKETS:
        raise BadFile("JSON 里的数多得不合常理（一个图层最多一千万个点左右），没有导入；请分几次导入，或加 part=true。")
    found = parse_collection(told)
    if isinstance(found, Mapping) and found.get("type") == "Feature":
        found = collection_of([found])
    if isinstance(found, Mapping) and found.get("type") == "FeatureCollection":
        features = found.get("features")
        if isinstance(features, list):
            use_as_code(features, _NUMBERS)
        return Collected(found, "GeoJSON", likely=_likely(features))
    features = mapsites.features(found)
    if not features:
        return Collected(found, "JSON")
    use_as_code(features, mapsites.NUMBERS)
    return Collected(collection_of(features), "数组", likely="gcj02")


def _likely(features: Any) -> str | None:
    """Collections with numbers of districts are those that a mapping site's own tools export."""
    first = features[0] if isinstance(features, list) and features else None
    properties = first.get("properties") if isinstance(first, Mapping) else None
    return "gcj02" if isinstance(properties, Mapping) and "adcode" in properties else None
