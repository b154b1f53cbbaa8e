"""Orders in a stream without an end: each line is answered as soon as it is committed, and no faster than it is read."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.intake.api.office import Office
from services.intake.api.posting import item, reader_of
from services.intake.domain.lifecycle import REPORTERS
from services.intake.reception import Arrival
from services.intake.schemas.bodies import OrderIn
from services.intake.usecases.receiving import Prepared
from services.kit.http.answers import Responses, problem_of
from services.kit.http.auth import authenticate, require
from services.kit.http.plain import PlainRoute, described, inlined
from services.kit.keys import Caller
from services.kit.problems import Problem, TooLarge, WrongType

router = APIRouter(tags=["工单"], route_class=PlainRoute)
LONGEST_LINE = 5 * 1024 * 1024
_TOGETHER = 200
_NDJSON = "application/x-ndjson"
_ORDER = inlined(OrderIn)
_ANSWERS: Responses = {
    200: {
        "description": "每行一个 JSON：index、status_code、order_id 和 links，或 problem；次序与来的相同",
        "content": {_NDJSON: {"schema": {"type": "string"}}},
    }
}


@router.post(
    "/orders/stream",
    summary="成串来单",
    responses=_ANSWERS,
    response_class=Response,
    openapi_extra=described(x_ndjson=_ORDER),
)
async def post_stream(request: Request) -> Response:
    """NDJSON，多长都行；边收边办，落盘一批就答一批，读得慢就收得慢。断了就从没有答复的那一行重发，重复的不会多算。"""
    office: Office = request.app.state.office
    caller = await authenticate(request)
    require(caller, *REPORTERS)
    told = request.headers.get("content-type", _NDJSON).partition(";")[0].strip().lower()
    if not ("ndjson" in told or "jsonl" in told or told in ("application/octet-stream", "text/plain")):
        raise WrongType(f"请发 NDJSON（{_NDJSON}），每行一张工单")
    await office.sources.ready()
    return _Stream(request, office, caller)


class _Stream(Response):
    """Reads and answers by turns. The framework's own would take what still comes in for a hang-up."""

    media_type = _NDJSON

    def __init__(self, request: Request, office: Office, caller: Caller) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._request, self._office, self._caller = request, office, caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        index = 0
        try:
            async for lines in grouped(self._request.stream()):
                answers = await self._taken(lines, index)
                index += len(lines)
                await send({"type": "http.response.body", "body": answers, "more_body": True})
        except ClientDisconnect:
            return
        except Exception as error:  # the head is out already: the last line says what happened
            problem = problem_of(error, "intake", self._request.url.path)
            line = _line({"index": index, "status_code": problem.status, "problem": problem.as_json()})
            await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _taken(self, lines: Sequence[bytes], first: int) -> bytes:
        office = self._office
        agreed = office.sources.of(self._caller.speaks_for)

        def read() -> tuple[list[Arrival | Problem], list[Prepared]]:
            reader = reader_of(office, self._caller)
            arrivals = reader.lines(lines)
            places = [place for place, one in enumerate(arrivals) if isinstance(one, Arrival)]
            for place in places[office.sources.granted(agreed, len(places)) :]:
                arrivals[place] = office.sources.refusal(agreed)
            return arrivals, office.reception.prepare([one for one in arrivals if isinstance(one, Arrival)])

        arrivals, prepared = await asyncio.to_thread(read)
        received = iter(await office.reception.store(prepared) if prepared else ())
        outcomes = [one if isinstance(one, Problem) else next(received) for one in arrivals]
        return b"".join(_line(item(first + place, outcome, office.receipts)) for place, outcome in enumerate(outcomes))


async def grouped(pieces: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """The lines that have come so far, at most _TOGETHER at once; blank ones are left out. TooLarge for a line without
    an end."""
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > LONGEST_LINE or any(len(line) > LONGEST_LINE for line in lines):
            raise TooLarge(f"一行超过 {LONGEST_LINE // 1024} KB 的上限，请检查换行")
        for group in _groups(lines):
            yield group
    for group in _groups([rest]):
        yield group


def _groups(lines: Sequence[bytes]) -> list[list[bytes]]:
    said = [line for line in lines if line.strip()]
    return [said[start : start + _TOGETHER] for start in range(0, len(said), _TOGETHER)]


def _line(told: dict[str, object]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
