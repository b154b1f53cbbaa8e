"""整改通知 from a request: for a case, or for a place, which opens one; and what was seen when somebody looked."""

from typing import Any

from services.dispatch.domain import parts, rectifying, standing
from services.dispatch.domain.actors import Actor
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.errors import follow_up_refused, no_rectification, not_yours
from services.dispatch.models import Case
from services.dispatch.repository.rectifications import REGISTER
from services.dispatch.schemas.follow_up import CheckIn, RectifyIn, Spot
from services.dispatch.schemas.followed import rectification_json
from services.dispatch.usecases import rectifying as doing
from services.dispatch.usecases.following_up import TEAM, Deed, actor_of, before, done, keep, unit_of
from services.dispatch.usecases.opening import open_cases
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.rectifying import Looked, Ordered
from services.dispatch.usecases.work import Work
from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric
from services.kit.contracts.orders import OrderAccepted
from services.kit.contracts.payload import Place
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.masking import masked, public_address
from services.kit.outbox import Outbox
from services.kit.problems import wrong

# Who finds something on the ground and may order it put right where nobody has reported it.
FINDERS = standing.DISPATCHERS | standing.UNIT_ROLES


async def order(
    tx: Tx, outbox: Outbox, fabric: Fabric, secret: bytes, table: RuleTable, asked: RectifyIn, deed: Deed
) -> dict[str, Any]:
    """The new one. Invalid, Forbidden, NotFound for a case the key may not see, NotAllowedNow for one withdrawn."""
    if asked.due <= deed.now:
        raise wrong("/due", "时间已经过去，请填以后的时间")
    wanted = Ordered(masked(asked.subject.name), asked.subject.shop_code, masked(asked.orders), asked.due)
    if asked.case_id is None:
        return await _at_place(tx, outbox, fabric, secret, table, asked, wanted, deed)

    def change(work: Work, case: Case, actor: Actor, unit: str | None) -> Case:
        if case.state == "withdrawn":
            raise follow_up_refused(case, "案件已经撤销，请按地点另开整改通知")
        return doing.order(work, case, wanted, actor, unit)

    return await done(tx, outbox, fabric, secret, asked.case_id, deed, TEAM, change, lambda case: _last(case, deed))


async def check(
    tx: Tx, outbox: Outbox, fabric: Fabric, secret: bytes, number: str, asked: CheckIn, deed: Deed
) -> dict[str, Any]:
    case_id = await REGISTER.case_of(tx, number)
    if case_id is None:
        raise no_rectification()
    if asked.due is not None and asked.due <= deed.now:
        raise wrong("/due", "时间已经过去，请填以后的时间")
    if asked.to is not None and fabric.unit(asked.to) is None:
        raise wrong("/to", "没有这个单位，请核对单位编码")
    looked = Looked(masked(asked.found), asked.due, asked.to)
    reach = standing.reach_of(fabric, deed.caller.role, deed.caller.unit, deed.now)

    def change(work: Work, case: Case, actor: Actor, unit: str | None) -> Case:
        one = rectifying.find(case, number)
        assert one is not None
        if one.state != "ordered":
            raise follow_up_refused(case, f"这张整改通知{rectifying.STATES[one.state]}，不用再复查")
        if asked.to is not None and "dispatcher" not in standing.standing_of(reach, case):
            _may_hand_over(work, case, unit, asked.to)
        return doing.check(work, case, one, looked, actor, unit)

    return await done(tx, outbox, fabric, secret, case_id, deed, TEAM, change, lambda case: _shown(case, number, deed))


def _may_hand_over(work: Work, case: Case, by: str | None, to: str) -> None:
    """The case goes with it: not past a ruling, and only to whom `by` may give a matter."""
    if case.dispute.bound and to != case.lead:
        said = f"这件事已经裁定由{work.name(case.lead)}主办，移交执法请由城运中心来办"
        raise follow_up_refused(case, said)
    refused = parts.may_not_dispatch(work.fabric, by or case.lead, to)
    if refused is not None:
        raise follow_up_refused(case, refused)


async def _at_place(
    tx: Tx, outbox: Outbox, fabric: Fabric, secret: bytes, table: RuleTable, asked: RectifyIn, wanted: Ordered, deed: Deed
) -> dict[str, Any]:  # fmt: skip
    """What a patrol finds and nobody has reported is a case of its own, routed as any other; no citizen waits for it."""
    if deed.caller.role not in FINDERS:
        raise not_yours("这把密钥不能开整改通知，请由城运中心、网格或部门来开")
    held = await before(tx, deed)
    if held is not None:
        return held
    assert asked.place is not None
    assert asked.concern is not None
    reach = standing.reach_of(fabric, deed.caller.role, deed.caller.unit, deed.now)
    unit = unit_of(fabric, deed, reach)
    case_id = new_id("case")
    work = Work(Record(deed.now), fabric, deed.now, secret)
    [case] = open_cases(
        work, table, {case_id: _found(fabric, case_id, asked.place, asked.concern, wanted, deed)}, False
    )
    doing.order(work, case, wanted, actor_of(fabric, deed, unit), unit)
    after = (await work.record.write(tx, outbox))[case_id]
    return await keep(tx, deed, _last(after, deed))


def _found(fabric: Fabric, case_id: str, spot: Spot, concern: str, wanted: Ordered, deed: Deed) -> OrderAccepted:
    sub = fabric.profile.sub(concern)
    whole = fabric.profile.concern(concern)
    if sub is None and whole.code != concern:
        raise wrong("/concern", "没有这个事项，请核对编码")
    return OrderAccepted(
        order_id=case_id,
        status="accepted",
        source="patrol",
        external_id=case_id,
        channel="patrol",
        kind="hazard",
        reported_at=deed.now,
        text="巡查发现",
        title=f"限期整改：{wanted.subject}",
        content=wanted.orders,
        concern=whole.code,
        sub_concern=sub.code if sub else None,
        category=whole.category,
        confidence=1,
        place=_place(fabric, spot, deed),
        fabric_version=fabric.version,
    )


def _place(fabric: Fabric, spot: Spot, deed: Deed) -> Place:
    found = resolve(fabric, spot.lon, spot.lat, deed.now)
    grids = {overlay: hit.grid for overlay, hit in found.overlays.items() if hit.grid}
    if not grids:
        raise wrong("/place", "这个地点不在辖区里，请核对坐标")
    address = public_address(masked(spot.address)) if spot.address else None
    return Place(lon=spot.lon, lat=spot.lat, address=address or None, zone=found.zone, grids=grids)


def _last(case: Case, deed: Deed) -> dict[str, Any]:
    return _shown(case, case.course.rectifications[-1].number, deed)


def _shown(case: Case, number: str, deed: Deed) -> dict[str, Any]:
    one = rectifying.find(case, number)
    assert one is not None
    return rectification_json(case.case_id, one, deed.now) | {"version": case.version}
