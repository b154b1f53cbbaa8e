"""The feed of changes over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.grids.api.parameters import Asked, Reader
from services.grids.repository import changes as repository
from services.grids.repository.changes import Publicised
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors

_LAST = 2**63 - 1
_SEE_KEYS = ("admin", "auditor")


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["变更"])

    @router.get("/changes", summary="每一版改了什么，谁改的，来自哪个文件；最新的在最后")
    async def list_changes(
        caller: Reader,
        after: Annotated[int, Query(ge=0, le=_LAST, description="只要这一版以后的")] = 0,
        overlay: Annotated[Asked, Query(max_length=40, description="只要这个图层的")] = None,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
    ) -> dict[str, Any]:
        """跟着看：记住最后一条的 version，下次 after=它。what 是做了什么（overlay、unit、gazetteer……），codes
        每类最多列两百个。"""
        async with registry.db.reading() as tx:
            found = await repository.after(tx, _start(cursor, after), limit + 1, overlay)
        more = cursors.encode(found[limit - 1].version) if len(found) > limit else None
        return cursors.page([_told(one, caller.role in _SEE_KEYS) for one in found[:limit]], more)

    return router


def _start(cursor: str | None, after: int) -> int:
    parts = cursors.decode(cursor, 1)
    if parts is None:
        return after
    if isinstance(parts[0], bool) or not isinstance(parts[0], int) or not 0 <= parts[0] <= _LAST:
        raise cursors.not_ours()
    return parts[0]


def _told(one: Publicised, with_key: bool) -> dict[str, Any]:
    told = one._asdict() | {"at": one.at.isoformat()}
    if not with_key:
        del told["by_key"]
    return told
