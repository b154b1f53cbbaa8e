"""The record over HTTP: looked through as a stream, and its checkpoints for whoever keeps a copy."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict
from itertools import chain as joined
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from services.dispatch.keeper import Keeper
from services.dispatch.repository import record as repository
from services.dispatch.usecases.verifying import Verifying, shown
from services.kit.bus.port import Bus, BusUnavailable
from services.kit.checkpoints import Checkpoint, Signer, from_line
from services.kit.contracts.topics import CHECKPOINTS
from services.kit.db import Database
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.http.cursors import Limit
from services.kit.keys import Caller
from services.kit.problems import Unreadable

VERIFY = "/dispatch/v1/audit/verify"
# As much as an auditor may send of his own: some years of a district.
MOST_BYTES = 512 * 1024 * 1024
_NDJSON = "application/x-ndjson"
_AUDITOR = Depends(allow("auditor"))
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {_NDJSON: {"schema": {"type": "string"}}}, "description": "一行一个 JSON，最后一行有 ok"}
}


def router(db: Database, bus: Bus, signer: Signer, keeper: Keeper) -> APIRouter:
    """Under `/dispatch/v1/audit`."""
    made = APIRouter(prefix="/dispatch/v1/audit", tags=["审计"])

    async def stream(more: Iterable[Checkpoint]) -> AsyncIterator[bytes]:
        on_shelf = keeper.shelf.read() if keeper.shelf else iter(())
        on_the_bus: list[Checkpoint] = []
        try:
            on_the_bus = await _on_the_bus(bus)
        except BusUnavailable:
            yield orjson.dumps({"note": "消息总线连不上，没有和它上面的检查点比"}) + b"\n"
        outside = joined(on_the_bus, on_shelf, more)
        work = Verifying(db, signer.public, outside)
        async for fault in work.run():
            told = {"progress": asdict(work.tally)} if fault is None else {"fault": shown(fault)}
            yield orjson.dumps(told) + b"\n"
        yield orjson.dumps({"ok": work.tally.faults == 0, **asdict(work.tally)}) + b"\n"

    @made.get("/verify", summary="核对全部案卷", response_class=StreamingResponse, responses=_STREAM)
    async def verify(caller: Annotated[Caller, _AUDITOR]) -> StreamingResponse:
        """边查边答：`{"progress":{…}}`、`{"fault":{"kind","subject","sequence","said"}}`，最后 `{"ok":…}`。没有最后一行就是没有查完。"""
        return StreamingResponse(stream(()), media_type=_NDJSON)

    @made.post("/verify", summary="连同外面保存的检查点一起核对", response_class=StreamingResponse, responses=_STREAM)
    async def verify_with(request: Request, caller: Annotated[Caller, _AUDITOR]) -> StreamingResponse:
        """请求体是检查点文件，一行一个。库里缺的、和库里不一样的都指出来，并照它核对案卷。"""
        lines = (await request.body()).splitlines()
        given = await asyncio.to_thread(lambda: list(_read(lines)))
        return StreamingResponse(stream(given), media_type=_NDJSON)

    @made.get("/checkpoints", summary="检查点")
    async def checkpoints(
        caller: Annotated[Caller, _AUDITOR],
        after: Annotated[int, Query(ge=0, le=2**53, description="从这个号之后")] = 0,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """每个都有签名，`key` 是验签的公钥（Ed25519）；存一份在别处，以后用 POST 核对。"""
        async with db.reading() as tx:
            found = await repository.checkpoints(tx, after, limit + 1)
        page = cursors.page([_view(each, signer) for each in found[:limit]], None)
        return page | {"next": found[limit - 1].number if len(found) > limit else None}

    @made.post("/checkpoints", summary="立即封存一次")
    async def seal(caller: Annotated[Caller, _AUDITOR]) -> dict[str, Any]:
        """不等下一次定时封存。"""
        await keeper.seal()
        async with db.reading() as tx:
            last = await repository.last_checkpoint(tx)
        return {"number": last.number if last else 0, "hash": last.hash.hex() if last else None}

    return made


async def _on_the_bus(bus: Bus) -> list[Checkpoint]:
    """All that the topic still holds."""
    reader = await bus.read_all(CHECKPOINTS.name)
    found: list[Checkpoint] = []
    try:
        while True:
            found += [from_line(record.value) for record in await reader.poll(0) if record.value is not None]
            if await reader.caught_up():
                return found
    finally:
        await reader.stop()


def _read(lines: Iterable[bytes]) -> Iterator[Checkpoint]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield from_line(line)
            except ValueError:
                raise Unreadable(f"第 {number} 行不是检查点，请给原样保存的文件") from None


def _view(one: Checkpoint, signer: Signer) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": one.told["at"],
        "body": one.body.decode(),
        "hash": one.hash.hex(),
        "signature": one.signature.hex(),
        "key": signer.public.hex(),
    }
