"""Pure ASGI: bodies over the limit are refused before they are read, and every answer is timed."""

import json
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit.metrics import REQUESTS
from services.kit.problems import TooLarge


class Edge:
    """`roomy` names path prefixes that take larger bodies (prefix → bytes)."""

    def __init__(self, app: ASGIApp, service: str, limit: int, roomy: dict[str, int]) -> None:
        self._app = app
        self._service = service
        self._limit = limit
        self._roomy = roomy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = next((n for prefix, n in self._roomy.items() if scope["path"].startswith(prefix)), self._limit)
        refusal = TooLarge(f"内容超过 {limit // 1024} KB 的上限，请拆小后分批发")
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > limit:
            await _refuse(send, refusal)
            return
        taken = 0
        started = time.perf_counter()
        answered = refused = False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise refusal
            return message

        async def timed(message: Message) -> None:
            nonlocal answered, refused
            if message["type"] == "http.response.start" and not answered:
                answered = True
                # Some way down the error may have been taken for a body that can't be read.
                refused = taken > limit
                status = str(refusal.status if refused else message["status"])
                REQUESTS.labels(self._service, scope["method"], status).observe(time.perf_counter() - started)
                if refused:
                    await _refuse(send, refusal)
            if not refused:
                await send(message)

        try:
            await self._app(scope, counted, timed)
        except TooLarge:
            if answered:
                raise
            await _refuse(send, refusal)


async def _refuse(send: Send, problem: TooLarge) -> None:
    body = json.dumps(problem.as_json(), ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
