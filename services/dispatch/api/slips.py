"""督办单 and 挂账 registers over HTTP, and what is done to a slip."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse

from services.dispatch.domain.slips import SlipAction
from services.dispatch.domain.standing import reach_of
from services.dispatch.errors import needed
from services.dispatch.models import SlipState
from services.dispatch.repository import lists
from services.dispatch.repository import slips as register
from services.dispatch.schemas.showing import shelving_json, slip_json
from services.dispatch.schemas.slips import ShelvedPage, SlipAsked, SlipPage, SlipWithVersion
from services.dispatch.usecases.slips import SlipCommand, act
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.keys import Caller
from services.kit.outbox import Outbox

_REFUSED = refusals(
    {
        404: "没有这张督办单，或无权看",
        409: "现在不能这样做；allowed 是能做的，state 是督办单现在的状态",
        412: "别人先改了案件",
    }
)
Code = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]+$")]
_ANYBODY = Depends(allow())


def router(db: Database, clock: Clock, copy: Copy[Fabric], outbox: Outbox) -> APIRouter:
    """Under `/dispatch/v1`."""
    made = APIRouter(prefix="/dispatch/v1", tags=["督办、挂账"])

    @made.get("/slips", summary="督办单，新的在前", response_model=SlipPage)
    async def listing(
        caller: Annotated[Caller, _ANYBODY],
        state: SlipState | None = None,
        unit: Annotated[Code, Query(description="被督办的单位")] = None,
        case_id: Code = None,
        overdue: Annotated[bool, Query(description="只要逾期没有回复的")] = False,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JSONResponse:
        """只列这把密钥看得到的。"""
        now = clock.now()
        reach = reach_of(copy.current, caller.role, caller.unit, now)
        wanted = {"state": state, "unit": unit, "case_id": case_id}
        async with db.reading() as tx:
            after = cursors.decode_moment(cursor)
            found = await register.listing(tx, wanted, overdue, reach, now, after, limit + 1)
        page = found[:limit]
        items = [slip_json(held, slip, now) | {"title": title} for held, title, slip in page]
        last = page[-1][2] if len(found) > limit else None
        following = cursors.encode(last.issued_at.isoformat(), last.number) if last else None
        return JSONResponse(cursors.page(items, following))

    @made.post("/slips/{number}/{action}", summary="办督办单", response_model=SlipWithVersion, responses=_REFUSED)
    async def do(
        number: Annotated[str, Path(max_length=120, pattern=r"^[^\x00]+$", description="督办单的编号")],
        action: SlipAction,
        caller: Annotated[Caller, _ANYBODY],
        asked: SlipAsked | None = None,
        if_match: IfMatch = None,
    ) -> JSONResponse:
        """reply 回复（被督办的单位），refuse 退回重报、close 销号、summon 约谈（逾期以后）、circulate 通报（约谈以后）由签发的一级来做。"""
        said, now = asked or SlipAsked(), clock.now()
        command = SlipCommand(number, action, said.by, said.note, caller, now, wanted_version(if_match))
        async with db.transaction() as tx:
            case, slip = await act(tx, outbox, needed(copy.current), command)
        body: dict[str, Any] = slip_json(case.case_id, slip, now) | {"title": case.title, "version": case.version}
        answer = JSONResponse(body)
        put_etag(answer, case.version)
        return answer

    @made.get("/shelved", summary="挂账登记，新的在前", response_model=ShelvedPage)
    async def shelved(
        caller: Annotated[Caller, _ANYBODY],
        unit: Annotated[Code, Query(description="主办、协办或被吹哨的单位")] = None,
        grid: Code = None,
        concern: Code = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JSONResponse:
        """现在不能办的：原因、谁签的字、下次什么时候复核。"""
        now = clock.now()
        reach = reach_of(copy.current, caller.role, caller.unit, now)
        wanted = {"state": "shelved", "unit": unit, "grid": grid, "concern": concern}
        async with db.reading() as tx:
            page = await lists.listing(tx, wanted, None, reach, now, cursors.decode_moment(cursor), limit)
        items: list[dict[str, Any]] = [
            {"case_id": case.case_id, "title": case.title, "concern": case.concern, "lead": case.lead}
            | {"class": case.case_class, "opened_at": case.opened_at.isoformat(), "shelving": shelving_json(case, now)}
            for case in page.cases
        ]
        last = page.following
        following = cursors.encode(last[0].isoformat(), last[1]) if last is not None else None
        return JSONResponse(cursors.page(items, following))

    return made
