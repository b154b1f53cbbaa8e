"""Units: one with its ETag, a list that comes in whole or not at all, and the end of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.fabric import entries as codec
from services.fabric.model import Unit
from services.fabric.profile import Profile
from services.grids.domain.dating import at, ended_at, since
from services.grids.domain.publication import Draft
from services.grids.domain.registering import RELATIONS, Fault, after_list, judge_units, loose
from services.grids.errors import bad_rows, no_unit, unit_in_use
from services.grids.models import StoredUnit
from services.grids.repository import units as repository
from services.grids.usecases.publishing import Change
from services.grids.usecases.weighing import UnitHolds, weigh_unit
from services.kit.db import Tx
from services.kit.http.etags import check_version


@dataclass(frozen=True, slots=True)
class Listed:
    """How many of a list were new, how many other than before, how many as before."""

    added: int
    changed: int
    unchanged: int


async def put_one(
    tx: Tx, profile: Profile, unit: Unit, wanted: int | None, now: datetime, kept_for: timedelta
) -> Change[tuple[StoredUnit, bool]]:
    """Answers the unit as stored, and whether it is new. Stale; Invalid; Conflict when it would end while it is in use."""
    held = await repository.all_units(tx)
    before = held.get(unit.code)
    version = before.version if before else 0
    check_version(wanted, version)
    known = {code: stored.editions for code, stored in held.items()}
    after = after_list(known, [unit], now, kept_for)
    faults = judge_units(profile, known, [unit], after, now)
    if faults:
        raise bad_rows((pointer.removeprefix("/0"), detail) for pointer, detail in faults)
    editions = after[unit.code]
    if at(known.get(unit.code, ()), now) and not at(editions, now):
        _check_unused(await _holds(tx, {**known, **after}, unit.code, now))
    told = _told(editions, unit, now)
    if editions == known.get(unit.code):
        return Change(_draft({}), (), (StoredUnit(told, version, editions), False))
    await repository.save(tx, after)
    return Change(_draft(after), (), (StoredUnit(told, version + 1, editions), before is None))


async def put_list(
    tx: Tx,
    profile: Profile,
    told: Mapping[int, Unit],
    now: datetime,
    kept_for: timedelta,
    unread: Sequence[Fault] = (),
) -> Change[Listed]:
    """`told` by the place in the list; `unread` are the faults of the rows that are no units. Units that the list does
    not name stay. Invalid names every bad row; a relation to a unit is no fault while rows are unread, for that unit
    may be among them."""
    known = {code: stored.editions for code, stored in (await repository.all_units(tx)).items()}
    places, units = list(told), list(told.values())
    after = after_list(known, units, now, kept_for)
    faults = [
        (f"/{places[int(place)]}/{field}", detail)
        for pointer, detail in judge_units(profile, known, units, after, now)
        for place, _, field in [pointer[1:].partition("/")]
        if not unread or field not in RELATIONS
    ]
    if unread or faults:
        raise bad_rows([*unread, *faults])
    whole = {**known, **after}
    for code, editions in after.items():
        if at(known.get(code, ()), now) and not at(editions, now):
            _check_unused(await _holds(tx, whole, code, now))
    changed = {code: editions for code, editions in after.items() if known.get(code) != editions}
    await repository.save(tx, changed)
    added = sum(code not in known for code in changed)
    return Change(_draft(changed), (), Listed(added, len(changed) - added, len(after) - len(changed)))


async def end_one(tx: Tx, code: str, wanted: int | None, now: datetime) -> Change[StoredUnit]:
    """From now on it is not there, what was planned for it neither. NotFound, Stale; Conflict names what still stands on
    it."""
    held = await repository.all_units(tx)
    before = held.get(code)
    if before is None or not any(one.valid_to is None or one.valid_to > now for one in before.editions):
        raise no_unit(code)
    check_version(wanted, before.version)
    editions = ended_at(before.editions, now)
    whole = {**{other: stored.editions for other, stored in held.items()}, code: editions}
    _check_unused(await _holds(tx, whole, code, now))
    await repository.save(tx, {code: editions})
    last = editions[-1] if editions else before.editions[0]
    return Change(_draft({code: editions}), (), StoredUnit(last, before.version + 1, editions))


async def weigh(tx: Tx, code: str, now: datetime) -> UnitHolds:
    """What keeps a unit from going now. NotFound."""
    held = {other: stored.editions for other, stored in (await repository.all_units(tx)).items()}
    if not any(one.valid_to is None or one.valid_to > now for one in held.get(code, ())):
        raise no_unit(code)
    return await _holds(tx, {**held, code: ended_at(held[code], now)}, code, now)


async def _holds(tx: Tx, whole: Mapping[str, tuple[Unit, ...]], code: str, now: datetime) -> UnitHolds:
    """`whole` without the unit already."""
    below = {
        unit.code: f"{unit.name}（{RELATIONS[field]}）" for unit, field, other, _ in loose(whole, now) if other == code
    }
    return await weigh_unit(tx, code, below, now)


def _check_unused(holds: UnitHolds) -> None:
    """Conflict with everything that keeps the unit."""
    if not holds.free:
        grids = [f"{grid['overlay']}/{grid['code']}" for grid in holds.named_grids]
        cases = [str(case["case_id"]) for case in holds.named_cases]
        count = len(holds.below) + holds.grids + holds.cases
        raise unit_in_use(holds.unit, holds.below, grids, cases, count)


def _told(editions: Sequence[Unit], unit: Unit, now: datetime) -> Unit:
    """The edition that a body became."""
    begun = unit.valid_from or now
    found = [one for one in editions if since(one) <= begun]
    return found[-1] if found else editions[0]


def _draft(units: Mapping[str, tuple[Unit, ...]]) -> Draft:
    """One without editions has ended altogether: its key ends too."""
    values = dict(codec.encode_unit(*same) for same in units.values() if same)
    return Draft(values, frozenset(f"unit/{code}" for code in units))
