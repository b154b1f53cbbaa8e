"""How the grids of an overlay lie to each other: overlaps, gaps, slivers, areas. Square metres, of local scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from services.fabric.metric import METRES_PER_DEGREE, all_in_metres, in_metres, scale_at
from services.fabric.model import GridEdition

LEAST_AREA_M2 = 1.0
SLIVER_WIDTH_M = 2.0
_MOST_LISTED = 500


class Overlap(NamedTuple):
    """Ground of two grids, and a point in it; `shape` in degrees."""

    first: str
    second: str
    area_m2: float
    lon: float
    lat: float
    sliver: bool
    shape: BaseGeometry


class Gap(NamedTuple):
    """A hole that no grid of the overlay covers, and a point in it; `shape` in degrees."""

    area_m2: float
    lon: float
    lat: float
    sliver: bool
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class Topology:
    """`overlaps`, `gaps`, `thin` are in order of size, the largest first, and cut off after five hundred; `counts` has
    their full numbers. `thin` are grids narrower than a sliver's width. `duplicate_names`: each
    name that several grids have, with their codes; `of_unknown_units`: the grids whose unit nobody knows."""

    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    thin: tuple[str, ...]
    without_unit: tuple[str, ...]
    unknown_units: tuple[str, ...]
    areas_m2: Mapping[str, float]
    counts: Mapping[str, int]
    duplicate_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_unknown_units: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not any(self.counts[what] for what in ("overlaps", "gaps", "without_unit", "unknown_units"))

    def as_json(self) -> dict[str, Any]:
        return {
            "grids": self.counts["grids"],
            "area_m2": round(sum(self.areas_m2.values()), 1),
            "overlaps": [
                {
                    "grids": [o.first, o.second],
                    "area_m2": round(o.area_m2, 1),
                    "lon": round(o.lon, 7),
                    "lat": round(o.lat, 7),
                    "sliver": o.sliver,
                }
                for o in self.overlaps
            ],
            "gaps": [
                {"area_m2": round(g.area_m2, 1), "lon": round(g.lon, 7), "lat": round(g.lat, 7), "sliver": g.sliver}
                for g in self.gaps
            ],
            "slivers": list(self.thin),
            "without_unit": list(self.without_unit),
            "unknown_units": list(self.unknown_units),
            "of_unknown_units": list(self.of_unknown_units),
            "duplicate_names": [{"name": name, "grids": list(codes)} for name, codes in self.duplicate_names.items()],
            "counts": dict(self.counts),
        }


def examine(
    editions: Sequence[GridEdition], outline: BaseGeometry | None = None, units: frozenset[str] | None = None
) -> Topology:
    """Editions of one overlay in force together. Gaps are sought inside `outline` (the district or the streets), else
    inside the outer border of the overlay itself. `units` are the known codes; None leaves them unchecked."""
    codes = [edition.code for edition in editions]
    without = tuple(sorted({edition.code for edition in editions if edition.unit is None}))
    unknown = tuple(sorted({e.unit for e in editions if e.unit is not None and units is not None} - (units or set())))
    if not editions:
        return Topology(
            (), (), (), without, unknown, {}, _counts(0, 0, 0, without, unknown, 0) | {"duplicate_names": 0}
        )
    shapes: NDArray[np.object_] = np.array([edition.geometry for edition in editions], dtype=object)
    latitude = float(np.mean(shapely.total_bounds(shapes)[[1, 3]]))
    plane = all_in_metres(shapes, latitude)
    areas: dict[str, float] = {}
    for code, area in zip(codes, shapely.area(plane).tolist(), strict=True):
        areas[code] = areas.get(code, 0.0) + area
    loose = ~shapely.is_empty(shapely.coverage_invalid_edges(plane))
    overlaps = _overlaps(codes, plane, loose, latitude)
    gaps = _gaps(_covered(plane, loose), in_metres(outline, latitude) if outline is not None else None, latitude)
    thin = tuple(sorted({code for code, slim in zip(codes, _thin(plane).tolist(), strict=True) if slim}))
    counts = _counts(len(overlaps), len(gaps), len(thin), without, unknown, len(set(codes)))
    doubled = _duplicate_names(editions)
    return Topology(
        overlaps=tuple(overlaps[:_MOST_LISTED]),
        gaps=tuple(gaps[:_MOST_LISTED]),
        thin=thin[:_MOST_LISTED],
        without_unit=without,
        unknown_units=unknown,
        areas_m2=areas,
        counts=counts | {"duplicate_names": len(doubled)},
        duplicate_names=dict(list(doubled.items())[:_MOST_LISTED]),
        of_unknown_units=tuple(sorted({e.code for e in editions if e.unit in unknown})),
    )


def _counts(
    overlaps: int, gaps: int, slivers: int, without: Sequence[str], unknown: Sequence[str], grids: int
) -> dict[str, int]:
    return {
        "grids": grids,
        "overlaps": overlaps,
        "gaps": gaps,
        "slivers": slivers,
        "without_unit": len(without),
        "unknown_units": len(unknown),
    }


def _duplicate_names(editions: Sequence[GridEdition]) -> dict[str, tuple[str, ...]]:
    """People look grids up by name, and two of one name are one too many; routing goes by code and does not mind."""
    by_name: dict[str, set[str]] = {}
    for edition in editions:
        by_name.setdefault(edition.name, set()).add(edition.code)
    return {name: tuple(sorted(codes)) for name, codes in sorted(by_name.items()) if len(codes) > 1}


def _overlaps(
    codes: Sequence[str], plane: NDArray[np.object_], loose: NDArray[np.bool_], latitude: float
) -> list[Overlap]:
    """Of two grids that overlap one at least is `loose`: has an edge that is neither its own nor shared as it is. In a
    city drawn well hardly any is."""
    asked, met = shapely.STRtree(plane).query(plane[loose], predicate="intersects")
    asked = np.flatnonzero(loose)[asked]
    pairs = np.unique(np.column_stack([np.minimum(asked, met), np.maximum(asked, met)]), axis=0)
    first, second = pairs[pairs[:, 0] < pairs[:, 1]].T
    common = shapely.intersection(plane[first], plane[second])
    areas = shapely.area(common)
    worth = areas > LEAST_AREA_M2
    common, areas, first, second = common[worth], areas[worth], first[worth], second[worth]
    inner, slim = shapely.point_on_surface(common), _thin(common)
    east, north = scale_at(latitude)
    shapes = _in_degrees(common, latitude)
    found = [
        Overlap(
            min(codes[first[i]], codes[second[i]]),
            max(codes[first[i]], codes[second[i]]),
            float(areas[i]),
            float(shapely.get_x(inner[i])) / east,
            float(shapely.get_y(inner[i])) / north,
            bool(slim[i]),
            shapes[i],
        )
        for i in range(len(areas))
    ]
    return sorted(found, key=lambda overlap: (-overlap.area_m2, overlap.first, overlap.second))


def _covered(plane: NDArray[np.object_], loose: NDArray[np.bool_]) -> BaseGeometry:
    """The ground of all: what shares its edges is joined by dropping them, many times faster than by cutting."""
    joined = shapely.coverage_union_all(plane[~loose])
    covered: BaseGeometry = shapely.union_all(np.append(plane[loose], joined)) if loose.any() else joined
    return covered


def _gaps(covered: BaseGeometry, outline: BaseGeometry | None, latitude: float) -> list[Gap]:
    parts = _holes(covered) if outline is None else shapely.get_parts(shapely.difference(outline, covered))
    parts = parts[shapely.area(parts) > LEAST_AREA_M2]
    inner = shapely.point_on_surface(parts)
    east, _ = scale_at(latitude)
    found = [
        Gap(
            float(area),
            float(shapely.get_x(spot)) / east,
            float(shapely.get_y(spot)) / METRES_PER_DEGREE,
            bool(slim),
            shape,
        )
        for area, spot, slim, shape in zip(
            shapely.area(parts), inner, _thin(parts), _in_degrees(parts, latitude), strict=True
        )
    ]
    return sorted(found, key=lambda gap: (-gap.area_m2, gap.lon, gap.lat))


def _holes(covered: BaseGeometry) -> NDArray[np.object_]:
    """What the outer border encloses and nothing covers: the inner rings, less the islands in them. Cheaper than taking
    the whole from its outline, which would cut every vertex of a city again."""
    parts = shapely.get_parts(covered)
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings = [shapely.get_interior_ring(p, range(shapely.get_num_interior_rings(p))) for p in polygons]
    holes: NDArray[np.object_] = shapely.polygons(np.concatenate(rings)) if rings else np.array([], dtype=object)
    if not len(holes):
        return holes
    which, islands = shapely.STRtree(polygons).query(holes, predicate="contains")
    for hole in np.unique(which).tolist():
        holes[hole] = shapely.difference(holes[hole], shapely.union_all(polygons[islands[which == hole]]))
    found: NDArray[np.object_] = shapely.get_parts(holes)
    return found


def _thin(plane: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Twice the area by the perimeter is half the width of a long strip; a strip is thin under a sliver's width."""
    around = shapely.length(plane)
    with np.errstate(divide="ignore", invalid="ignore"):
        slim: NDArray[np.bool_] = (around > 0) & (2.0 * shapely.area(plane) / around < SLIVER_WIDTH_M)
    return slim


def _in_degrees(plane: NDArray[np.object_], latitude: float) -> NDArray[np.object_]:
    shapes: NDArray[np.object_] = shapely.transform(plane, lambda points: points / np.array(scale_at(latitude)))
    return shapes
