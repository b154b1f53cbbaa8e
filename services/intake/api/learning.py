"""The model beside the words, and what the desk corrected."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from services.intake.api.office import At
from services.intake.repository import learning as repository
from services.intake.repository import rulings
from services.intake.schemas.learning import CorrectionItem, LedgerItem, ModelAnswer
from services.intake.usecases import learning
from services.kit.db import Database
from services.kit.http.auth import allow
from services.kit.keys import Caller

router = APIRouter(tags=["自学分类"])
Admin = Annotated[Caller, Depends(allow())]
Auditor = Annotated[Caller, Depends(allow("duty_desk", "supervisor", "auditor"))]
_PAGE = 1_000
_COLUMNS = ("order_id", "at", "content", "was", "was_by", "confidence", "model", "concern", "by_name", "by_role")
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
# A spreadsheet would take what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@router.put("/model", summary="换上自学模型", response_model=ModelAnswer, openapi_extra=_FILE)
async def put_model(request: Request, office: At, caller: Annotated[Caller, Depends(allow("admin"))]) -> JSONResponse:
    """请求体就是 `duoge classify train` 写出的文件，至多 64 MB。检查过才采用，所有进程随后换上，不用重启。角色：admin。"""
    raw = await request.body()
    profile = office.profile
    model = await asyncio.to_thread(learning.checked, raw, profile)
    async with office.db.transaction() as tx:
        await learning.put_in_use(tx, model, raw, caller, office.clock.now())
    await office.learner.follow()
    return await _told(office)


@router.delete("/model", summary="停用上传的模型", response_model=ModelAnswer)
async def delete_model(office: At, caller: Annotated[Caller, Depends(allow("admin"))]) -> JSONResponse:
    """回到设置里指的文件；没有就全按词判断。角色：admin。"""
    async with office.db.transaction() as tx:
        await repository.end(tx, office.clock.now())
    await office.learner.follow()
    return await _told(office)


@router.get("/model", summary="在用的自学模型", response_model=ModelAnswer)
async def get_model(office: At, caller: Auditor) -> JSONResponse:
    """版本、成绩、从何时起、最近一天判断了多少。角色：duty_desk、supervisor、auditor、admin。"""
    return await _told(office)


@router.get(
    "/corrections",
    summary="值班台改过的事项",
    response_model=None,
    responses={
        200: {
            "description": "一行一条",
            "content": {"application/x-ndjson": {"schema": CorrectionItem.model_json_schema()}, "text/csv": {}},
        }
    },
)
async def get_corrections(
    office: At,
    caller: Auditor,
    form: Annotated[
        Literal["ndjson", "csv"], Query(alias="format", description="ndjson，或能直接拿去训练的 csv")
    ] = "ndjson",
    after: Annotated[int, Query(ge=0, le=2**62, description="从这个 id 以后")] = 0,
) -> Response:
    """原话已隐去个人信息。角色：duty_desk、supervisor、auditor、admin。"""
    write, media = (_csv, "text/csv; charset=utf-8") if form == "csv" else (_ndjson, "application/x-ndjson")
    return StreamingResponse(_written(office.db, after, write), media_type=media)


@router.get(
    "/ledger",
    summary="训练用的台账",
    response_model=None,
    responses={
        200: {
            "description": "一行一张工单",
            "content": {"application/x-ndjson": {"schema": LedgerItem.model_json_schema()}, "text/csv": {}},
        }
    },
)
async def get_ledger(
    office: At,
    caller: Auditor,
    form: Annotated[
        Literal["ndjson", "csv"], Query(alias="format", description="ndjson，或能直接拿去训练的 csv")
    ] = "ndjson",
) -> Response:
    """办结和裁定过的工单：原话（已隐去个人信息）、事项和最后由谁承办，裁定过的注明原来是谁。举报件不在内。
    `duoge classify train 台账.csv --label lead` 学会派给谁。角色：duty_desk、supervisor、auditor、admin。"""
    media = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    return StreamingResponse(_ledger(office.db, form == "csv"), media_type=media)


async def _ledger(db: Database, sheet: bool) -> AsyncIterator[str]:
    after, first = "", True
    while True:
        async with db.reading() as tx:
            found = await rulings.ledger(tx, after, _PAGE)
        rows = [asdict(line) | {"reported_at": line.reported_at.isoformat()} for line in found]
        yield _sheet(rulings.Line.__slots__, rows, first) if sheet else _ndjson(rows, first)
        if len(found) < _PAGE:
            return
        first, after = False, found[-1].order_id


async def _told(office: Any) -> JSONResponse:
    async with office.db.reading() as tx:
        return JSONResponse(await learning.told(tx, office.learner.current, office.profile, office.clock.now()))


async def _written(db: Database, after: int, write: Any) -> AsyncIterator[str]:
    first = True
    while True:
        async with db.reading() as tx:
            found = await repository.corrections(tx, after, _PAGE)
        yield write(learning.lines(found), first)
        if len(found) < _PAGE:
            return
        first, after = False, found[-1][0]


def _ndjson(rows: list[dict[str, Any]], first: bool) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _csv(rows: list[dict[str, Any]], first: bool) -> str:
    return _sheet(_COLUMNS, rows, first)


def _sheet(columns: Sequence[str], rows: list[dict[str, Any]], first: bool) -> str:
    out = io.StringIO()
    sheet = csv.writer(out)
    if first:
        sheet.writerow(columns)
    sheet.writerows([_harmless(row[name]) for name in columns] for row in rows)
    return ("\ufeff" if first else "") + out.getvalue()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
