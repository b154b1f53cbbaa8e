"""A ruling is kept as a precedent, in the transaction that makes it; several to the same effect propose a change."""

from typing import Any

from services.dispatch.domain.routing.directory import Directory, directory_of
from services.dispatch.domain.routing.precedents import Precedent, row_of, target_of
from services.dispatch.domain.routing.row import Row
from services.dispatch.domain.routing.shadow import surely
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.models import Case
from services.dispatch.repository import precedents as repository
from services.dispatch.usecases.actions.asked import Act
from services.fabric.snapshot import Fabric
from services.kit.db import Tx


async def remember(tx: Tx, act: Act, before: Case, after: Case) -> None:
    """After a ruling: `before` and `after` it."""
    directory, grids = directory_of(act.work.fabric), after.place.grids
    lead = after.lead or ""
    made = Precedent(
        id=0,
        case_id=after.case_id,
        at=act.now,
        concern=after.concern,
        sub_concern=after.sub_concern,
        zone=after.place.zone,
        grids=grids,
        previous=_disputed(before),
        lead=lead,
        target=target_of(directory, lead, grids, act.now),
        ground=act.words("ground"),
        by_unit=act.unit,
    )
    await repository.add(tx, made, act.actor.name)


def _disputed(case: Case) -> str | None:
    """Who last sent it back; else who has it."""
    return case.dispute.returned_by[-1] if case.dispute.returned_by else case.lead


def proposals(fabric: Fabric, table: RuleTable) -> list[dict[str, Any]]:
    """What the table should learn: a ready row and an entry of the list of duties for each run of rulings that the table
    does not follow yet."""
    if table.precedents is None:
        return []
    directory = directory_of(fabric)
    taken = frozenset(row.id for row in table.rows)
    found: list[dict[str, Any]] = []
    for rulings in table.precedents.runs():
        newest = rulings[0]
        deciding = surely(fabric.profile, table.rows, newest.matter, newest.zone)
        if deciding is not None and deciding.lead[0] == newest.target:
            continue
        priority = max(0, deciding.priority - 1) if deciding else 50
        row = Row.model_validate(row_of(fabric, rulings, priority, taken))
        found.append(_proposal(directory, [one.as_json() for one in rulings], row, deciding, len(rulings)))
    return found


def _proposal(
    directory: Directory, rulings: list[dict[str, Any]], row: Row, deciding: Row | None, count: int
) -> dict[str, Any]:
    written = row.as_json()
    matter = (row.when.sub or row.when.concern)[0]
    zone = row.when.zone[0] if row.when.zone else None
    duty = {"matter": matter, "undertakes": list(row.lead), "article": row.ground, "note": row.title}
    return {
        "text": f"裁定 {count} 次同向：建议改规则（{directory.fabric.profile.concern_name(matter)}）",
        "count": count,
        "instead_of": deciding.id if deciding else None,
        "row": written,
        "duty": duty | ({"zone": zone} if zone else {}),
        "precedents": rulings,
    }
