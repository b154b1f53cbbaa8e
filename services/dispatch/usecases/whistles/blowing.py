"""吹哨: whom to call, where to, by when; stored and told at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.dispatch.domain.actors import Actor
from services.dispatch.domain.lifecycle import FINAL
from services.dispatch.domain.routing.site import Site
from services.dispatch.domain.standing import reach_of, sees
from services.dispatch.domain.whistle import rights
from services.dispatch.domain.whistle.model import Meet
from services.dispatch.domain.whistle.rights import Who
from services.dispatch.errors import no_case
from services.dispatch.models import Case
from services.dispatch.repository import remembered
from services.dispatch.usecases.whistles import proposing, refusals
from services.dispatch.usecases.whistles.starting import Start, blown
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric import address
from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric
from services.fabric.whistle_rules import WhistleKind, WhistleMatter
from services.kit.contracts.payload import Place
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.outbox import Outbox
from services.kit.problems import Forbidden, same_key_other_body, wrong

LONGEST = timedelta(days=366)
# Degrees beyond the map, some five kilometres: a meeting point may lie in the next street.
BEYOND = 0.05
# "Meet at once" is a moment ago by the time it is read.
JUST_NOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A whistle as asked for: for a case, or for a place. Positions are WGS-84. `matter`: a row of the catalogue, by
    which kind, units and ground follow where they are not named."""

    kind: str | None
    need: str = ""
    matter: str | None = None
    ground: str = ""
    skills: tuple[str, ...] = ()
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
    refused = rights.refusal(blower.who)
    if refused is not None:
        raise Forbidden(refused)
    named = proposing.named(fabric, wanted.matter)
    kind = proposing.kind(fabric, wanted.kind, named)
    whistle_id = new_id("wh")
    if remember is not None:
        earlier = await _earlier(tx, blower.key_id, remember, whistle_id, now)
        if earlier is not None:
            return earlier, False
    telling = await Telling.begin(tx, fabric, now, cases=[wanted.case_id] if wanted.case_id else [])
    case = _case(fabric, blower, telling, wanted, now)
    place = _place(fabric, wanted, case, now)
    meet = _meet(fabric, wanted, place, now)
    site = proposing.site_of(fabric, place, meet, case, now)
    units = _units(fabric, blower, wanted, kind, named, site, case)
    start = Start(
        kind,
        units,
        place,
        meet,
        wanted.need,
        blower.unit,
        due=_deadline(wanted, now),
        matter=named or proposing.fitting(fabric, case, wanted.need, kind),
        ground=wanted.ground,
        skills=wanted.skills,
        waits=rights.waits(fabric, blower.who, kind, units),
    )
    blown(telling, start, case=case, actor=blower.actor, whistle_id=whistle_id)
    await telling.write(tx, outbox)
    return whistle_id, True


async def _earlier(tx: Tx, key_id: str, remember: Remember, whistle_id: str, now: datetime) -> str | None:
    """The whistle that this Idempotency-Key blew before; None when it is taken for the new one. Whoever comes second
    waits here for the first to commit."""
    answer = {"whistle_id": whistle_id}
    if await remembered.keep(tx, key_id, remember.key, remember.fingerprint, answer, now):
        return None
    held = await remembered.find(tx, key_id, remember.key)
    if held is None or held.fingerprint != remember.fingerprint:
        raise same_key_other_body()
    return str(held.answer["whistle_id"])


def _case(fabric: Fabric, blower: Blower, telling: Telling, wanted: Wanted, now: datetime) -> Case | None:
    if wanted.case_id is None:
        return None
    case = telling.cases.get(wanted.case_id)
    if case is None or not sees(reach_of(fabric, blower.who.role, blower.unit, now), case):
        raise no_case()
    if case.state in FINAL:
        raise refusals.case_over(case.state)
    return case


def _place(fabric: Fabric, wanted: Wanted, case: Case | None, now: datetime) -> Place:
    """The case's, or the one given with its grids; a place that is named only by its address is looked up."""
    if case is not None:
        return case.place
    place = wanted.place
    if place is None:
        raise wrong("/place", "请写明 case_id 或 place")
    if place.lon is None and place.address:
        found = address.match(fabric.gazetteer, place.address)
        if found is not None and found.confidence >= fabric.profile.thresholds.triage_address:
            place = place.model_copy(update={"lon": found.lon, "lat": found.lat})
    if place.lon is None or place.lat is None:
        return place
    _within_reach(fabric, "/place", place.lon, place.lat)
    here = resolve(fabric, place.lon, place.lat, now)
    grids = {overlay: hit.grid for overlay, hit in here.overlays.items() if hit.grid is not None}
    return place.model_copy(update={"zone": here.zone, "grids": grids})


def _within_reach(fabric: Fabric, pointer: str, lon: float, lat: float) -> None:
    """Nobody can report in to another city; just over the border somebody can."""
    if fabric.bounds is None:
        return
    west, south, east, north = fabric.bounds
    if not (west - BEYOND <= lon <= east + BEYOND and south - BEYOND <= lat <= north + BEYOND):
        raise wrong(f"{pointer}/lon", "这个位置离本地太远，没有单位能到，请核对经纬度")


def _meet(fabric: Fabric, wanted: Wanted, place: Place, now: datetime) -> Meet:
    if wanted.meet is not None:
        _within_reach(fabric, "/meet", wanted.meet.lon, wanted.meet.lat)
        at = wanted.meet.at
        if at is not None and at < now - JUST_NOW:
            raise wrong("/meet/at", "集合时间已经过去，请填以后的时间")
        if at is not None and at > now + LONGEST:
            raise wrong("/meet/at", "集合时间超过一年，请填近一些的时间")
        return wanted.meet
    if place.lon is None or place.lat is None:
        raise wrong("/meet", "地点没有坐标，请写明集合点的 lon 和 lat")
    return Meet(place.lon, place.lat, place.address)


def _units(
    fabric: Fabric,
    blower: Blower,
    wanted: Wanted,
    kind: WhistleKind,
    named: WhistleMatter | None,
    site: Site,
    case: Case | None,
) -> list[str]:
    """Each once, in the order given; by default those of the row that was named, volunteers for a whistle that calls
    volunteers, else whoever the ground and the case propose."""
    for index, code in enumerate(wanted.units):
        if fabric.unit(code) is None:
            raise wrong(f"/units/{index}", "没有这个单位，请核对单位编码")
        if code == blower.unit:
            raise wrong(f"/units/{index}", "不能吹本单位，请去掉")
    if wanted.units:
        return list(dict.fromkeys(wanted.units))
    found = proposing.units_of(fabric, named, kind, site, case, blower.unit, wanted.skills)
    if not found:
        raise wrong("/units", "这个点上没有可叫的单位，请写明 units")
    return found


def _deadline(wanted: Wanted, now: datetime) -> datetime | None:
    due = wanted.report_in_by
    if due is not None and due <= now:
        raise wrong("/report_in_by", "报到时限已经过去，请填以后的时间")
    if due is not None and due > now + LONGEST:
        raise wrong("/report_in_by", "报到时限超过一年，请填近一些的时间")
    return due
