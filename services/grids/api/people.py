"""People and volunteers over HTTP. Names and numbers are shown to those who have to call somebody."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from services.fabric.model import UNIT_CODE
from services.fabric.people import TEAMS
from services.fabric.snapshot import Fabric
from services.grids.api.answering import IN_USE, NEW
from services.grids.api.parameters import Asked, At, Reader, Wait, Writer, after_code, current, moment, rows_of
from services.grids.api.standing import Cards, staff_seal
from services.grids.domain.people import skill_code
from services.grids.errors import no_person
from services.grids.people_schemas import PersonPut, PersonRow, stored_person_json
from services.grids.repository import people as repository
from services.grids.usecases import people as usecases
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.keys import Caller
from services.kit.problems import wrong

Code = Annotated[str, Path(pattern=rf"^{UNIT_CODE}$", description="人员编码，如工号")]
Wanted = Annotated[Asked, Query(max_length=64)]
Grid = Annotated[Asked, Query(max_length=200, description="网格编码")]
_ROW = TypeAdapter(PersonRow)


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["人员"])
    seal = staff_seal(registry)

    async def listed(caller: Caller, asked: repository.Asked, limit: int, cursor: str | None) -> dict[str, Any]:
        async with registry.db.reading() as tx:
            found = await repository.page(tx, asked, after_code(cursor), limit + 1)
        cards = Cards(seal, registry.copy.current, caller)
        more = cursors.encode(found[limit - 1].person.code) if len(found) > limit else None
        return cursors.page([stored_person_json(one, cards.of(one.person)) for one in found[:limit]], more)

    @router.put("/people/{code}", summary="登记或修改一个人", responses=NEW)
    async def put_person(
        code: Code, body: PersonPut, response: Response, caller: Writer, if_match: IfMatch = None, wait: Wait = False
    ) -> dict[str, Any]:
        if body.code not in (None, code):
            raise wrong("/code", f"和地址里的 {code} 不一样，请只改一处")
        wanted = wanted_version(if_match)
        version, (stored, new) = await registry.change(
            "person", caller, lambda tx, now: usecases.put_one(tx, seal, body.staff(code), wanted, now)
        )
        if wait:
            await registry.held_everywhere(version)
        response.status_code = 201 if new else 200
        put_etag(response, stored.version)
        cards = Cards(seal, registry.copy.current, caller)
        return {**stored_person_json(stored, cards.of(stored.person)), "fabric_version": version}

    @router.get("/people/{code}", summary="一个人；姓名和联系方式按角色给")
    async def get_person(code: Code, response: Response, caller: Reader) -> dict[str, Any]:
        async with registry.db.reading() as tx:
            stored = (await repository.some(tx, [code])).get(code)
        if stored is None:
            raise no_person(code)
        put_etag(response, stored.version)
        return stored_person_json(stored, Cards(seal, registry.copy.current, caller).of(stored.person))

    @router.delete("/people/{code}", status_code=204, summary="删去一个人；还在值班表上时不行", responses=IN_USE)
    async def forget_person(code: Code, caller: Writer, if_match: IfMatch = None, wait: Wait = False) -> None:
        wanted = wanted_version(if_match)
        version, _ = await registry.change("person", caller, lambda tx, now: usecases.forget(tx, code, wanted, now))
        if wait:
            await registry.held_everywhere(version)

    @router.put("/people", summary="导入人员表，整体生效或整体不生效；表里没有的人不动")
    async def put_people(request: Request, caller: Writer, wait: Wait = False) -> dict[str, Any]:
        rows = await rows_of(request, _ROW)
        told = {index: row.staff(row.code) for index, row in rows.good.items()}
        version, counts = await registry.change(
            "people", caller, lambda tx, now: usecases.put_list(tx, seal, told, now, rows.faults)
        )
        if wait:
            await registry.held_everywhere(version)
        return {
            "version": version,
            "added": counts.added,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
        }

    @router.get("/people", summary="人员列表，按编码排序")
    async def list_people(
        caller: Reader,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
        unit: Wanted = None,
        grid: Grid = None,
        overlay: Wanted = None,
        role: Wanted = None,
        skill: Wanted = None,
        at: At = None,
    ) -> dict[str, Any]:
        """grid、role 看 at（不写是现在）在期的派驻；role 也可以是人员自己的角色。"""
        asked = repository.Asked(moment(registry, at), unit, grid, overlay, role, skill and skill_code(skill))
        return await listed(caller, asked, limit, cursor)

    @router.get("/volunteers", summary="志愿者：按专长和网格找")
    async def list_volunteers(
        caller: Reader,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
        skill: Wanted = None,
        grid: Grid = None,
        overlay: Wanted = None,
        at: At = None,
    ) -> dict[str, Any]:
        """网格的志愿者：派驻在那里的，以及负责它的单位所属志愿队的。"""
        when = moment(registry, at)
        teams = () if grid is None else _teams(current(registry).as_of(when), grid, overlay, when)
        asked = repository.Asked(
            when, None, grid, overlay, None, skill and skill_code(skill), in_teams=True, teams=teams
        )
        return await listed(caller, asked, limit, cursor)

    return router


def _teams(fabric: Fabric, grid: str, overlay: str | None, at: datetime) -> tuple[str, ...]:
    """Volunteer teams of the units that answer for a grid of that code."""
    layers = [overlay] if overlay is not None else list(fabric.overlays)
    holders = {found.unit for layer in layers if (found := fabric.grid(layer, grid, at)) and found.unit}
    below = frozenset[str]().union(*(fabric.below(holder) for holder in holders))
    return tuple(sorted(code for code in below if (unit := fabric.unit(code)) and unit.kind in TEAMS))
