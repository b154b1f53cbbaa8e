"""Registers as files: looked at first, or taken in."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from services.intake import importing
from services.intake.api import views
from services.intake.api.office import At, Office
from services.intake.api.posting import reader_of
from services.intake.api.uploads import upload_described, uploaded
from services.intake.domain.lifecycle import REPORTERS
from services.intake.domain.registers.columns import Register
from services.intake.domain.registers.failed import workbook_of
from services.intake.domain.registers.rows import Row
from services.intake.importing import Failed, Result
from services.intake.repository import importing as repository
from services.intake.schemas.imports import ImportAnswer
from services.intake.schemas.texts import Code
from services.kit.http.answers import problem_of
from services.kit.http.auth import allow
from services.kit.keys import Caller
from services.kit.problems import wrong

router = APIRouter(tags=["导入"])
Reporter = Annotated[Caller, Depends(allow(*REPORTERS))]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FAULTS_SHOWN = 50


@router.post(
    "/imports",
    summary="导入登记表",
    response_model=ImportAnswer,
    responses={200: {"content": {XLSX: {}, "text/event-stream": {}}}},
    openapi_extra=upload_described(XLSX, "text/csv"),
)
async def post_import(
    request: Request,
    office: At,
    caller: Reporter,
    preview: Annotated[bool, Query(description="只看认出了哪些列、会怎样，不导入")] = False,
    channel: Annotated[Code, Query(description="行里没写渠道的用它")] = "offline",
) -> Response:
    """来访登记、民情日记、走访台账这类 XLSX、CSV，列按常用的名字认；没有编号的行按内容给号，同一个文件再导一次什么也不加。

    没有导入的行在 failed 里，附原因。Accept 写成 text/event-stream 有进度；写成 XLSX 的类型，答复就是没有导入的行，
    改好可以直接再导。"""
    upload = await uploaded(request)
    if office.profile.channel(channel) is None:
        raise wrong("/channel", "城市方案里没有这个渠道")
    await office.sources.ready()
    register, rows = await asyncio.to_thread(importing.read_register, upload.content, office.profile, channel)
    if preview:
        return JSONResponse(_told(register, rows) | await _foretold(office, caller, register, rows))
    accepted = request.headers.get("accept", "")
    result = Result()
    steps = importing.take_in(
        register, rows, lambda: reader_of(office, caller), office.reception, office.sources, result
    )
    if "text/event-stream" in accepted:
        stream = _events(steps, register, rows, result, office)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
    async for _ in steps:
        pass
    if XLSX in accepted:
        headers = {"X-Import-Added": str(result.added), "X-Import-Known": str(result.known)}
        made = await asyncio.to_thread(
            workbook_of, register.headers, [(one.cells, one.reasons) for one in result.failed]
        )
        name = {"Content-Disposition": 'attachment; filename="failed.xlsx"', "Cache-Control": "no-store"}
        return Response(made, media_type=XLSX, headers=headers | name)
    return JSONResponse(_told(register, rows) | _done(result, office), headers={"Cache-Control": "no-store"})


async def _events(
    steps: AsyncIterator[int], register: Register, rows: Sequence[Row], result: Result, office: Office
) -> AsyncIterator[str]:
    try:
        async for done in steps:
            yield _event("progress", {"step": "writing", "done": done, "of": len(rows)})
        yield _event("answer", _told(register, rows) | _done(result, office))
    except Exception as error:  # the head is out already
        yield _event("problem", problem_of(error, "intake", "/intake/v1/imports").as_json())


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def _foretold(office: Office, caller: Caller, register: Register, rows: Sequence[Row]) -> dict[str, Any]:
    reader = reader_of(office, caller)
    arrivals, failed = await asyncio.to_thread(importing.checked_rows, register, rows, reader)
    ids = list({arrival.draft.external_id for arrival in arrivals})
    async with office.db.reading() as tx:
        known = await repository.known(tx, caller.speaks_for, ids)
    told = {"preview": True, "added": len(ids) - known, "known": len(arrivals) - len(ids) + known}
    return told | {
        "failed": _listed(failed[:_FAULTS_SHOWN]),
        "failures": len(failed),
        "sample": importing.sample_of(rows),
    }


def _told(register: Register, rows: Sequence[Row]) -> dict[str, Any]:
    clock = {} if register.clock is None else {register.clock: "reported_at"}
    columns = [
        {"header": name, "field": clock.get(place) or register.columns[place] or None}
        for place, name in enumerate(register.headers)
    ]
    return {
        "preview": False,
        "sheet": register.sheet.name,
        "header_line": register.header_line,
        "columns": columns,
        "rows": len(rows),
        "sample": [],
    }


def _done(result: Result, office: Office) -> dict[str, Any]:
    return {
        "added": result.added,
        "known": result.known,
        "failures": len(result.failed),
        "failed": _listed(result.failed),
        "taken": [
            {"line": line, "order_id": order_id, "links": views.led(order_id, office.receipts)}
            for line, order_id in result.taken
        ],
    }


def _listed(failed: Sequence[Failed]) -> list[dict[str, Any]]:
    return [{"line": one.line, "cells": list(one.cells), "reasons": list(one.reasons)} for one in failed]
