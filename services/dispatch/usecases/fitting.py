"""What was ruled of matters like a case before, for whoever looks at it; and the change of the table that it proposes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.dispatch.domain.routing import precedents
from services.dispatch.domain.routing.directory import directory_of
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.precedents import NO_PRECEDENTS
from services.dispatch.domain.routing.site import sites
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.models import Case
from services.dispatch.usecases.precedents import proposals
from services.fabric.snapshot import Fabric


def fitting(fabric: Fabric, table: RuleTable, cases: Sequence[Case], now: datetime) -> list[dict[str, Any]]:
    """For each case `items`, at most three rulings of others to different effect, each with who would lead here by it, and
    `proposal`, the row that rulings of its kind propose, or None."""
    known = table.precedents or NO_PRECEDENTS
    if not known.known:
        return [{"items": [], "proposal": None} for _ in cases]
    directory = directory_of(fabric)
    proposed = proposals(fabric, table)
    found: list[dict[str, Any]] = []
    for case, site in zip(cases, sites(fabric, directory, [_matter(case) for case in cases], now), strict=True):
        items = []
        for one in known.like(case.matter, site, but=case.case_id):
            here = precedents.effect(directory, site, one)
            items.append(
                one.as_json()
                | {
                    "lead_name": fabric.unit_name(one.lead),
                    "previous_name": fabric.unit_name(one.previous) if one.previous else None,
                    "here": here,
                    "here_name": fabric.unit_name(here),
                    "said": precedents.said(fabric, one, here),
                }
            )
        fits = (each for each in proposed if _speaks_of(each, case.matter, site.zone))
        found.append({"items": items, "proposal": next(fits, None)})
    return found


def _matter(case: Case) -> Matter:
    place = case.place
    return Matter(
        concern=case.concern,
        sub_concern=case.sub_concern,
        zone=place.zone,
        lon=place.lon,
        lat=place.lat,
        grids=place.grids,
        address=place.address or "",
    )


def _speaks_of(proposal: Mapping[str, Any], matter: str, zone: str | None) -> bool:
    duty = proposal["duty"]
    return duty["matter"] == matter and (zone is None or duty.get("zone") in (None, zone))
