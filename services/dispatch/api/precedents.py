"""判例 over HTTP: searched, and what they propose."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.dispatch.api.rules import EDITORS
from services.dispatch.domain.standing import UNIT_ROLES, reach_of, sees
from services.dispatch.errors import needed, no_case
from services.dispatch.repository import precedents as repository
from services.dispatch.repository import reading
from services.dispatch.usecases import precedents
from services.dispatch.usecases.fitting import fitting
from services.dispatch.usecases.rules import RuleBook
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.keys import Caller

# Who hears what rulings propose for the table.
ADOPTERS = frozenset({"admin", *EDITORS, "auditor"})
_LOOKERS = Depends(allow(*ADOPTERS, "community", "grid_chief", "department"))
# The title is the case's own: whoever may not see every case sees what was ruled, not about what.
_TITLED = ADOPTERS
_TOLD = refusals({404: "没有这个案件，或无权看"})
Code = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]+$")]


def router(db: Database, clock: Clock, copy: Copy[Fabric], book: RuleBook) -> APIRouter:
    """`/dispatch/v1/precedents`, and what fits a case."""
    made = APIRouter(prefix="/dispatch/v1", tags=["判例"])

    @made.get("/precedents", summary="判例：历次裁定，新的在前")
    async def listing(
        caller: Annotated[Caller, _LOOKERS],
        q: Annotated[
            str | None,
            Query(min_length=1, max_length=100, pattern=r"^[^\x00]+$", description="依据、案由里的字，或案件编号"),
        ] = None,
        concern: Annotated[Code, Query(description="事项或子项编码")] = None,
        unit: Annotated[Code, Query(description="裁定给谁，或从谁手里裁走")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        before = cursors.decode(cursor, 1)
        if before is not None and not isinstance(before[0], int):
            raise cursors.not_ours()
        wanted = {"q": q, "concern": concern, "unit": unit, "before": before[0] if before else None}
        async with db.reading() as tx:
            found = await repository.search(tx, wanted, limit + 1)
        fabric = needed(copy.current)
        items = [
            one.as_json()
            | {
                "title": title if caller.role in _TITLED else "",
                "concern_name": fabric.profile.concern_name(one.matter),
                "lead_name": fabric.unit_name(one.lead),
                "previous_name": fabric.unit_name(one.previous) if one.previous else None,
            }
            for one, title in found[:limit]
        ]
        return cursors.page(items, cursors.encode(items[-1]["id"]) if len(found) > limit else None)

    @made.get("/precedents/proposals", summary="裁定三次同向的，建议改规则")
    async def proposed(caller: Annotated[Caller, Depends(allow(*ADOPTERS))]) -> dict[str, Any]:
        """每一条带一行写好的规则和一条职责清单，采用时放进草稿，检查、试派以后发布。"""
        async with db.reading() as tx:
            table = await book.current(tx)
        return {"items": precedents.proposals(needed(copy.current), table), "next": None}

    @made.get("/cases/{case_id}/precedents", summary="合得上这个案件的判例和改规则的建议", responses=_TOLD)
    async def fitting_case(
        case_id: str, caller: Annotated[Caller, Depends(allow(*ADOPTERS, *UNIT_ROLES))]
    ) -> dict[str, Any]:
        """最多三件，裁法各不相同：同类事项、同类地段，离得近的、新的在前；here 是照它裁，这里由谁主办。"""
        fabric, now = needed(copy.current), clock.now()
        async with db.reading() as tx:
            case = await reading.one(tx, case_id) if "\0" not in case_id else None
            if case is None or not sees(reach_of(fabric, caller.role, caller.unit, now), case):
                raise no_case()
            [found] = fitting(fabric, await book.current(tx), [case], now)
        return found | ({} if caller.role in ADOPTERS else {"proposal": None})

    return made
