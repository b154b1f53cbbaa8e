"""`/console/v1`: what the screens show, for machines; and the rebuild of the read model."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.console import schemas, usecases
from services.console.domain.visibility import SEE_NOTHING, for_eyes
from services.console.domain.week import week
from services.console.errors import no_case, no_place_here
from services.console.looking import look_up
from services.console.repository import reading
from services.console.room import Room
from services.console.workers.read_model import ReadModel
from services.fabric.periods import HOW, BadPeriod
from services.kit.clock import local
from services.kit.contracts.cases import CaseState
from services.kit.contracts.payload import CaseClass, Light
from services.kit.http import cursors
from services.kit.http.auth import allow, authenticate
from services.kit.keys import Caller
from services.kit.problems import Invalid, wrong

Code = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]*$")]


async def looker(caller: Annotated[Caller, Depends(authenticate)]) -> Caller:
    """Any key that works for people of the street or the district."""
    if caller.role in SEE_NOTHING:
        raise no_place_here()
    return caller


Looker = Annotated[Caller, Depends(looker)]


def routes(room: Room, model: ReadModel) -> APIRouter:
    router = APIRouter(prefix="/console/v1", tags=["控制台"])

    @router.get("/cases", summary="案件一览，新的在前")
    async def list_cases(
        caller: Looker,
        state: CaseState | None = None,
        light: Light | None = None,
        case_class: Annotated[CaseClass | None, Query(alias="class")] = None,
        concern: Code = None,
        unit: Code = None,
        grid: Code = None,
        q: Annotated[str | None, Query(min_length=1, max_length=100, pattern=r"^[^\x00]*$")] = None,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
    ) -> dict[str, Any]:
        scope = room.scope(caller)
        given = {
            "state": state, "light": light, "class": case_class, "concern": concern, "unit": unit, "grid": grid, "q": q,
        }  # fmt: skip
        asked = {name: value for name, value in given.items() if value is not None}
        async with room.db.reading() as tx:
            rows = await reading.case_list(tx, scope, asked, cursors.decode_moment(cursor), limit + 1)
        more = rows[limit - 1] if len(rows) > limit else None
        words = room.words
        return cursors.page(
            [schemas.case_json(for_eyes(scope, row, words.withheld(row)), words) for row in rows[:limit]],
            cursors.encode(more.opened_at.isoformat(), more.case_id) if more else None,
        )

    @router.get("/cases/{case_id}", summary="一个案件，带时间线")
    async def one_case(caller: Looker, case_id: str) -> dict[str, Any]:
        found = await look_up(room, caller, case_id)
        if found is None:
            raise no_case()
        words = room.words
        return schemas.case_json(found.case, words) | {
            "timeline": [schemas.entry_json(entry, words) for entry in found.entries],
            "order_details": [schemas.order_json(order, words) for order in found.orders],
            "whistles": [schemas.whistle_json(whistle, words) for whistle in found.whistles],
        }

    @router.get("/summary", summary="件数、哨、三率")
    async def summary(
        caller: Looker, period: Annotated[str, Query(max_length=30, description=HOW)] = "month"
    ) -> dict[str, Any]:
        scope = room.scope(caller)
        try:
            counts = await room.counts(scope, period)
            rates = await room.rates(scope, period)
        except BadPeriod:
            raise _bad_period() from None
        return {
            "now": room.clock.now().isoformat(),
            "period": period,
            "states": counts.states,
            "lights": counts.lights,
            "whistles": counts.whistles,
            "rates": schemas.report_json(rates) if rates else None,
        }

    @router.get("/rosters/{unit}/week", summary="一个单位这一周实际的班：换班、节假日、调休都算进去")
    async def roster_week(caller: Looker, unit: str) -> dict[str, Any]:
        """days 为 null：这个单位没有值班表。人是编码，姓名见 /grids/v1/people。"""
        now, fabric = room.clock.now(), room.copy.current
        held = fabric.rosters.get(unit) if fabric is not None else None
        return {"unit": unit, "days": week(held, now, fabric.calendar) if fabric is not None and held else None}

    @router.post("/rebuild", status_code=202, summary="从头重建读模型，不向任何人发送")
    async def rebuild(caller: Annotated[Caller, Depends(allow("admin"))]) -> dict[str, str]:
        async with room.db.transaction() as tx:
            await usecases.rebuild(tx, model.inbox.consumer)
        model.wake()
        return {"status": "rebuilding", "since": local(room.clock.now())}

    return router


def _bad_period() -> Invalid:
    return wrong("/period", HOW)
