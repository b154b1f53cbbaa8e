"""People: one with its ETag, a list that comes in whole or not at all, and the farewell of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.fabric.people import Person, encode_person, person_key
from services.grids.domain.people import Card, Staff, card_of, judge_people
from services.grids.domain.publication import Draft
from services.grids.domain.registering import Fault
from services.grids.errors import bad_rows, no_person, on_a_roster
from services.grids.models import StoredPerson
from services.grids.repository import people as repository
from services.grids.repository import rosters, units
from services.grids.usecases.publishing import Change
from services.grids.usecases.units import Listed
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.sealing import Seal


@dataclass(frozen=True, slots=True)
class Written:
    """`held` by code: what there was before; `fresh`: those that are other now, sealed."""

    held: Mapping[str, StoredPerson]
    fresh: Mapping[str, Person]


async def put_one(
    tx: Tx, seal: Seal, staff: Staff, wanted: int | None, now: datetime
) -> Change[tuple[StoredPerson, bool]]:
    """Answers the person as stored, and whether new. Stale; Invalid."""
    code = staff.person.code
    held = (await repository.some(tx, [code])).get(code)
    check_version(wanted, held.version if held else 0)
    faults = await _faults(tx, [staff], now)
    if faults:
        raise bad_rows((pointer.removeprefix("/0"), detail) for pointer, detail in faults)
    written = await _write(tx, seal, [staff])
    if code not in written.fresh:
        return Change(_draft({}), (), (written.held[code], False))
    stored = StoredPerson(written.fresh[code], held.version + 1 if held else 1)
    return Change(_draft(written.fresh), (), (stored, held is None))


async def put_list(
    tx: Tx, seal: Seal, told: Mapping[int, Staff], now: datetime, unread: Sequence[Fault] = ()
) -> Change[Listed]:
    """`told` by the place in the list; `unread` are the faults of the rows that say nobody. People whom the list does not
    name stay. Invalid names every bad row."""
    places, staff = list(told), list(told.values())
    faults = [
        (f"/{places[int(place)]}/{field}", detail)
        for pointer, detail in await _faults(tx, staff, now)
        for place, _, field in [pointer[1:].partition("/")]
    ]
    if unread or faults:
        raise bad_rows([*unread, *faults])
    written = await _write(tx, seal, staff)
    added = sum(code not in written.held for code in written.fresh)
    counts = Listed(added, len(written.fresh) - added, len(staff) - len(written.fresh))
    return Change(_draft(written.fresh), (), counts)


async def forget(tx: Tx, code: str, wanted: int | None, now: datetime) -> Change[None]:
    """NotFound, Stale; Conflict while some roster still counts on them."""
    held = (await repository.some(tx, [code])).get(code)
    if held is None:
        raise no_person(code)
    check_version(wanted, held.version)
    duties = await rosters.naming(tx, code, now)
    if duties:
        raise on_a_roster(code, duties)
    await repository.forget(tx, code)
    return Change(Draft({}, frozenset({person_key(code)})), (), None)


def opened(seal: Seal, person: Person) -> Card:
    return card_of(seal.open_json(person.code, person.sealed))


async def _faults(tx: Tx, staff: Sequence[Staff], now: datetime) -> list[Fault]:
    known = {code: stored.editions for code, stored in (await units.all_units(tx)).items()}
    named = {(posting.overlay, posting.grid) for one in staff for posting in one.person.postings}
    return judge_people(staff, known, await repository.grids(tx, named), now)


async def _write(tx: Tx, seal: Seal, staff: Sequence[Staff]) -> Written:
    """Whoever is as before keeps the seal they have, so that nothing is published of them."""
    held = await repository.some(tx, [one.person.code for one in staff])
    fresh: dict[str, Person] = {}
    for one in staff:
        code = one.person.code
        before = held.get(code)
        same = before is not None and replace(before.person, sealed=b"") == one.person
        if before is not None and same and opened(seal, before.person) == one.card:
            continue
        fresh[code] = replace(one.person, sealed=seal.seal_json(code, one.card.as_json()))
    await repository.save(tx, fresh)
    return Written(held, fresh)


def _draft(people: Mapping[str, Person]) -> Draft:
    return Draft(dict(map(encode_person, people.values())), frozenset())
