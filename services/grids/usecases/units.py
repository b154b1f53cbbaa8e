"""Units: one with its ETag, or a list that comes in whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.fabric import entries as codec
from services.fabric.model import Unit
from services.fabric.profile import Profile
from services.grids.domain.publication import Draft
from services.grids.domain.registering import RELATIONS, Fault, judge_units
from services.grids.errors import bad_rows
from services.grids.models import StoredUnit
from services.grids.repository import units as repository
from services.grids.usecases.publishing import Change
from services.kit.db import Tx
from services.kit.http.etags import check_version


@dataclass(frozen=True, slots=True)
class Listed:
    """How many of a list were new, how many other than before, how many as before."""

    added: int
    changed: int
    unchanged: int


async def put_one(tx: Tx, profile: Profile, unit: Unit, wanted: int | None) -> Change[tuple[StoredUnit, bool]]:
    """Answers the unit as stored, and whether it is new. Stale; Invalid."""
    known = await repository.all_units(tx)
    held = known.get(unit.code)
    check_version(wanted, held.version if held else 0)
    faults = judge_units(profile, {code: stored.unit for code, stored in known.items()}, [unit])
    if faults:
        raise bad_rows((pointer.removeprefix("/0"), detail) for pointer, detail in faults)
    if held is not None and held.unit == unit:
        return Change(_draft([]), (), (held, False))
    await repository.save(tx, [unit])
    return Change(_draft([unit]), (), (StoredUnit(unit, held.version + 1 if held else 1), held is None))


async def put_list(tx: Tx, profile: Profile, told: Mapping[int, Unit], unread: Sequence[Fault] = ()) -> Change[Listed]:
    """`told` by the place in the list; `unread` are the faults of the rows that are no units. Units that the list does
    not name stay. Invalid names every bad row; a relation to a unit is no fault while rows are unread, for that unit
    may be among them."""
    known = {code: stored.unit for code, stored in (await repository.all_units(tx)).items()}
    places, units = list(told), list(told.values())
    faults = [
        (f"/{places[int(place)]}/{field}", detail)
        for pointer, detail in judge_units(profile, known, units)
        for place, _, field in [pointer[1:].partition("/")]
        if not unread or field not in RELATIONS
    ]
    if unread or faults:
        raise bad_rows([*unread, *faults])
    changed = [unit for unit in units if known.get(unit.code) != unit]
    await repository.save(tx, changed)
    added = sum(unit.code not in known for unit in changed)
    return Change(_draft(changed), (), Listed(added, len(changed) - added, len(units) - len(changed)))


def _draft(units: Sequence[Unit]) -> Draft:
    return Draft(dict(map(codec.encode_unit, units)), frozenset())
