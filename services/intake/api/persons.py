"""A person's orders: found by number, handed over, erased at their request."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from services.intake.api import views, workbook
from services.intake.api.office import At
from services.intake.repository import persons as repository
from services.intake.schemas.privacy import (
    CertificateAnswer,
    EraseIn,
    ExportIn,
    FoundPage,
    PersonExport,
    PersonIn,
    PersonRequestPage,
)
from services.intake.usecases import persons
from services.intake.usecases.persons import Asked
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.keys import Caller

router = APIRouter(tags=["个人信息"])
Searcher = Annotated[Caller, Depends(allow("duty_desk", "supervisor", "source"))]
Supervisor = Annotated[Caller, Depends(allow("supervisor"))]
Reviewer = Annotated[Caller, Depends(allow("supervisor", "auditor"))]
_PRIVATE = {"Cache-Control": "no-store"}
_LATELY = timedelta(days=30)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post("/search", summary="按来电号码查以前的工单", response_model=FoundPage)
async def search(office: At, caller: Searcher, body: PersonIn) -> JSONResponse:
    """最近的 100 件，文字都已隐去个人信息，号码不回显。每查一次都记下是谁、为什么。来源只查得到自己的工单。

    角色：duty_desk、supervisor、source、admin。"""
    asked = _asked(office, caller, body)
    async with office.db.transaction() as tx:
        found = await persons.search(tx, office.sealer, asked)
    lately = sum(asked.now - _LATELY < order.reported_at <= asked.now for order in found)
    page = {"items": [views.item(order, caller.role) for order in found], "within_30_days": lately, "next": None}
    return JSONResponse(page, headers=_PRIVATE)


@router.post(
    "/persons/export",
    summary="导出一个人的全部信息",
    response_model=PersonExport,
    responses={200: {"content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export(office: At, caller: Supervisor, body: ExportIn) -> Response:
    """本人要求查阅、复制时用：工单、原话、进展、谁看过。`format` 为 xlsx 时给 Excel。角色：supervisor、admin。"""
    async with office.db.transaction() as tx:
        held = await persons.export(tx, office.sealer, _asked(office, caller, body))
    if body.format == "json":
        return JSONResponse(held, headers=_PRIVATE)
    disposition = {"Content-Disposition": f'attachment; filename="{held["request_id"]}.xlsx"'}
    return Response(workbook.of_person(held), media_type=_XLSX, headers=_PRIVATE | disposition)


@router.post("/persons/erase", summary="删除一个人的信息", response_model=CertificateAnswer)
async def erase(office: At, caller: Supervisor, body: EraseIn) -> JSONResponse:
    """办结的立即删除，在办的办结后自动删除，依法保留的不删；答复是删除证明。角色：supervisor、admin。"""
    asked = _asked(office, caller, body)
    async with office.db.transaction() as tx:
        certificate = await persons.erase_person(tx, office.outbox, office.sealer, asked, body.ground)
    return JSONResponse(certificate.as_json(), headers=_PRIVATE)


@router.get("/persons/requests", summary="办过的个人请求", response_model=PersonRequestPage)
async def list_requests(
    office: At, caller: Reviewer, limit: cursors.Limit = 100, cursor: cursors.Cursor = None
) -> JSONResponse:
    """导出和删除各办过哪些、结果如何；号码不留。角色：supervisor、auditor、admin。"""
    async with office.db.reading() as tx:
        found = await repository.requests(tx, cursors.decode_moment(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    last = cursors.encode(page[-1]["at"].isoformat(), page[-1]["request_id"]) if more else None
    return JSONResponse(cursors.page([_request(row) for row in page], last))


def _asked(office: At, caller: Caller, body: PersonIn) -> Asked:
    return Asked(body.phone, body.reason, caller, office.clock.now(), body.by)


def _request(row: Any) -> dict[str, Any]:
    return {
        "request_id": row["request_id"],
        "at": row["at"].isoformat(),
        "kind": row["kind"],
        "ground": row["ground"],
        "by": row["by_name"],
        "role": row["by_role"],
        "outcome": row["outcome"],
    }
