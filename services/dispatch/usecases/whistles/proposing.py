"""What a whistle may be blown for, and whom it then calls: the catalogue at a place."""

from datetime import datetime
from typing import Any

from services.dispatch.domain.routing.directory import directory_of
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.site import Site, sites
from services.dispatch.domain.whistle import calling, catalogue, paging
from services.dispatch.domain.whistle.model import Meet
from services.dispatch.models import Case
from services.fabric.snapshot import Fabric
from services.fabric.taxonomy import OTHER
from services.fabric.whistle_rules import WhistleKind, WhistleMatter
from services.kit.contracts.payload import Place
from services.kit.problems import wrong


def named(fabric: Fabric, matter: str | None) -> WhistleMatter | None:
    """The row that was asked for by its code. Invalid for one that is not there."""
    if matter is None:
        return None
    row = fabric.profile.whistle_matter(matter)
    if row is None:
        raise wrong("/matter", "吹哨事项清单里没有这一项，请核对编码，或不写")
    return row


def kind(fabric: Fabric, wanted: str | None, row: WhistleMatter | None) -> WhistleKind:
    """The one asked for, else the row's. Invalid."""
    code = wanted or (row.kind if row else None)
    if code is None:
        raise wrong("/kind", "请写明吹哪一种哨，或写明 matter")
    found = fabric.profile.whistle_kind(code)
    if found is None:
        known = "、".join(each.code for each in fabric.profile.whistle_kinds)
        raise wrong("/kind", f"没有这种哨，请用 {known} 之一")
    return found


def fitting(fabric: Fabric, case: Case | None, need: str, of: WhistleKind) -> WhistleMatter | None:
    """The row of the catalogue that speaks for it, though nobody named one."""
    text = f"{case.title}\n{need}" if case else need
    return next(iter(catalogue.fitting(fabric.profile, case.matter if case else None, text, of.code)), None)


def site_of(fabric: Fabric, place: Place, meet: Meet | None, case: Case | None, now: datetime) -> Site:
    """Who stands where everybody is to come."""
    lon, lat = (meet.lon, meet.lat) if meet is not None else (place.lon, place.lat)
    matter = Matter(
        concern=case.concern if case else OTHER,
        lon=lon,
        lat=lat,
        address=place.address or "",
        text=f"{case.title}\n{case.summary}" if case else "",
    )
    return sites(fabric, directory_of(fabric), [matter], now)[0]


def units_of(
    fabric: Fabric,
    row: WhistleMatter | None,
    of: WhistleKind,
    site: Site,
    case: Case | None,
    blower: str | None,
    skills: tuple[str, ...] = (),
) -> list[str]:
    """Whom a whistle calls that names nobody: those of its `row`, volunteers where its kind calls volunteers, else whoever
    the ground and the case propose."""
    if row is not None:
        found = catalogue.units_of(fabric, row, site, blower)
        if found:
            return found
    if of.volunteers:
        teams = paging.teams_around(fabric, site.units.values(), skills)
        return [team for team in teams if team != blower]
    return calling.proposed(fabric, site.units, case.assists if case else (), blower)


def catalogue_json(
    fabric: Fabric, site: Site | None, *, concern: str | None, text: str, case: Case | None, blower: str | None
) -> dict[str, Any]:
    """All rows, those that fit first; with a place each with the units it would call there."""
    profile = fabric.profile
    fits = catalogue.fitting(profile, concern, text)
    rows = [*fits, *(row for row in profile.whistle_matters if row not in fits)]
    items = [_row_json(fabric, row, site, case, blower) | {"fits": row in fits} for row in rows]
    return {"items": items, "proposed": items[0] if fits else None}


def _row_json(
    fabric: Fabric, row: WhistleMatter, site: Site | None, case: Case | None, blower: str | None
) -> dict[str, Any]:
    of = fabric.profile.whistle_kind(row.kind)
    roles = [(code, fabric.profile.role(code)) for code in row.units]
    called = units_of(fabric, row, of, site, case, blower) if site is not None and of is not None else []
    return {
        "code": row.key,
        "matter": row.matter,
        "kind": row.kind,
        "kind_name": of.name if of else row.kind,
        "ground": row.ground,
        "roles": [{"code": code, "name": role.name if role else code} for code, role in roles],
        "skills": list(row.skills),
        "units": [{"unit": code, "name": fabric.unit_name(code)} for code in called],
    }
