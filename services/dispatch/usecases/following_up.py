"""A step of follow-up by a person, on one case: seen, not stale, theirs to do; then done and remembered."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.domain import climbing, standing
from services.dispatch.domain.actors import ROLE_TITLES, Actor
from services.dispatch.domain.lifecycle import Standing
from services.dispatch.domain.standing import Reach
from services.dispatch.errors import no_case, not_yours
from services.dispatch.models import Case
from services.dispatch.repository import cases as repository
from services.dispatch.repository import remembered
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.work import Work
from services.fabric.snapshot import Fabric
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.keys import Caller
from services.kit.outbox import Outbox
from services.kit.problems import same_key_other_body, wrong

TEAM: frozenset[Standing] = frozenset({"lead", "assist", "called", "grid", "dispatcher"})
DESK: frozenset[Standing] = frozenset({"dispatcher"})


@dataclass(frozen=True, slots=True)
class Deed:
    """`asked`: the request as it came, for knowing it again; `wanted`: the version that the caller believes in; `key`: the
    Idempotency-Key; `by`, `unit`: who does it and for whom."""

    caller: Caller
    now: datetime
    asked: str
    by: str | None = None
    unit: str | None = None
    wanted: int | None = None
    key: str | None = None

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.asked.encode()).digest()


Change = Callable[[Work, Case, Actor, str | None], Case]
Show = Callable[[Case], dict[str, Any]]


async def before(tx: Tx, deed: Deed) -> dict[str, Any] | None:
    """The answer given before, for a key that was used before."""
    held = await remembered.find(tx, deed.caller.key_id, deed.key) if deed.key is not None else None
    if held is not None and held.fingerprint != deed.fingerprint:
        raise same_key_other_body()
    return None if held is None else held.answer


async def keep(tx: Tx, deed: Deed, answer: dict[str, Any]) -> dict[str, Any]:
    if deed.key is not None and not await remembered.keep(
        tx, deed.caller.key_id, deed.key, deed.fingerprint, answer, deed.now
    ):
        raise same_key_other_body()
    return answer


async def done(
    tx: Tx,
    outbox: Outbox,
    fabric: Fabric,
    secret: bytes,
    case_id: str,
    deed: Deed,
    by: Collection[Standing],
    change: Change,
    show: Show,
) -> dict[str, Any]:
    """The case as it is after `change`, as `show` gives it."""
    reach = standing.reach_of(fabric, deed.caller.role, deed.caller.unit, deed.now)
    locked = await repository.locked(tx, [case_id])
    if not locked or not standing.sees(reach, locked[0]):
        raise no_case()
    held = await before(tx, deed)
    if held is not None:
        return held
    case = locked[0]
    check_version(deed.wanted, case.sequence)
    if not standing.standing_of(reach, case) & set(by):
        raise not_yours("这把密钥在这个案件里不能做这件事，请由案件里的单位或城运中心来做")
    work = Work(Record(deed.now), fabric, deed.now, secret)
    work.have(await repository.links_of(tx, [case.case_id]))
    unit = unit_of(fabric, deed, reach, case)
    change(work, work.record.known(case), actor_of(fabric, deed, unit), unit)
    after = (await work.record.write(tx, outbox))[case.case_id]
    return await keep(tx, deed, show(after))


def unit_of(fabric: Fabric, deed: Deed, reach: Reach, case: Case | None = None) -> str | None:
    """For whom it is done: the one named, where the key may speak for it; else the key's own in the case."""
    if deed.unit is not None:
        if fabric.unit(deed.unit) is None:
            raise wrong("/unit", "没有这个单位，请核对单位编码")
        if reach.role not in standing.DISPATCHERS and deed.unit not in reach.units:
            raise not_yours("这把密钥不能以这个单位的名义办理，请去掉 unit，或换那个单位的密钥")
        return deed.unit
    if reach.role in standing.DISPATCHERS:
        return deed.caller.unit or climbing.dispatcher(fabric)
    return (standing.unit_within(reach, case) if case is not None else None) or deed.caller.unit


def actor_of(fabric: Fabric, deed: Deed, unit: str | None) -> Actor:
    role = deed.caller.role
    return Actor(deed.by or deed.caller.name, role, ROLE_TITLES.get(role) or fabric.unit_name(unit))
