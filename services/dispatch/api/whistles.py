"""吹哨报到 over HTTP."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response

from services.dispatch.domain import climbing
from services.dispatch.domain.actors import ROLE_TITLES, Actor
from services.dispatch.domain.standing import reach_of
from services.dispatch.domain.whistle import rights
from services.dispatch.domain.whistle.catalogue import doubts as doubts_of
from services.dispatch.domain.whistle.model import NodState, WhistleState
from services.dispatch.domain.whistle.rights import Who
from services.dispatch.domain.whistle.rules import RULES, Action
from services.dispatch.errors import needed
from services.dispatch.repository import whistles as repository
from services.dispatch.schemas.showing import whistle_json, whistle_with_timeline
from services.dispatch.schemas.whistles import BlowIn, Code, StepIn, WhistlePage, WhistleWhole
from services.dispatch.usecases.whistles import refusals
from services.dispatch.usecases.whistles.acting import Step, act
from services.dispatch.usecases.whistles.blowing import Blower, Remember, blow
from services.dispatch.usecases.whistles.offering import offered
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database, Tx
from services.kit.http import answers, cursors
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.http.idempotency import IdempotencyKey
from services.kit.keys import Caller
from services.kit.masking import masked
from services.kit.outbox import Outbox

_ANYBODY = Depends(allow())
_REFUSED = answers.refusals({404: "没有这个哨，或无权看", 409: "现在不能这样做；allowed 是能做的", 412: "别人先改了"})


def router(db: Database, clock: Clock, copy: Copy[Fabric], outbox: Outbox) -> APIRouter:
    """Under `/dispatch/v1/whistles`."""
    made = APIRouter(prefix="/dispatch/v1/whistles", tags=["吹哨报到"])

    @made.post(
        "",
        status_code=201,
        summary="吹哨",
        responses={
            201: {"model": WhistleWhole},
            200: {"description": "见过的 Idempotency-Key", "model": WhistleWhole},
            **_REFUSED,
        },
    )
    async def post(
        body: BlowIn,
        response: Response,
        caller: Annotated[Caller, Depends(allow(*rights.MAY_BLOW))],
        idempotency_key: IdempotencyKey,
    ) -> dict[str, Any]:
        """为一个案件，或为一个还没有案件的地点。同一个 Idempotency-Key 只吹一次。"""
        fabric, wanted = needed(copy.current), body.wanted()
        who = blower_of(fabric, caller)
        blower = Blower(who, _actor(fabric, caller), caller.key_id)
        remember = Remember(idempotency_key, _fingerprint(body)) if idempotency_key else None
        async with db.transaction() as tx:
            whistle_id, new = await blow(tx, outbox, fabric, blower, wanted, clock.now(), remember)
            answer = await _read(tx, fabric, who, whistle_id, response)
        if not new:
            response.status_code = 200
        return answer

    @made.get("", summary="哨的列表，新的在前", responses={200: {"model": WhistlePage}})
    async def listing(
        caller: Annotated[Caller, _ANYBODY],
        unit: Annotated[Code | None, Query(description="被叫的单位")] = None,
        state: WhistleState | None = None,
        case_id: Code | None = None,
        nod: Annotated[NodState | None, Query(description="waiting：等街道同意的")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        who = Who(caller.role, caller.unit)
        reach = reach_of(copy.current, who.role, who.unit, clock.now())
        parties = None if reach.everything else sorted(reach.units)
        wanted = {"unit": unit, "state": state, "case_id": case_id, "nod": nod, "parties": parties}
        async with db.reading() as tx:
            found = await repository.listing(tx, wanted, cursors.decode_moment(cursor), limit + 1)
        page = found[:limit]
        following = cursors.encode(page[-1].blown_at.isoformat(), page[-1].whistle_id) if len(found) > limit else None
        return cursors.page([whistle_json(whistle) for whistle in page], following)

    @made.get("/{whistle_id}", summary="一个哨", responses={200: {"model": WhistleWhole}, 404: _REFUSED[404]})
    async def one(whistle_id: str, response: Response, caller: Annotated[Caller, _ANYBODY]) -> dict[str, Any]:
        """连同每个单位的情况、互评和时间线。"""
        async with db.reading() as tx:
            return await _read(tx, needed(copy.current), Who(caller.role, caller.unit), whistle_id, response)

    def step_of(action: Action) -> Callable[..., Awaitable[dict[str, Any]]]:
        async def step(
            whistle_id: str,
            response: Response,
            caller: Annotated[Caller, _ANYBODY],
            body: Annotated[StepIn, Body(default_factory=StepIn)],
            if_match: IfMatch = None,
        ) -> dict[str, Any]:
            fabric, who = needed(copy.current), Who(caller.role, caller.unit)
            asked = Step(
                whistle_id=whistle_id,
                action=action,
                who=who,
                actor=_actor(fabric, caller, body.person),
                now=clock.now(),
                unit=body.unit,
                note=masked(body.note),
                position=body.position(),
                substitute=body.substitute,
                marks=body.marks,
                force=body.force,
                wanted=wanted_version(if_match),
            )
            async with db.transaction() as tx:
                await act(tx, outbox, fabric, asked)
                return await _read(tx, fabric, who, whistle_id, response)

        return step

    for action, rule in RULES.items():
        made.add_api_route(
            f"/{{whistle_id}}/{action}",
            step_of(action),
            methods=["POST"],
            summary=rule.name,
            name=action,
            responses={200: {"model": WhistleWhole}, **_REFUSED},
        )
    return made


async def _read(tx: Tx, fabric: Fabric, who: Who, whistle_id: str, response: Response) -> dict[str, Any]:
    """NotFound for what the caller may not see."""
    seen = await repository.one(tx, whistle_id)
    if seen is None or not rights.sees(fabric, who, seen.parties):
        raise refusals.no_whistle()
    put_etag(response, seen.whistle.version)
    whistle = seen.whistle
    kind = fabric.profile.whistle_kind(whistle.kind)
    doubts = doubts_of(fabric.profile, kind, whistle.matter, whistle.need) if kind is not None else []
    told = whistle_with_timeline(whistle, await repository.timeline(tx, whistle))
    return told | {"warnings": doubts, "may": offered(fabric, who, whistle)}


def blower_of(fabric: Fabric, caller: Caller) -> Who:
    """A duty desk's key without a unit blows for the operation centre."""
    unit = caller.unit
    if unit is None and caller.role == "duty_desk":
        unit = climbing.dispatcher(fabric)
    return Who(caller.role, unit)


def _actor(fabric: Fabric, caller: Caller, person: str | None = None) -> Actor:
    """In events by office, in the timeline by whoever it was."""
    title = ROLE_TITLES.get(caller.role) or (fabric.unit_name(caller.unit) if caller.unit else "单位")
    return Actor(person or caller.name, caller.role, title)


def _fingerprint(body: BlowIn) -> bytes:
    return hashlib.sha256(b"whistles:" + body.model_dump_json().encode()).digest()
