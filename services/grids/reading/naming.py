"""Whose words the columns are: names in other cases and in Chinese to the registry's own."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

OWN = ("code", "name", "unit", "parent", "households", "valid_from", "valid_to")
_CHINESE: Mapping[str, str] = {
    "编码": "code",
    "网格编码": "code",
    "网格编号": "code",
    "名称": "name",
    "网格名称": "name",
    "单位": "unit",
    "单位编码": "unit",
    "责任单位": "unit",
    "上级": "parent",
    "上级网格": "parent",
    "户数": "households",
    "生效时间": "valid_from",
    "失效时间": "valid_to",
}


def own_names(told: Mapping[str, Any]) -> dict[str, Any]:
    """A table's column under our name, where it has not got that name already; every other column under its own."""
    taken = {name for name in told if name in OWN}
    named: dict[str, Any] = {}
    for name, value in told.items():
        own = _CHINESE.get(name) or (name.lower() if name.lower() in OWN else None)
        if own is None or (own in taken and name != own):
            named[name] = value
            continue
        taken.add(own)
        named[own] = value
    return named


def use_as_code(features: Iterable[Any], names: tuple[str, ...]) -> None:
    """A mapping site's number of a district is its code where the feature has none and nobody else has that number."""
    bare = [
        properties
        for feature in features
        if isinstance(feature, Mapping)
        and isinstance(properties := feature.get("properties"), dict)
        and properties.get("code") is None
    ]
    for name in names:
        counted = Counter(_number(properties.get(name)) for properties in bare)
        for properties in bare:
            number = _number(properties.get(name))
            if number is not None and counted[number] == 1 and properties.get("code") is None:
                properties["code"] = number
                # There it is the district above; as a grid's parent it can be nothing but a code.
                if isinstance(parent := properties.get("parent"), Mapping):
                    properties["parent"] = _number(parent.get(name))


def _number(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() else None
