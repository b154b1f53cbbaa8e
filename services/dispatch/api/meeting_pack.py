"""会商材料 over HTTP: what a meeting reads of each case that waits for it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from services.dispatch.api.precedents import ADOPTERS
from services.dispatch.domain.standing import DISPATCHERS, UNIT_ROLES, reach_of
from services.dispatch.errors import needed
from services.dispatch.repository import follow_up as repository
from services.dispatch.repository import reading
from services.dispatch.repository import whistles as whistle_repository
from services.dispatch.schemas.meeting_pack import MeetingPack, pack_item
from services.dispatch.usecases.fitting import fitting
from services.dispatch.usecases.rules import RuleBook
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor
from services.kit.keys import Caller

# As many lines of a case's story as fit on a page of paper.
STORY = 40


def router(db: Database, clock: Clock, copy: Copy[Fabric], book: RuleBook) -> APIRouter:
    """`/dispatch/v1/meetings/pack`."""
    made = APIRouter(prefix="/dispatch/v1/meetings", tags=["跟踪问效"])

    @made.get("/pack", summary="会商材料：等会商的案件，各带经过、判例和要定的事", response_model=MeetingPack)
    async def pack(
        caller: Annotated[Caller, Depends(allow(*DISPATCHERS, *UNIT_ROLES, "auditor"))],
        limit: Annotated[int, Query(ge=1, le=50, description="一页多少件")] = 20,
        cursor: Cursor = None,
    ) -> JSONResponse:
        """先立案的在前。举报件只列有这么一件。"""
        fabric, now = needed(copy.current), clock.now()
        reach = reach_of(fabric, caller.role, caller.unit, now)
        async with db.reading() as tx:
            found = await repository.for_meetings(tx, "waiting", reach, cursors.decode_moment(cursor), limit + 1)
            cases = found[:limit]
            ids = [case.case_id for case in cases]
            stories = await reading.timelines(tx, ids, STORY)
            whistles = await whistle_repository.of_subjects(tx, ids)
            fits = fitting(fabric, await book.current(tx), cases, now)
        proposes = caller.role in ADOPTERS
        items = [
            pack_item(fabric, case, now, stories[case.case_id], whistles.get(case.case_id, ()), fit, proposes)
            for case, fit in zip(cases, fits, strict=True)
        ]
        last = cases[-1] if len(found) > limit else None
        return JSONResponse(
            cursors.page(items, cursors.encode(last.opened_at.isoformat(), last.case_id) if last else None)
        )

    return made
