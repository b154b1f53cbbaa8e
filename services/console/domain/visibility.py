"""Who sees which case, and what of it."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime

from services.console.models import CaseRow, WhistleRow
from services.fabric.snapshot import Fabric
from services.kit.keys import SEE_ALL

SEE_NOTHING = frozenset({"source"})
# Who learns the name of anybody of the staff; others that of their own.
_NAMES_ALL = frozenset({"admin", "supervisor", "duty_desk"})
_NAMES_NOBODY = frozenset({"source", "auditor"})


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
    if fabric is None:
        return Scope(units=frozenset({unit}))
    units = fabric.below(unit)
    return Scope(units=units, grids=fabric.held_by(units, "comprehensive", now))


def sees(scope: Scope, row: CaseRow) -> bool:
    return scope.everything or not scope.units.isdisjoint(row.involved) or (row.comprehensive or "") in scope.grids


def names(role: str, scope: Scope, unit: str) -> bool:
    """Whether the role may read the names of those who belong to the unit."""
    return role in _NAMES_ALL or (role not in _NAMES_NOBODY and unit in scope.units)


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
