"""剔除: asked for by whoever answers for the case, decided by the district, taken back by it; told in the case's record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.domain import callbacks, standing
from services.dispatch.domain.actors import ROLE_TITLES, Actor
from services.dispatch.errors import no_case, not_yours
from services.dispatch.models import Case, OrderLink
from services.dispatch.repository import cases as repository
from services.dispatch.repository import exclusions
from services.dispatch.repository.exclusions import Exclusion
from services.dispatch.usecases.recording import Record
from services.fabric.snapshot import Fabric
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.keys import Caller
from services.kit.masking import masked
from services.kit.outbox import Outbox
from services.kit.problems import NotAllowedNow, NotFound, wrong


@dataclass(frozen=True, slots=True)
class Asking:
    case_id: str
    ground: str
    reason: str
    evidence: tuple[str, ...]


def no_exclusion() -> NotFound:
    return NotFound("没有这个剔除申请，请核对编号，或换有权限的密钥")


async def ask(tx: Tx, outbox: Outbox, fabric: Fabric, caller: Caller, asking: Asking, now: datetime) -> Exclusion:
    """The case stays in the rates until the district has agreed."""
    grounds = fabric.profile.rates.excluded
    if asking.ground not in grounds:
        listed = "、".join(f"{code}（{name}）" for code, name in grounds.items())
        raise wrong("/ground", f"剔除的理由只有 {listed}")
    reach = standing.reach_of(fabric, caller.role, caller.unit, now)
    locked = await repository.locked(tx, [asking.case_id])
    if not locked or not standing.sees(reach, locked[0]):
        raise no_case()
    case = locked[0]
    if not standing.standing_of(reach, case) & {"lead", "dispatcher"}:
        raise not_yours("剔除由主办单位或城运中心报批，请由他们来报")
    for earlier in await exclusions.of_case(tx, case.case_id):
        if earlier.state == "asked":
            raise _not_now(case, "这个案件已有一个剔除申请在等审批，请等审批以后再报")
        if earlier.state == "refused" and earlier.ground == asking.ground:
            raise _not_now(case, "按这个理由报过，没有批准，请换别的理由，或继续办理")
    if case.excluded is not None:
        raise _not_now(case, f"这个案件已经剔除（{grounds.get(case.excluded, case.excluded)}），不用再报")
    if case.state == "withdrawn":
        raise _not_now(case, "这个案件已经撤案，本来就不计，不用报剔除")
    unit = caller.unit if reach.role in standing.DISPATCHERS else standing.unit_within(reach, case) or caller.unit
    made = Exclusion(
        exclusion_id=new_id("excl"),
        case_id=case.case_id,
        ground=asking.ground,
        state="asked",
        reason=masked(asking.reason),
        evidence=tuple(masked(one) for one in asking.evidence),
        asked_at=now,
        asked_by=caller.name,
        asked_role=caller.role,
        asked_unit=unit,
        asked_key=caller.key_id,
    )
    text = f"报批考核剔除（{grounds[made.ground]}）：{made.reason}"
    await _tell(tx, outbox, fabric, case, "case.exclusion_asked", text, made, caller, now)
    await exclusions.ask(tx, made)
    return made


async def decide(
    tx: Tx, outbox: Outbox, fabric: Fabric, caller: Caller, exclusion_id: str, approved: bool, note: str, now: datetime
) -> Exclusion:
    """By another key than the one that asked. Of a case that has come out of the rates meanwhile too: both stand."""
    known = await exclusions.one(tx, exclusion_id)
    if known is None:
        raise no_exclusion()
    [case] = await repository.locked(tx, [known.case_id])
    asked = await exclusions.one(tx, exclusion_id)
    assert asked is not None
    if asked.state != "asked":
        said = {"approved": "已经批准", "refused": "已经不予批准", "taken_back": "批准以后已经撤销"}[asked.state]
        raise _not_now(case, f"这个剔除申请{said}，不能再审")
    if asked.asked_key == caller.key_id:
        raise not_yours("报批的人不能自己审批，请由上级的另一把密钥来审")
    if not approved and not note:
        raise wrong("/note", "不批准要写明原因，请填 note")
    name = fabric.profile.rates.excluded.get(asked.ground, asked.ground)
    decided = replace(
        asked,
        state="approved" if approved else "refused",
        decided_at=now,
        decided_by=caller.name,
        decided_role=caller.role,
        note=masked(note),
    )
    said = f"：{decided.note}" if decided.note else ""
    if approved:
        after = replace(case, excluded=case.excluded or asked.ground)
        text = f"同意考核剔除（{name}）{said}"
        await _tell(tx, outbox, fabric, case, "case.excluded", text, decided, caller, now, after)
    else:
        text = f"不予考核剔除（{name}）{said}"
        await _tell(tx, outbox, fabric, case, "case.exclusion_refused", text, decided, caller, now)
    await exclusions.decide(tx, decided)
    return decided


async def take_back(
    tx: Tx, outbox: Outbox, fabric: Fabric, caller: Caller, exclusion_id: str, reason: str, now: datetime
) -> Exclusion:
    """What was granted holds no longer: the case counts again, unless a rule of its own leaves it out."""
    known = await exclusions.one(tx, exclusion_id)
    if known is None:
        raise no_exclusion()
    [case] = await repository.locked(tx, [known.case_id])
    granted = await exclusions.one(tx, exclusion_id)
    assert granted is not None
    if granted.state != "approved":
        said = {"asked": "还没有批准", "refused": "本来就没有批准", "taken_back": "已经撤销"}[granted.state]
        raise _not_now(case, f"这个剔除申请{said}，没有可以撤销的")
    links = await repository.links_of(tx, [case.case_id])
    taken = replace(
        granted,
        state="taken_back",
        taken_back_at=now,
        taken_back_by=caller.name,
        taken_back_role=caller.role,
        taken_back_for=masked(reason),
    )
    after = replace(case, excluded=by_rule(fabric, case, links)) if case.excluded == granted.ground else case
    grounds = fabric.profile.rates.excluded
    still = f"；仍按规则剔除（{grounds.get(after.excluded, after.excluded)}）" if after.excluded else "，照常计入"
    text = f"撤销考核剔除（{grounds.get(granted.ground, granted.ground)}）：{taken.taken_back_for}{still}"
    await _tell(tx, outbox, fabric, case, "case.exclusion_taken_back", text, taken, caller, now, after)
    await exclusions.take_back(tx, taken)
    return taken


def by_rule(fabric: Fabric, case: Case, links: Sequence[OrderLink]) -> str | None:
    """The ground on which the profile leaves the case out without anybody asking."""
    profile = fabric.profile
    if any(kind.code == case.kind and not kind.counted for kind in profile.kinds):
        return case.kind
    if case.course.procedure is not None and profile.concern(case.concern).statutory:
        return "statutory"
    people = callbacks.reporters(links, case.round, profile.after_resolve.callback_tries)
    return "unreachable" if callbacks.unreachable(people) else None


async def _tell(
    tx: Tx,
    outbox: Outbox,
    fabric: Fabric,
    case: Case,
    name: str,
    text: str,
    about: Exclusion,
    caller: Caller,
    now: datetime,
    after: Case | None = None,
) -> None:
    record = Record(now)
    record.known(case)
    actor = Actor(caller.name, caller.role, ROLE_TITLES.get(caller.role) or fabric.unit_name(about.asked_unit))
    record.add(
        after or case,
        name,
        text,
        actor=actor,
        unit=case.lead,
        reason=about.taken_back_for or about.note or about.reason,
        exclusion_id=about.exclusion_id,
        ground=about.ground,
        evidence=list(about.evidence),
    )
    await record.write(tx, outbox)


def _not_now(case: Case, said: str) -> NotAllowedNow:
    return NotAllowedNow(said, allowed=[], state=case.state)
