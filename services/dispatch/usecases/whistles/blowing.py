"""吹哨: whom to call, where to, by when; stored and told at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.dispatch.domain.actors import Actor
from services.dispatch.domain.lifecycle import FINAL
from services.dispatch.domain.standing import reach_of, sees
from services.dispatch.domain.whistle import calling, rights
from services.dispatch.domain.whistle.model import Call, Happening, Meet, Outcome, Whistle
from services.dispatch.domain.whistle.rights import Who
from services.dispatch.models import Case
from services.dispatch.repository import whistles as repository
from services.dispatch.usecases.whistles import refusals
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric import address
from services.fabric.resolve import resolve
from services.fabric.rules import EscalateTo, WhistleKind
from services.fabric.snapshot import Fabric
from services.kit.contracts.payload import Place
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.outbox import Outbox
from services.kit.problems import Forbidden

log = structlog.get_logger()
DEADLINE, SECOND = "whistle.deadline", "whistle.second"
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A whistle as asked for: for a case, or for a place. Positions are WGS-84."""

    kind: str
    need: str = ""
    case_id: str | None = None
    place: Place | None = None
    units: tuple[str, ...] = ()
    meet: Meet | None = None
    report_in_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Blower:
    """Who blows: `unit` is not called by its own whistle."""

    who: Who
    actor: Actor
    key_id: str

    @property
    def unit(self) -> str | None:
        return self.who.unit


@dataclass(frozen=True, slots=True)
class Remember:
    """An Idempotency-Key and the fingerprint of the body it came with."""

    key: str
    fingerprint: bytes


async def blow(
    tx: Tx,
    outbox: Outbox,
    fabric: Fabric,
    blower: Blower,
    wanted: Wanted,
    now: datetime,
    remember: Remember | None = None,
) -> tuple[str, bool]:
    """(id of the whistle, whether it is new). Invalid, Forbidden, NotFound for a case the key may not see, CaseIsOver,
    DifferentBody for a key that was used for something else."""
    kind = fabric.profile.whistle_kind(wanted.kind)
    if kind is None:
        known = "、".join(each.code for each in fabric.profile.whistle_kinds)
        raise refusals.wrong("/kind", f"没有这种哨，请用 {known} 之一")
    whistle_id = new_id("wh")
    if remember is not None:
        held = await repository.claim_key(tx, blower.key_id, remember.key, remember.fingerprint, whistle_id, now)
        if held is not None:
            if held.whistle_id is None or held.fingerprint != remember.fingerprint:
                raise refusals.same_key_other_body()
            return held.whistle_id, False
    telling = await Telling.begin(tx, fabric, now, cases=[wanted.case_id] if wanted.case_id else [])
    case = _case(fabric, blower, telling, wanted, now)
    place = _place(fabric, wanted, case, now)
    meet = _meet(fabric, wanted, place)
    units = _units(fabric, blower, wanted, meet, case, now)
    refused = rights.refusal(fabric, blower.who, kind, units)
    if refused is not None:
        raise Forbidden(refused)
    due = _deadline(fabric, kind, wanted, now)
    whistle = Whistle(
        whistle_id=whistle_id,
        case_id=wanted.case_id,
        kind=kind.code,
        kind_name=kind.name,
        need=wanted.need,
        place=place,
        meet=meet,
        blown_by=blower.actor.title,
        blown_unit=blower.unit,
        blown_at=now,
        report_in_by=due,
        ladder=kind.escalates,
        second=calling.second_rule(kind, due - now if wanted.report_in_by else None),
        calls=tuple(Call(unit, climbs_to(fabric, unit, kind.escalates), due) for unit in units),
        version=0,
    )
    told = telling.add(Outcome(whistle, (Happening("whistle.blown"),)), blower.actor)
    telling.remind(DEADLINE, told, due)
    await telling.write(tx, outbox)
    return whistle_id, True


def climbs_to(fabric: Fabric, unit: str, ladder: Sequence[EscalateTo]) -> tuple[str, ...]:
    found = calling.roster(fabric, unit, ladder)
    if found.absent:
        log.info("whistle.rung_absent", unit=unit, absent=list(found.absent))
    return found.climbs_to


def _case(fabric: Fabric, blower: Blower, telling: Telling, wanted: Wanted, now: datetime) -> Case | None:
    if wanted.case_id is None:
        return None
    case = telling.cases.get(wanted.case_id)
    if case is None or not sees(reach_of(fabric, blower.who.role, blower.unit, now), case):
        raise refusals.no_case()
    if case.state in FINAL:
        raise refusals.case_over(case.state)
    return case


def _place(fabric: Fabric, wanted: Wanted, case: Case | None, now: datetime) -> Place:
    """The case's, or the one given with its grids; a place that is named only by its address is looked up."""
    if case is not None:
        return case.place
    place = wanted.place
    if place is None:
        raise refusals.wrong("/place", "请写明 case_id 或 place")
    if place.lon is None and place.address:
        found = address.match(fabric.gazetteer, place.address)
        if found is not None and found.confidence >= fabric.profile.thresholds.triage_address:
            place = place.model_copy(update={"lon": found.lon, "lat": found.lat})
    if place.lon is None or place.lat is None:
        return place
    here = resolve(fabric, place.lon, place.lat, now)
    grids = {overlay: hit.grid for overlay, hit in here.overlays.items() if hit.grid is not None}
    return place.model_copy(update={"zone": here.zone, "grids": grids})


def _meet(fabric: Fabric, wanted: Wanted, place: Place) -> Meet:
    if wanted.meet is not None:
        return wanted.meet
    if place.lon is None or place.lat is None:
        raise refusals.wrong("/meet", "地点没有坐标，请写明集合点的 lon 和 lat")
    return Meet(place.lon, place.lat, place.address)


def _units(fabric: Fabric, blower: Blower, wanted: Wanted, meet: Meet, case: Case | None, now: datetime) -> list[str]:
    """Each once, in the order given; by default whoever the ground and the case propose."""
    for index, code in enumerate(wanted.units):
        if fabric.unit(code) is None:
            raise refusals.wrong(f"/units/{index}", "没有这个单位，请核对单位编码")
        if code == blower.unit:
            raise refusals.wrong(f"/units/{index}", "不能吹本单位，请去掉")
    if wanted.units:
        return list(dict.fromkeys(wanted.units))
    here = resolve(fabric, meet.lon, meet.lat, now)
    found = calling.proposed(fabric, here, case.assists if case else (), blower.unit)
    if not found:
        raise refusals.wrong("/units", "这个点上没有可叫的单位，请写明 units")
    return found


def _deadline(fabric: Fabric, kind: WhistleKind, wanted: Wanted, now: datetime) -> datetime:
    due = wanted.report_in_by
    if due is None:
        return calling.report_in_by(kind, now, fabric.calendar)
    if due <= now:
        raise refusals.wrong("/report_in_by", "报到时限已经过去，请填以后的时间")
    if due > now + LONGEST:
        raise refusals.wrong("/report_in_by", "报到时限超过一年，请填近一些的时间")
    return due
