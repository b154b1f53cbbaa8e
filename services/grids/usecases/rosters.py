"""Rosters: one with its ETag, or a list that comes in whole or not at all."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from services.fabric.calendar import WorkingCalendar
from services.fabric.profile import Profile
from services.fabric.roster import Roster
from services.fabric.roster_entries import encode_rosters
from services.grids.domain.dating import at, overlapping, since, succeeded
from services.grids.domain.publication import Draft
from services.grids.domain.registering import Fault
from services.grids.domain.rosters import alike, changes, judge
from services.grids.errors import bad_rows, no_unit
from services.grids.models import StoredRoster
from services.grids.repository import people, places, units
from services.grids.repository import rosters as repository
from services.grids.usecases.publishing import Change
from services.grids.usecases.units import Listed
from services.kit.db import Tx
from services.kit.http.etags import check_version

Editions = Mapping[str, tuple[Roster, ...]]


async def put_one(
    tx: Tx, profile: Profile, roster: Roster, wanted: int | None, now: datetime, kept_for: timedelta, by: str
) -> Change[tuple[StoredRoster, Roster, bool]]:
    """Answers the roster as stored, the edition that was told, and whether it is the unit's first. NotFound, Stale;
    Invalid."""
    if roster.unit not in await units.codes(tx):
        raise no_unit(roster.unit)
    held = (await repository.some(tx, [roster.unit])).get(roster.unit)
    check_version(wanted, held.version if held else 0)
    faults = await _faults(tx, profile, [roster])
    if faults:
        raise bad_rows((pointer.removeprefix("/0"), detail) for pointer, detail in faults)
    before = held.editions if held else ()
    after = succeeded(before, [roster], now, alike, kept_for)
    told = [one for one in after if since(one) <= (roster.valid_from or now)][-1:] or after[:1]
    if held is not None and after == before:
        return Change(_draft({}, {}, now, by), (), (held, told[0], False))
    await repository.save(tx, {roster.unit: after}, now, by)
    stored = StoredRoster(after, held.version + 1 if held else 1, now, by)
    return Change(_draft({roster.unit: after}, {roster.unit: before}, now, by), (), (stored, told[0], held is None))


async def put_list(
    tx: Tx,
    profile: Profile,
    told: Mapping[int, Roster],
    now: datetime,
    kept_for: timedelta,
    by: str,
    unread: Sequence[Fault] = (),
) -> Change[Listed]:
    """`told` by the place in the list; several of one unit follow each other in time. Units that the list does not name
    keep theirs. Invalid names every bad row."""
    places_, rosters = list(told), list(told.values())
    known = await units.codes(tx)
    faults = [
        (f"/{places_[int(place)]}/{field}", detail)
        for pointer, detail in [*_list_faults(rosters, known), *await _faults(tx, profile, rosters)]
        for place, _, field in [pointer[1:].partition("/")]
    ]
    if unread or faults:
        raise bad_rows([*unread, *faults])
    same: dict[str, list[Roster]] = defaultdict(list)
    for roster in rosters:
        same[roster.unit].append(roster)
    held = await repository.some(tx, list(same))
    before = {unit: held[unit].editions if unit in held else () for unit in same}
    after = {unit: succeeded(before[unit], some, now, alike, kept_for) for unit, some in same.items()}
    changed = {unit: editions for unit, editions in after.items() if editions != before[unit]}
    await repository.save(tx, changed, now, by)
    added = sum(unit not in held for unit in changed)
    counts = Listed(added, len(changed) - added, len(same) - len(changed))
    return Change(_draft(changed, before, now, by), (), counts)


def _list_faults(rosters: Sequence[Roster], known: Collection[str]) -> list[Fault]:
    faults: list[Fault] = []
    same: dict[str, list[Roster]] = defaultdict(list)
    for index, roster in enumerate(rosters):
        if roster.unit not in known:
            faults.append((f"/{index}/unit", f"单位 {roster.unit} 不存在，请先导入它"))
        same[roster.unit].append(roster)
        if overlapping(same[roster.unit]):
            faults.append((f"/{index}/valid_from", f"{roster.unit} 的两张值班表起止日期重叠，请改正"))
    return faults


async def _faults(tx: Tx, profile: Profile, rosters: Sequence[Roster]) -> list[Fault]:
    known = await people.known(tx, frozenset[str]().union(*(roster.people() for roster in rosters)))
    own = await places.days(tx)
    calendar = WorkingCalendar(own.days, own.complete_years, profile.hours.opens, profile.hours.closes)
    return [
        (f"/{index}{pointer}", detail)
        for index, roster in enumerate(rosters)
        for pointer, detail in judge(roster, known, calendar)
    ]


def _draft(after: Editions, before: Editions, now: datetime, by: str) -> Draft:
    values = dict(
        encode_rosters(editions, by=by, changed_at=now, changed=_changed(before.get(unit, ()), editions))
        for unit, editions in after.items()
    )
    return Draft(values, frozenset())


def _changed(before: Sequence[Roster], after: Sequence[Roster]) -> list[str]:
    """Of every edition that is other than the one that was in force when it begins."""
    fresh = [roster for roster in after if roster not in before]
    told = [said for roster in fresh for said in changes(_stood(before, roster), roster)]
    return list(dict.fromkeys(told))


def _stood(before: Sequence[Roster], roster: Roster) -> Roster | None:
    """What was in force where `roster` begins, or at the earliest."""
    return at(before, max(since(roster), since(before[0]))) if before else None
