"""职责清单 over HTTP: read it, replace it, as JSON or as a file."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.dispatch.api.rules import EDITORS
from services.dispatch.api.sheets import NO_VERSION, SAVED, SENT, Version, attached, received, refused
from services.dispatch.domain.routing.duties import LAYOUT, Duty, DutyList, read_duties
from services.dispatch.domain.routing.row import Sentence
from services.dispatch.domain.routing.sheet import to_csv, to_workbook
from services.dispatch.domain.routing.table import BadTable
from services.dispatch.domain.routing.versions import differences
from services.dispatch.domain.routing.vocabulary import Vocabulary
from services.dispatch.errors import needed
from services.dispatch.repository import versions as repository
from services.dispatch.usecases import duties, rules
from services.dispatch.usecases.rules import RuleBook
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.keys import Caller

_READERS = Depends(allow())


class DutiesIn(BaseModel):
    """What GET answers may be sent back as it is: what the house itself adds to it is let pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    duties: Annotated[list[Duty], Field(description="一条一项：事项 × 三区 × 权属")]
    note: Annotated[Sentence, Field(description="为什么改")] = ""
    version: int | None = None
    published_at: AwareDatetime | None = None
    published_by: Sentence | None = None


def router(db: Database, clock: Clock, copy: Copy[Fabric], book: RuleBook) -> APIRouter:
    """Under `/dispatch/v1/duties`."""
    made = APIRouter(prefix="/dispatch/v1/duties", tags=["职责清单"])

    @made.get("", summary="在用的职责清单：谁承办、谁监管、谁执法、依据哪一条", responses=NO_VERSION)
    async def read(response: Response, caller: Annotated[Caller, _READERS], version: Version = None) -> dict[str, Any]:
        async with db.reading() as tx:
            listed = (await book.current(tx)).duties if version is None else await book.duties_at(tx, version)
            assert listed is not None
            kept = await repository.read(tx, "duty_list", listed.version)
        put_etag(response, listed.version or 1)
        return duties.as_kept(listed, kept)

    @made.put("", summary="换一张职责清单", responses=refusals({412: "别人先改了"}))
    async def replace(
        response: Response,
        body: DutiesIn,
        caller: Annotated[Caller, Depends(allow(*EDITORS))],
        if_match: IfMatch = None,
    ) -> dict[str, Any]:
        """整张换，以前的版本留着。以后派的案件都印上新的；已经派的不改。"""
        faults = await asyncio.to_thread(duties.check, body.duties, needed(copy.current))
        if faults:
            raise rules.refuse(faults, "职责清单")
        wanted, now = wanted_version(if_match), clock.now()
        async with db.transaction() as tx:
            listed = await duties.publish(tx, book, body.duties, caller, body.note, wanted, now)
            kept = await repository.read(tx, "duty_list", listed.version)
        put_etag(response, listed.version)
        return duties.as_kept(listed, kept)

    @made.post("/read", summary="读一个职责清单文件（XLSX、CSV），不生效", openapi_extra=SENT)
    async def take(request: Request, caller: Annotated[Caller, _READERS]) -> dict[str, Any]:
        """读不懂的格子逐个指出行和列，公式不收。"""
        names = Vocabulary(needed(copy.current)).names()
        try:
            found = await asyncio.to_thread(read_duties, await received(request), names)
        except BadTable as bad:
            raise refused(bad) from None
        return {"duties": [duty.as_json() for duty in found]}

    @made.get("/file", summary="职责清单存成文件", response_class=Response, responses=SAVED)
    async def saved(
        caller: Annotated[Caller, _READERS],
        form: Annotated[str, Query(alias="format", pattern="^(xlsx|csv)$")] = "xlsx",
        version: Version = None,
    ) -> Response:
        async with db.reading() as tx:
            listed = (await book.current(tx)).duties if version is None else await book.duties_at(tx, version)
        assert listed is not None
        data = {"duties": listed.as_json()["duties"]}
        name = f"职责清单第{listed.version or 1}版"
        if form == "csv":
            return attached(to_csv(data, (LAYOUT,)), "csv", name)
        codes = Vocabulary(copy.current).listed() if copy.current is not None else []
        return attached(await asyncio.to_thread(to_workbook, data, codes, (LAYOUT,)), "xlsx", name)

    @made.get("/differences", summary="两个版本差在哪里", responses=NO_VERSION)
    async def compared(
        caller: Annotated[Caller, _READERS],
        before: Annotated[int, Query(ge=1, le=2**53)],
        after: Annotated[int, Query(ge=1, le=2**53)],
    ) -> dict[str, Any]:
        async with db.reading() as tx:
            old, new = await book.duties_at(tx, before), await book.duties_at(tx, after)
        return {"before": before, "after": after, **differences(_keyed(old), _keyed(new), "key")}

    return made


def _keyed(listed: DutyList) -> list[dict[str, Any]]:
    """`key`: what an entry is told apart by, `*` for all."""
    return [duty.as_json() | {"key": "/".join(part or "*" for part in duty.key)} for duty in listed.duties]
