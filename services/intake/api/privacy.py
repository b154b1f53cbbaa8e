"""Who looked at what, what was deleted, what must not be, and under which keys it rests."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from services.intake.api import workbook
from services.intake.api.actions import REFUSALS
from services.intake.api.office import At, BySupervisor
from services.intake.domain.keeping import PARTS
from services.intake.repository import audit, erasing
from services.intake.schemas.bodies import ReasonIn
from services.intake.schemas.privacy import AuditPage, ErasurePage, HoldAnswer, KeysAnswer
from services.intake.schemas.texts import Code, MomentAsked, Name
from services.intake.usecases import erasing as usecase
from services.intake.usecases.resealing import key_status
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.keys import Caller
from services.kit.worker import Worker

router = APIRouter(tags=["个人信息"])
Reviewer = Annotated[Caller, Depends(allow("supervisor", "auditor"))]
_MOST_EXPORTED = 100_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def _wanted(
    order: Annotated[Code | None, Query(description="工单编号")] = None,
    by: Annotated[Name | None, Query(description="谁：密钥的名称")] = None,
    action: Annotated[Code | None, Query(description="动作，如 reveal、search、export、erase")] = None,
    since: Annotated[MomentAsked | None, Query(description="从何时起，带时区")] = None,
    until: Annotated[MomentAsked | None, Query(description="到何时止，带时区")] = None,
) -> dict[str, Any]:
    return {"order": order, "by": by, "action": action, "since": since, "until": until}


Wanted = Annotated[dict[str, Any], Depends(_wanted)]


@router.get("/audit", summary="操作记录", response_model=AuditPage)
async def list_audit(
    office: At, caller: Reviewer, wanted: Wanted, limit: cursors.Limit = 100, cursor: cursors.Cursor = None
) -> JSONResponse:
    """谁在什么时候、为什么看过或改过什么，最近的在前。角色：supervisor、auditor、admin。"""
    after = cursors.decode(cursor, 1)
    if after is not None and not (isinstance(after[0], int) and 0 < after[0] < 2**63):
        raise cursors.not_ours()
    async with office.db.reading() as tx:
        found = await audit.listing(tx, wanted | {"before": after[0] if after else None}, limit + 1)
    page, more = found[:limit], len(found) > limit
    return JSONResponse(cursors.page([_entry(row) for row in page], cursors.encode(page[-1]["id"]) if more else None))


@router.get(
    "/audit/export",
    summary="操作记录导出为 Excel",
    response_class=Response,
    responses={200: {"content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export_audit(office: At, caller: Reviewer, wanted: Wanted) -> Response:
    """最近的十万条。角色：supervisor、auditor、admin。"""
    async with office.db.reading() as tx:
        found = await audit.listing(tx, wanted, _MOST_EXPORTED)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="audit.xlsx"'}
    return Response(workbook.of_audit(_entry(row) for row in found), media_type=_XLSX, headers=headers)


@router.get("/erasures", summary="删除记录", response_model=ErasurePage)
async def list_erasures(
    office: At, caller: Reviewer, limit: cursors.Limit = 100, cursor: cursors.Cursor = None
) -> JSONResponse:
    """每天按期限、按请求各删了哪一部分、多少行。角色：supervisor、auditor、admin。"""
    async with office.db.reading() as tx:
        found = await erasing.booked(tx, _place(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    last = cursors.encode(page[-1]["day"].isoformat(), page[-1]["ground"], page[-1]["part"]) if more else None
    return JSONResponse(cursors.page([_erasure(row) for row in page], last))


@router.post("/orders/{order_id}/hold", summary="依法保留", response_model=HoldAnswer, responses=REFUSALS)
async def hold(office: At, command: BySupervisor, body: ReasonIn) -> JSONResponse:
    """诉讼、调查期间不删除。角色：supervisor、admin。"""
    return await _held(office, command, body.reason, True)


@router.post("/orders/{order_id}/unhold", summary="解除保留", response_model=HoldAnswer, responses=REFUSALS)
async def unhold(office: At, command: BySupervisor, body: ReasonIn) -> JSONResponse:
    """恢复按期限删除。角色：supervisor、admin。"""
    return await _held(office, command, body.reason, False)


@router.get("/privacy/keys", summary="个人信息的钥匙", response_model=KeysAnswer)
async def keys(office: At, caller: Annotated[Caller, Depends(allow("auditor"))]) -> JSONResponse:
    """每把钥匙还管着多少行；到 0 才可以丢掉旧的。角色：auditor、admin。"""
    return await _keys(office)


@router.post("/privacy/rotate", summary="换钥匙", response_model=KeysAnswer)
async def rotate(request: Request, office: At, caller: Annotated[Caller, Depends(allow("admin"))]) -> JSONResponse:
    """马上开始把旧钥匙加密的内容换成当前这把；在后台分批做，可以随时中断。角色：admin。"""
    resealer: Worker = request.app.state.resealer
    resealer.wake()
    return await _keys(office)


async def _keys(office: At) -> JSONResponse:
    async with office.db.reading() as tx:
        known = await key_status(tx, office.sealer)
    return JSONResponse(
        {
            "current": known.current,
            "held": list(known.held),
            "missing": list(known.missing),
            "rows": dict(known.rows),
            "left": known.left,
        }
    )


async def _held(office: At, command: BySupervisor, reason: str, held: bool) -> JSONResponse:
    async with office.db.transaction() as tx:
        await usecase.hold(tx, office.sealer, command, reason, held)
    return JSONResponse({"order_id": command.order_id, "held": held})


def _place(cursor: str | None) -> tuple[date, str, str] | None:
    parts = cursors.decode(cursor, 3)
    if parts is None:
        return None
    day, ground, part = parts
    try:
        where = date.fromisoformat(day)
    except (TypeError, ValueError):
        raise cursors.not_ours() from None
    if not all(isinstance(name, str) and name.isprintable() for name in (ground, part)):
        raise cursors.not_ours()
    return where, ground, part


def _entry(row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "order_id": row["order_id"],
        "at": row["at"].isoformat(),
        "action": row["action"],
        "by": row["by_name"],
        "key_id": row["by_key"],
        "role": row["by_role"],
        "note": row["note"],
    }


def _erasure(row: Any) -> dict[str, Any]:
    return {
        "day": row["day"].isoformat(),
        "ground": row["ground"],
        "part": row["part"],
        "part_said": PARTS[row["part"]],
        "rows": row["rows"],
        "ended_from": row["ended_from"].isoformat(),
        "ended_to": row["ended_to"].isoformat(),
        "at": row["at"].isoformat(),
    }
