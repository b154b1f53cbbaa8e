"""判例 over HTTP: searched, and what they propose."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.dispatch.api.rules import EDITORS
from services.dispatch.errors import needed
from services.dispatch.repository import precedents as repository
from services.dispatch.usecases import precedents
from services.dispatch.usecases.rules import RuleBook
from services.fabric.snapshot import Fabric
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.keys import Caller

_LOOKERS = Depends(allow(*EDITORS, "auditor", "community", "grid_chief", "department"))
# The title is the case's own: whoever may not see every case sees what was ruled, not about what.
_TITLED = frozenset({"admin", *EDITORS, "auditor"})
Code = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]+$")]


def router(db: Database, copy: Copy[Fabric], book: RuleBook) -> APIRouter:
    """Under `/dispatch/v1/precedents`."""
    made = APIRouter(prefix="/dispatch/v1/precedents", tags=["判例"])

    @made.get("", summary="判例：历次裁定，新的在前")
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

    @made.get("/proposals", summary="裁定三次同向的，建议改规则")
    async def proposed(caller: Annotated[Caller, Depends(allow(*EDITORS, "auditor"))]) -> dict[str, Any]:
        """每一条带一行写好的规则和一条职责清单，采用时放进草稿，检查、试派以后发布。"""
        async with db.reading() as tx:
            table = await book.current(tx)
        return {"items": precedents.proposals(needed(copy.current), table), "next": None}

    return made
