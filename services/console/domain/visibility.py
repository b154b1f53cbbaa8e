"""Who sees which case, and what of it."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime

from services.console.models import CaseRow, WhistleRow
from services.fabric.snapshot import Fabric

SEE_ALL = frozenset({"admin", "duty_desk", "supervisor", "auditor"})
SEE_NOTHING = frozenset({"source"})


@dataclass(frozen=True, slots=True)
class Scope:
    """`units`: the key's unit and all that belong to it; `grids`: the comprehensive grids these answer for."""

    everything: bool = False
    units: frozenset[str] = frozenset()
    grids: frozenset[str] = frozenset()


def scope_of(role: str, unit: str | None, fabric: Fabric | None, now: datetime) -> Scope:
    if role in SEE_ALL:
        return Scope(everything=True)
    if unit is None:
        return Scope()
    units = subtree(unit, fabric)
    return Scope(units=units, grids=_comprehensive(units, fabric, now))


def subtree(unit: str, fabric: Fabric | None) -> frozenset[str]:
    """The unit and every one that belongs to it (隶属), however deep."""
    if fabric is None:
        return frozenset({unit})
    below: dict[str, list[str]] = {}
    for each in fabric.units.values():
        if each.parent:
            below.setdefault(each.parent, []).append(each.code)
    found, waiting = {unit}, [unit]
    while waiting:
        fresh = [code for code in below.get(waiting.pop(), ()) if code not in found]
        found.update(fresh)
        waiting.extend(fresh)
    return frozenset(found)


def sees(scope: Scope, row: CaseRow) -> bool:
    return scope.everything or not scope.units.isdisjoint(row.involved) or (row.comprehensive or "") in scope.grids


def sees_whistle(scope: Scope, whistle: WhistleRow, cases: Container[str]) -> bool:
    """`cases` are those that the scope sees."""
    return scope.everything or not scope.units.isdisjoint(whistle.units) or (whistle.case_id or "") in cases


def for_eyes(scope: Scope, row: CaseRow, instead: str) -> CaseRow:
    """举报 is for its lead alone: others who have a part learn that it is there (`instead` of its title) and by when,
    and nothing that could name who told."""
    if not row.confidential or scope.everything or row.lead in scope.units:
        return row
    return replace(
        row, title=instead, summary="", address=None, lon=None, lat=None, measures=None, orders=(), last_text=""
    )


def withheld(scope: Scope, row: CaseRow) -> bool:
    return row.confidential and not scope.everything and row.lead not in scope.units


def _comprehensive(units: frozenset[str], fabric: Fabric | None, now: datetime) -> frozenset[str]:
    overlay = fabric.overlays.get("comprehensive") if fabric else None
    if overlay is None:
        return frozenset()
    return frozenset(edition.code for edition in overlay.editions if edition.unit in units and edition.in_force(now))
