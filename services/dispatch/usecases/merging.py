"""并案 of two whole cases by the desk: one goes on with all orders, the other ends as part of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.domain import merging, moves, standing
from services.dispatch.domain.actors import ROLE_TITLES, Actor
from services.dispatch.domain.lifecycle import ALIVE, DONE
from services.dispatch.errors import merge_refused, no_case, not_yours
from services.dispatch.models import Case
from services.dispatch.repository import cases as repository
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.whistles.calling_off import call_off
from services.dispatch.usecases.work import Work
from services.fabric.snapshot import Fabric
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.keys import Caller
from services.kit.masking import masked
from services.kit.outbox import Outbox
from services.kit.problems import wrong

MERGEABLE = ALIVE - DONE


@dataclass(frozen=True, slots=True)
class Merge:
    """`case_id` ends, `into` goes on; `wanted` is the version of the first that the caller believes in."""

    case_id: str
    into: str
    by: str | None
    note: str
    caller: Caller
    now: datetime
    wanted: int | None = None


async def merge(tx: Tx, outbox: Outbox, fabric: Fabric, secret: bytes, asked: Merge) -> Case:
    """The case that goes on."""
    reach = standing.reach_of(fabric, asked.caller.role, asked.caller.unit, asked.now)
    if asked.into == asked.case_id:
        raise wrong("/into", "不能并入自己，请填另一个案件")
    held = {case.case_id: case for case in await repository.locked(tx, [asked.case_id, asked.into])}
    ends, stays = held.get(asked.case_id), held.get(asked.into)
    if ends is None or not standing.sees(reach, ends):
        raise no_case()
    if stays is None or not standing.sees(reach, stays):
        raise wrong("/into", "没有找到这个案件，请核对编号")
    if "dispatcher" not in standing.standing_of(reach, ends):
        raise not_yours("并案由城运中心办，请换有权限的密钥")
    check_version(asked.wanted, ends.sequence)
    _mergeable(ends, stays)
    work = Work(Record(asked.now), fabric, asked.now, secret)
    work.have(await repository.links_of(tx, [ends.case_id, stays.case_id]))
    for case in (ends, stays):
        work.record.known(case)
    actor = Actor(asked.by or asked.caller.name, asked.caller.role, ROLE_TITLES[asked.caller.role])
    joined(work, ends, stays, actor, masked(asked.note))
    # Nobody was called yet, or it would not have come so far: what waits for the street's nod waits for nothing now.
    await call_off(tx, fabric, work.record, {ends.case_id: f"并入案件 {stays.case_id}"})
    return (await work.record.write(tx, outbox))[stays.case_id]


def joined(work: Work, ends: Case, stays: Case, actor: Actor, note: str = "") -> Case:
    """Recorded in both; nothing is written yet."""
    moving = work.live(ends)
    for link in moving:
        work.put(replace(link, live=False))
        work.put(replace(link, case_id=stays.case_id, since=work.now))
    said = f"：{note}" if note else ""
    over = replace(moves.withdrawn(merging.left_behind(ends)), orders=())
    work.record.add(
        over,
        "case.withdrawn",
        f"并入案件 {stays.case_id}，{len(moving)} 张工单随案办理{said}",
        actor=actor,
        unit=ends.lead,
        into=stays.case_id,
    )
    came = [link.order_id for link in moving]
    after = merging.taken_over(stays, ends, work.now, moves.reckoning(work.fabric))
    after = replace(after, orders=(*stays.orders, *came))
    text = f"并案：案件 {ends.case_id} 并入，共 {len(after.orders)} 张工单，时限取早的{said}"
    return work.record.add(after, "case.merged", text, actor=actor, unit=after.lead, came=came)


def _mergeable(ends: Case, stays: Case) -> None:
    if ends.confidential or stays.confidential:
        raise merge_refused(ends, "举报件只给主办单位看，不能并案，请分开办理")
    for case in (ends, stays):
        if case.state not in MERGEABLE:
            raise merge_refused(case, "已有结果或已结束的案件不能并案，请先重办，或让工单另行立案")
    if ends.called:
        raise merge_refused(ends, "要并掉的案件还有没结束的哨，请先散哨、撤哨，或反过来并")
