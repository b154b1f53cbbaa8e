"""跟踪问效 over HTTP: what is to be verified, called about, looked at again, or decided in a meeting."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import AfterValidator

from services.dispatch.domain import callbacks, climbing
from services.dispatch.domain.standing import Reach, reach_of
from services.dispatch.errors import needed, no_case
from services.dispatch.models import Case
from services.dispatch.repository import cases as cases_repository
from services.dispatch.repository import follow_up as repository
from services.dispatch.repository.follow_up import MeetingState, TaskKind
from services.dispatch.schemas.follow_up import MeetingIn
from services.dispatch.schemas.followed import (
    CallPage,
    MeetingItem,
    MeetingPage,
    TaskPage,
    call_json,
    meeting_item,
    task_json,
)
from services.dispatch.usecases import meeting
from services.dispatch.usecases.following_up import DESK, Deed, done
from services.fabric.calendar import SHANGHAI
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database, Tx
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.http.idempotency import IdempotencyKey
from services.kit.keys import Caller
from services.kit.outbox import Outbox

REFUSED = refusals({404: "没有这个案件，或无权看", 409: "现在不能这样做", 412: "别人先改了"})


def _ours(day: date) -> date:
    if not 2000 <= day.year <= 2100:
        raise ValueError("日期不在 2000 年到 2100 年之间，请改正")
    return day


Due = Annotated[
    Annotated[date, AfterValidator(_ours)] | None, Query(description="到哪一天为止到期的，如 2026-11-26；不写：全部")
]
_ANYBODY = Depends(allow())
_AMID = "|"
KINDS: tuple[TaskKind, ...] = ("verify", "callback", "recheck")


def router(db: Database, clock: Clock, copy: Copy[Fabric], outbox: Outbox, secret: bytes) -> APIRouter:
    """Under `/dispatch/v1`."""
    made = APIRouter(prefix="/dispatch/v1", tags=["跟踪问效"])

    @made.get("/follow-up", summary="要核查、回访、回头看的，先到期的在前", response_model=TaskPage)
    async def tasks(
        caller: Annotated[Caller, _ANYBODY],
        kind: TaskKind | None = None,
        due: Due = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JSONResponse:
        """回头看抽到的案件，到时才在这里出现。"""
        now, fabric = clock.now(), needed(copy.current)
        reach = reach_of(fabric, caller.role, caller.unit, now)
        kinds = KINDS if kind is None else (kind,)
        async with db.reading() as tx:
            found = await repository.tasks(tx, kinds, _end(due), reach, cursors.decode_moment(cursor), limit + 1)
        items = [task_json(what, at, case, now, _whose(fabric, what, case)) for what, at, case in found[:limit]]
        return _page(items, [(at, case.case_id) for _, at, case in found], limit)

    @made.get("/callbacks", summary="现在该给谁打回访电话，一位市民一行", response_model=CallPage)
    async def calls(
        caller: Annotated[Caller, _ANYBODY],
        due: Due = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JSONResponse:
        """只列由我们回访的；来源自己回访的、匿名的、评价过的、打够次数的不在内。"""
        now, fabric = clock.now(), needed(copy.current)
        reach = reach_of(fabric, caller.role, caller.unit, now)
        after, within = _within(cursors.decode_moment(cursor))
        async with db.reading() as tx:
            found = await repository.tasks(tx, ("callback",), _end(due), reach, after, limit + 1, again=bool(within))
            people = await _people(tx, fabric, [case for _, _, case in found[:limit]])
        owed = [
            (at, case, one)
            for (_, at, case), asked in zip(found[:limit], people, strict=True)
            for one in (_later(asked, within) if after and case.case_id == after[1] else asked)
            if one.ours
        ]
        items = [call_json(case, one, at, now) for at, case, one in owed[:limit]]
        if len(owed) <= limit:
            return _page(items, [(at, case.case_id) for _, at, case in found], limit)
        at, case, last = owed[limit - 1]
        following = cursors.encode(at.isoformat(), f"{case.case_id}{_AMID}{last.links[0].order_id}")
        return JSONResponse(cursors.page(items, following))

    @made.get("/meetings", summary="等会商的案件，或已经议定、还没有办结的", response_model=MeetingPage)
    async def for_meetings(
        caller: Annotated[Caller, _ANYBODY],
        state: MeetingState = "waiting",
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JSONResponse:
        """市民两次不认可的进街道会商；疑难件要会诊一次。"""
        now = clock.now()
        reach: Reach = reach_of(copy.current, caller.role, caller.unit, now)
        async with db.reading() as tx:
            found = await repository.for_meetings(tx, state, reach, cursors.decode_moment(cursor), limit + 1)
        items = [meeting_item(case, now) for case in found[:limit]]
        return _page(items, [(case.opened_at, case.case_id) for case in found], limit)

    @made.post("/cases/{case_id}/meeting", summary="登记会商结果", response_model=MeetingItem, responses=REFUSED)
    async def held(
        case_id: str,
        asked: MeetingIn,
        caller: Annotated[Caller, _ANYBODY],
        idempotency_key: IdempotencyKey,
        if_match: IfMatch = None,
    ) -> JSONResponse:
        """谁参加、什么时候、定了什么、由谁在什么时候前落实；进时间线，通知落实的单位。"""
        if "\0" in case_id:
            raise no_case()
        fabric, now = needed(copy.current), clock.now()
        told = f"meeting {case_id} {asked.model_dump_json()}"
        deed = Deed(caller, now, told, asked.by, asked.unit, wanted_version(if_match), idempotency_key)
        async with db.transaction() as tx:
            body = await done(
                tx,
                outbox,
                fabric,
                secret,
                case_id,
                deed,
                DESK,
                lambda work, case, actor, unit: meeting.hold(work, case, asked, actor, unit),
                lambda case: meeting_item(case, now),
            )
        answer = JSONResponse(body)
        put_etag(answer, body["version"])
        return answer

    return made


def _within(after: tuple[datetime, str] | None) -> tuple[tuple[datetime, str] | None, str]:
    """A page may end amid the reporters of one case: (its moment and case, the order of the last one shown or empty)."""
    if after is None:
        return None, ""
    case_id, _, order_id = after[1].partition(_AMID)
    return (after[0], case_id), order_id


def _later(asked: Sequence[callbacks.Reporter], shown: str) -> Sequence[callbacks.Reporter]:
    """Those after the one with the order `shown`."""
    places = (place for place, one in enumerate(asked, 1) if any(link.order_id == shown for link in one.links))
    return asked[next(places, 0) :]


async def _people(tx: Tx, fabric: Fabric, cases: Sequence[Case]) -> list[list[callbacks.Reporter]]:
    most = fabric.profile.after_resolve.callback_tries
    links = await cases_repository.links_of(tx, [case.case_id for case in cases])
    return [
        callbacks.reporters([link for link in links if link.case_id == case.case_id], case.round, most)
        for case in cases
    ]


def _whose(fabric: Fabric, kind: TaskKind, case: Case) -> str | None:
    named = case.course.verifier if kind in ("verify", "recheck") else None
    return named or climbing.dispatcher(fabric)


def _end(due: date | None) -> datetime | None:
    """The end of the day."""
    return datetime.combine(due + timedelta(days=1), time(), SHANGHAI) if due is not None else None


def _page(items: Sequence[Any], order: Sequence[tuple[datetime, str]], limit: int) -> JSONResponse:
    more = order[limit - 1] if len(order) > limit else None
    following = cursors.encode(more[0].isoformat(), more[1]) if more is not None else None
    return JSONResponse(cursors.page(items, following))
