"""Which events a subscription wants. Within a list one match is enough; an empty list wants everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Filter:
    """`types`: `case.dispatched`, `whistle.*` or `*`; `concerns`: codes; `grids`: `CODE` or `overlay/CODE`."""

    types: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()


def wants(wanted: Filter, name: str, data: Mapping[str, Any]) -> bool:
    return (
        _one_of(wanted.types, (name, f"{name.partition('.')[0]}.*", "*"))
        and _one_of(wanted.concerns, (str(data.get("concern")),))
        and _one_of(wanted.grids, _grids(data))
    )


def unknown_types(patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Patterns that no event will ever match."""
    known = {"*", *names, *(f"{name.partition('.')[0]}.*" for name in names)}
    return [pattern for pattern in patterns if pattern not in known]


def _one_of(wanted: Sequence[str], offered: Sequence[str]) -> bool:
    return not wanted or not set(wanted).isdisjoint(offered)


def _grids(data: Mapping[str, Any]) -> list[str]:
    held = (data.get("place") or {}).get("grids") or {}
    return [*held.values(), *(f"{overlay}/{code}" for overlay, code in held.items())]
