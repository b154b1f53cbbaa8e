"""The routing table's versions, its files, and the words that a cell may hold."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.dispatch.api.sheets import NO_VERSION, SAVED, SENT, Version, attached, named_by, received, refused
from services.dispatch.domain.routing.files import Form, read_file, write_file
from services.dispatch.domain.routing.table import BadTable
from services.dispatch.domain.routing.versions import differences
from services.dispatch.domain.routing.vocabulary import Vocabulary
from services.dispatch.errors import needed
from services.dispatch.repository import versions as repository
from services.dispatch.usecases.rules import RuleBook
from services.fabric.snapshot import Fabric
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.keys import Caller

_READERS = Depends(allow())
_SHIPPED = {"version": 1, "published_at": None, "published_by": None, "note": "随软件提供的默认规则"}


def router(db: Database, copy: Copy[Fabric], book: RuleBook) -> APIRouter:
    """Under `/dispatch/v1/rules`."""
    made = APIRouter(prefix="/dispatch/v1/rules", tags=["派单规则"])

    @made.get("/versions", summary="派单规则的历次版本，新的在前")
    async def versions(
        caller: Annotated[Caller, _READERS], limit: Limit = 100, cursor: Cursor = None
    ) -> dict[str, Any]:
        after = cursors.decode(cursor, 1)
        if after is not None and not isinstance(after[0], int):
            raise cursors.not_ours()
        async with db.reading() as tx:
            found = await repository.listing(tx, "rule_table", after[0] if after else None, limit + 1)
            shipped = len(await book.at_version(tx, 1)) if len(found) <= limit else 0
        items = [
            {
                "version": one.version,
                "rows": one.body["rows"],
                "published_at": one.at.isoformat(),
                "published_by": one.by_name,
                "note": one.note,
            }
            for one in found[:limit]
        ]
        if len(found) <= limit:
            return cursors.page([*items, _SHIPPED | {"rows": shipped}], None)
        return cursors.page(items, cursors.encode(items[-1]["version"]))

    @made.get("/differences", summary="两个版本差在哪里", responses=NO_VERSION)
    async def compared(
        caller: Annotated[Caller, _READERS],
        before: Annotated[int, Query(ge=1, le=2**53)],
        after: Annotated[int, Query(ge=1, le=2**53)],
    ) -> dict[str, Any]:
        async with db.reading() as tx:
            old, new = await book.at_version(tx, before), await book.at_version(tx, after)
        rows = differences(old.as_json()["rows"], new.as_json()["rows"], "id")
        return {"before": before, "after": after, **rows, "examples": [len(old.examples), len(new.examples)]}

    @made.get("/file", summary="派单规则存成文件", response_class=Response, responses=SAVED)
    async def saved(
        caller: Annotated[Caller, _READERS],
        form: Annotated[Form, Query(alias="format", description="xlsx、csv 或 json")] = "xlsx",
        version: Version = None,
    ) -> Response:
        """列名是中文的，改好后用 `POST /rules/read` 读回来，一字不差。"""
        async with db.reading() as tx:
            table = await (book.current(tx) if version is None else book.at_version(tx, version))
        codes = Vocabulary(copy.current).listed() if copy.current is not None else []
        content = await asyncio.to_thread(write_file, table, form, codes)
        return attached(content, form, f"派单规则第{table.version}版")

    @made.post("/read", summary="读一个规则文件，不生效", openapi_extra=SENT)
    async def read(
        request: Request,
        caller: Annotated[Caller, _READERS],
        name: Annotated[str | None, Query(max_length=300, description="文件名，按后缀认格式")] = None,
    ) -> dict[str, Any]:
        """XLSX、CSV 或 JSON。格子里可以写编码，也可以写名称；读不懂的格子逐个指出行和列，公式不收。"""
        names = Vocabulary(needed(copy.current)).names()
        content = await received(request)
        try:
            table = await asyncio.to_thread(read_file, content, named_by(content, name), 0, names)
        except BadTable as bad:
            raise refused(bad) from None
        told = table.as_json()
        return {"rows": told["rows"], "examples": told["examples"]}

    @made.get("/words", summary="规则里可以写的编码和名称")
    async def words(caller: Annotated[Caller, _READERS]) -> dict[str, dict[str, str]]:
        return Vocabulary(needed(copy.current)).as_json()

    return made
