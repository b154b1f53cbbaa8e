"""Components: an inventory whole or in part, one with its ETag, the end of one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.fabric.component_entries import bucket_key, bucket_of, encode_components
from services.fabric.components import Component
from services.fabric.profile import Profile
from services.grids.domain.inventory import Owners, Read, Told, read_rows
from services.grids.domain.progress import Tell, silent
from services.grids.domain.publication import Draft, Said
from services.grids.domain.registering import Fault
from services.grids.errors import bad_rows, no_component
from services.grids.models import StoredComponent
from services.grids.repository import components as repository
from services.grids.repository import publications, units
from services.grids.usecases.publishing import Change
from services.kit.db import Tx
from services.kit.http.etags import check_version

COMPONENTS = "components"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are now, and what the list did; `unknown_owners`: name → rows that were kept without it."""

    components: int
    added: int
    changed: int
    removed: int
    unchanged: int
    unknown_owners: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a list would do: `after` the components that it names, `fresh` those that are other than before."""

    after: Mapping[str, Component]
    fresh: Sequence[Component]
    counted: Counted
    said: Said


async def weigh(
    tx: Tx, profile: Profile, told: Mapping[int, Told], unread: Sequence[Fault], part: bool, lenient: bool
) -> Weighed:
    """`told` by the place in the list, `unread` the faults of the others; `part`: those that the list does not name stay.
    Nothing is written. Invalid names every bad row."""
    read = await _read(tx, profile, told, lenient)
    if unread or read.faults:
        raise bad_rows([*unread, *read.faults])
    after = {one.code: one for one in read.good.values()}
    if part:
        before = {code: stored.component for code, stored in (await repository.of_codes(tx, after)).items()}
    else:
        before = await repository.all_components(tx)
    fresh = [one for code, one in after.items() if before.get(code) != one]
    added = [one.code for one in fresh if one.code not in before]
    changed = [one.code for one in fresh if one.code in before]
    removed = [] if part else sorted(before.keys() - after.keys())
    total = await repository.count(tx) + len(added) - len(removed)
    counted = Counted(total, len(added), len(changed), len(removed), len(after) - len(fresh), read.unknown)
    return Weighed(after, fresh, counted, Said(added=added, changed=changed, removed=removed))


async def put_list(
    tx: Tx,
    profile: Profile,
    told: Mapping[int, Told],
    unread: Sequence[Fault],
    part: bool,
    lenient: bool,
    wanted: int | None,
    file: str | None,
    tell: Tell = silent,
) -> Change[Weighed]:
    """As weighed. `file`: where the list comes from, for the feed of changes. Stale; Invalid."""
    version = await publications.section_version(tx, COMPONENTS)
    check_version(wanted, version or 0)
    tell("weighing", 0, 1)
    found = await weigh(tx, profile, told, unread, part, lenient)
    tell("writing", 0, len(found.fresh))
    draft = await _stored(tx, found.fresh, found.said.removed)
    tell("publishing", 0, 1)
    new = () if version is not None else (COMPONENTS,)
    return Change(draft, (COMPONENTS,), found, new, replace(found.said, file=file))


async def put_one(tx: Tx, profile: Profile, told: Told, wanted: int | None) -> Change[tuple[StoredComponent, bool]]:
    """Answers it as stored, and whether it is new. Stale; Invalid."""
    held = (await repository.of_codes(tx, [told.code])).get(told.code)
    check_version(wanted, held.version if held else 0)
    read = await _read(tx, profile, {0: told}, False)
    if read.faults:
        raise bad_rows((pointer.removeprefix("/0"), detail) for pointer, detail in read.faults)
    one = read.good[0]
    if held is not None and held.component == one:
        return Change(Draft({}, frozenset()), (), (held, False))
    draft = await _stored(tx, [one], [])
    said = Said(changed=[one.code]) if held else Said(added=[one.code])
    stored = StoredComponent(one, held.version + 1 if held else 1)
    return Change(draft, (COMPONENTS,), (stored, held is None), (), said)


async def forget_one(tx: Tx, code: str, wanted: int | None) -> Change[None]:
    """NotFound, Stale."""
    held = (await repository.of_codes(tx, [code])).get(code)
    if held is None:
        raise no_component(code)
    check_version(wanted, held.version)
    return Change(await _stored(tx, [], [code]), (COMPONENTS,), None, (), Said(removed=[code]))


async def _read(tx: Tx, profile: Profile, told: Mapping[int, Told], lenient: bool) -> Read:
    owners = Owners(stored.unit for stored in (await units.all_units(tx)).values())
    return read_rows(profile.things, owners, told, lenient)


async def _stored(tx: Tx, fresh: Sequence[Component], removed: Collection[str]) -> Draft:
    """Saved, and what the topic must tell: the buckets that were touched, each whole."""
    await repository.save(tx, fresh)
    await repository.forget(tx, removed)
    touched = {bucket_of(code) for code in (*(one.code for one in fresh), *removed)}
    if not touched:
        return Draft({}, frozenset())
    values = dict(encode_components(await repository.of_buckets(tx, touched)))
    return Draft(values, frozenset(map(bucket_key, touched)))
