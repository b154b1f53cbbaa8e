"""What is not wrong with a table but should be known before it is live: rows whose order nobody chose, rows that send
matters round in a circle, and ground on which nobody is found."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations, islice
from typing import NamedTuple

from services.dispatch.domain.routing.decide import decide_at, normal
from services.dispatch.domain.routing.directory import directory_of
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.row import Row, When
from services.dispatch.domain.routing.shadow import LISTS, hours_meet, leaves
from services.dispatch.domain.routing.site import Site, sites
from services.dispatch.domain.routing.table import RuleTable
from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.fabric.taxonomy import OTHER

MOST_OVERLAPS = 200
# So many decisions take some seconds; of a city's places with different units the first ones are tried.
MOST_TRIED = 60_000
_NAMED = 3
NOON = 12 * 60


class Overlap(NamedTuple):
    """Two rows of one priority that can take the same matter and would do different things with it; `leaf` is such a kind
    of trouble."""

    first: Row
    second: Row
    leaf: str


def overlaps(profile: Profile, rows: Sequence[Row]) -> Iterator[Overlap]:
    """`rows` in the order in which they are asked. Rows told apart by the words that they look for may still meet in one
    text."""
    kinds = leaves(profile)
    together: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        for kind in kinds:
            if row.when.takes(*kind):
                together[row.priority, kind[2]].append(row)
    seen: set[tuple[str, str]] = set()
    for (_, leaf), held in together.items():
        for first, second in combinations(held, 2):
            if (first.id, second.id) in seen or _results(first) == _results(second):
                continue
            if meet(first.when, second.when):
                seen.add((first.id, second.id))
                yield Overlap(first, second, leaf)


def _results(row: Row) -> tuple[object, ...]:
    return row.lead, row.assists, row.case_class, row.level, row.clocks, row.whistle


def meet(one: When, other: When) -> bool:
    """Whether a matter may fit both, the kind of trouble aside; sure only of No."""
    for name in LISTS:
        mine, theirs = set(getattr(one, name)), set(getattr(other, name))
        # A place has several grids, units and owners at once; of the rest a matter has one.
        if name not in ("grid", "unit", "owner", "component") and mine and theirs and mine.isdisjoint(theirs):
            return False
    if one.grid and other.grid and not _grids_meet(one.grid, other.grid):
        return False
    for name in ("emergency", "inside_wall"):
        mine_is, theirs_is = getattr(one, name), getattr(other, name)
        if mine_is is not None and theirs_is is not None and mine_is is not theirs_is:
            return False
    if _silenced(one, other) or _silenced(other, one):
        return False
    return hours_meet(one.hours, other.hours)


def _grids_meet(one: Sequence[str], other: Sequence[str]) -> bool:
    """Two grids of one overlay never hold the same point."""
    mine: dict[str, set[str]] = defaultdict(set)
    theirs: dict[str, set[str]] = defaultdict(set)
    for grids, by in ((one, mine), (other, theirs)):
        for grid in grids:
            overlay, _, code = grid.partition(":")
            by[overlay].add(code)
    if len(mine) > 1 or len(theirs) > 1 or mine.keys() != theirs.keys():
        return True
    return any(mine[overlay] & theirs[overlay] for overlay in mine)


def _silenced(one: When, other: When) -> bool:
    """Every word that the one looks for is one that the other won't hear."""
    return bool(one.words) and all(any(unless in word for unless in other.unless) for word in one.words)


def circles(profile: Profile, rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Rows that hand a unit's ground to another and that one's back: whoever returned the matter would get it again. Ids
    in the order of the circle."""
    found: dict[frozenset[str], tuple[str, ...]] = {}
    giving = [row for row in rows if row.when.unit and row.lead[0].startswith("unit:")]
    for category, concern, leaf in leaves(profile):
        steps: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in giving:
            if row.when.takes(category, concern, leaf):
                to = row.lead[0].removeprefix("unit:")
                for unit in row.when.unit:
                    if unit != to:
                        steps[unit].append((row.id, to))
        for circle in _circles(steps):
            found.setdefault(frozenset(circle), circle)
    return list(found.values())


def _circles(steps: dict[str, list[tuple[str, str]]]) -> Iterator[tuple[str, ...]]:
    """By depth; a unit whose ways out are known to end is not gone through again."""
    ended: set[str] = set()
    for start in list(steps):
        way: list[tuple[str, str, Iterator[tuple[str, str]]]] = [("", start, iter(steps.get(start, ())))]
        while way:
            on_way = [unit for _, unit, _ in way]
            following = next(way[-1][2], None)
            if following is None:
                ended.add(way.pop()[1])
                continue
            row, to = following
            if to in on_way:
                place = on_way.index(to)
                yield (*(step for step, _, _ in way[place + 1 :]), row)
            elif to not in ended:
                way.append((row, to, iter(steps.get(to, ()))))


class Hole(NamedTuple):
    """A kind of trouble for which nobody is found in `grids` (`overlay:code`), and it falls to the street."""

    leaf: str
    grids: tuple[str, ...]


def ground_holes(fabric: Fabric, table: RuleTable, at: datetime) -> list[Hole]:
    """Every kind of trouble at a place of every grid in force; places with the same units are tried once."""
    directory, plain = directory_of(fabric), RuleTable(table.version, table.written)
    grids = [
        (f"{overlay}:{edition.code}", edition.geometry.representative_point())
        for overlay, layer in fabric.overlays.items()
        for edition in layer.editions
        if edition.in_force(at)
    ]
    matters = [Matter(OTHER, lon=point.x, lat=point.y) for _, point in grids]
    like: dict[tuple[object, ...], tuple[Site, list[str]]] = {}
    for (name, _), site in zip(grids, sites(fabric, directory, matters, at), strict=True):
        key = (frozenset(site.units.items()), site.property, site.zone, site.inside_wall, *_asked_grids(plain, site))
        like.setdefault(key, (site, []))[1].append(name)
    kinds = leaves(fabric.profile)
    found: list[Hole] = []
    for _, concern, leaf in kinds:
        matter = normal(fabric.profile, Matter(concern, leaf if leaf != concern else None))
        fallen = [
            name
            for site, names in islice(like.values(), MOST_TRIED // len(kinds))
            if decide_at(directory, plain, matter, site, NOON).fallback
            for name in names
        ]
        if fallen:
            found.append(Hole(leaf, tuple(fallen)))
    return found


def _asked_grids(table: RuleTable, site: Site) -> list[str]:
    """Those of the place's grids that a row asks for by name."""
    return [grid for grid in table.grids_asked if site.grids.get(grid.partition(":")[0]) == grid.partition(":")[2]]


def warnings(table: RuleTable, fabric: Fabric, at: datetime) -> list[tuple[str, str]]:
    """(JSON pointer, sentence) for each; nothing of it keeps a table from becoming live."""
    place = {row.id: number for number, row in enumerate(table.written)}
    told = [
        (
            f"/rows/{place[second.id]}",
            f"规则 {first.id} 和 {second.id} 的优先级都是 {first.priority}，都可能接“{fabric.profile.concern_name(leaf)}”，"
            f"写在前面的 {first.id} 说了算；不是这个意思就拉开优先级。",
        )
        for first, second, leaf in islice(overlaps(fabric.profile, table.rows), MOST_OVERLAPS)
    ]
    told += [("/rows", _said(fabric, hole)) for hole in ground_holes(fabric, table, at)]
    return told


def _said(fabric: Fabric, hole: Hole) -> str:
    named = [_grid(fabric, grid) for grid in hole.grids[:_NAMED]]
    more = f"等 {len(hole.grids)} 个网格" if len(hole.grids) > _NAMED else ""
    return f"事项 {hole.leaf}（{fabric.profile.concern_name(hole.leaf)}）在{'、'.join(named)}{more}找不到主办，会落到街道托底。"


def _grid(fabric: Fabric, grid: str) -> str:
    overlay, _, code = grid.partition(":")
    return f"{fabric.profile.overlay_name(overlay)} {code}"
