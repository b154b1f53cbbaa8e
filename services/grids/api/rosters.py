"""Rosters over HTTP, and who is on duty."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from services.fabric.duty import Post
from services.fabric.model import UNIT_CODE
from services.fabric.snapshot import Fabric
from services.grids.api.answering import NEW, NO_UNIT
from services.grids.api.parameters import At, Reader, Wait, current, moment, rows_of
from services.grids.api.standing import Cards, require_keeper, staff_seal
from services.grids.domain.dating import at as edition_at
from services.grids.errors import no_roster, no_unit
from services.grids.repository import rosters as repository
from services.grids.roster_schemas import RosterPut, RosterRow, stored_roster_json
from services.grids.usecases import rosters as usecases
from services.grids.usecases.publishing import Registry
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.problems import wrong

Code = Annotated[str, Path(pattern=rf"^{UNIT_CODE}$", description="单位编码")]
_ROW = TypeAdapter(RosterRow)


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["值班"])
    kept_for = registry.settings.grids_history
    seal = staff_seal(registry)

    @router.put("/rosters/{unit}", summary="排班：换上一个单位的值班表", responses={**NEW, **NO_UNIT})
    async def put_roster(
        unit: Code, body: RosterPut, response: Response, caller: Reader, if_match: IfMatch = None, wait: Wait = False
    ) -> dict[str, Any]:
        """没有写 valid_from 的从现在起；只改对换和请假时就地更正。warnings 是没有人值班的空当。"""
        require_keeper(registry.copy.current, caller, unit)
        if body.unit not in (None, unit):
            raise wrong("/unit", f"和地址里的 {unit} 不一样，请只改一处")
        wanted = wanted_version(if_match)
        version, (stored, told, new) = await registry.change(
            "roster",
            caller,
            lambda tx, now: usecases.put_one(
                tx, registry.profile, body.roster(unit), wanted, now, kept_for, caller.name
            ),
        )
        if wait:
            await registry.held_everywhere(version)
        response.status_code = 201 if new else 200
        put_etag(response, stored.version)
        return {**stored_roster_json(stored, told), "fabric_version": version}

    @router.get("/rosters/{unit}", summary="一个单位的值班表和它的历史")
    async def get_roster(unit: Code, response: Response, caller: Reader, at: At = None) -> dict[str, Any]:
        when = moment(registry, at)
        async with registry.db.reading() as tx:
            stored = (await repository.some(tx, [unit])).get(unit)
        here = edition_at(stored.editions, when) if stored is not None else None
        if stored is None or here is None:
            raise no_roster(unit)
        put_etag(response, stored.version)
        history = [{"valid_from": _said(one.valid_from), "valid_to": _said(one.valid_to)} for one in stored.editions]
        return {**stored_roster_json(stored, here), "history": history}

    @router.put("/rosters", summary="导入多个单位的值班表，整体生效或整体不生效")
    async def put_rosters(request: Request, caller: Reader, wait: Wait = False) -> dict[str, Any]:
        rows = await rows_of(request, _ROW)
        for row in rows.good.values():
            require_keeper(registry.copy.current, caller, row.unit)
        told = {index: row.roster(row.unit) for index, row in rows.good.items()}
        version, counts = await registry.change(
            "rosters",
            caller,
            lambda tx, now: usecases.put_list(tx, registry.profile, told, now, kept_for, caller.name, rows.faults),
        )
        if wait:
            await registry.held_everywhere(version)
        return {
            "version": version,
            "added": counts.added,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
        }

    @router.get("/on-duty", summary="谁在值班，没有人应答时再找谁", responses=NO_UNIT)
    async def on_duty(
        caller: Reader,
        unit: Annotated[str, Query(pattern=rf"^{UNIT_CODE}$", description="单位编码")],
        at: At = None,
    ) -> dict[str, Any]:
        """source：roster 按值班表，hours 按单位的工作时间，parent 本单位没有人，找上级。"""
        when = moment(registry, at)
        fabric = current(registry).as_of(when)
        found = fabric.on_duty(unit, when)
        if found is None:
            raise no_unit(unit)
        cards = Cards(seal, fabric, caller)
        return {
            "unit": unit,
            "at": when.isoformat(),
            "on_duty": [] if found.first is None else [_post_json(fabric, cards, found.first)],
            "then": [_post_json(fabric, cards, post) for post in found.then],
            "source": found.source,
        }

    return router


def _post_json(fabric: Fabric, cards: Cards, post: Post) -> dict[str, Any]:
    """Of a person what the caller may see; a unit's own numbers are no secret."""
    told = {"unit": post.unit, "unit_name": fabric.unit_name(post.unit), "until": _said(post.until)}
    if post.person is None:
        unit = fabric.unit(post.unit)
        return {"person": None, "name": None, "channels": dict(unit.channels) if unit else {}, **told}
    person = fabric.people.get(post.person)
    card = cards.of(person) if person is not None else None
    return {
        "person": post.person,
        "name": card.name if card else None,
        "channels": dict(card.channels) if card else None,
        **told,
    }


def _said(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
