"""What is agreed with each source."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from services.intake.api.office import At
from services.intake.domain.admission import leads_inside
from services.intake.domain.sources import Source
from services.intake.errors import no_source
from services.intake.repository import sources as repository
from services.intake.schemas.sources import SourceAnswer, SourceIn, SourceList
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.keys import Caller
from services.kit.problems import Stale, wrong

router = APIRouter(tags=["来源"])
Admin = Annotated[Caller, Depends(allow("admin"))]
AnyCaller = Annotated[Caller, Depends(allow())]
SourceName = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f/]+$")]
_NONE = {404: "没有和这个来源的约定，或者这把密钥看不到"}


@router.put(
    "/sources/{source}",
    summary="约定一个来源",
    response_model=SourceAnswer,
    responses={201: {"description": "新约定", "model": SourceAnswer}, **refusals({412: "已被别人改过"})},
)
async def put_source(
    source: SourceName, office: At, caller: Admin, body: SourceIn, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """配额、字段对照、默认渠道和回调、是否沙箱。整体替换；本进程立即生效，其他进程两秒之内。角色：admin。"""
    wanted = wanted_version(if_match)
    if body.channel is not None and office.profile.channel(body.channel) is None:
        raise wrong("/channel", "城市方案里没有这个渠道")
    if body.callback_url is not None and not office.dev and leads_inside(body.callback_url):
        raise wrong("/callback_url", "回调地址不能是本机或内网地址，请填从外面能访问的地址")
    async with office.db.transaction() as tx:
        stored = await repository.put(tx, body.source(source), wanted, caller.name, office.clock.now())
        if stored is None:
            raise Stale("别人刚改过，请重新读取后再改")
    await office.sources.refresh()
    version, new = stored
    response.status_code = 201 if new else 200
    put_etag(response, version)
    return _shown(body.source(source), version)


@router.get("/sources/{source}", summary="和一个来源的约定", response_model=SourceAnswer, responses=refusals(_NONE))
async def get_source(source: SourceName, office: At, caller: AnyCaller, response: Response) -> dict[str, Any]:
    """admin、supervisor、auditor 看得到全部，来源看得到自己的。"""
    async with office.db.reading() as tx:
        found = await repository.one(tx, source)
    if found is None or not (caller.role in ("admin", "supervisor", "auditor") or caller.speaks_for == source):
        raise no_source()
    put_etag(response, found.version)
    return _shown(found, found.version)


@router.get("/sources", summary="所有来源的约定", response_model=SourceList)
async def list_sources(
    office: At, caller: Annotated[Caller, Depends(allow("supervisor", "auditor"))]
) -> dict[str, Any]:
    async with office.db.reading() as tx:
        found = await repository.everyone(tx)
    return {"items": [_shown(found[name], found[name].version) for name in sorted(found)], "next": None}


def _shown(source: Source, version: int) -> dict[str, Any]:
    return {"source": source.source, "version": version, **repository.as_json(source)}
