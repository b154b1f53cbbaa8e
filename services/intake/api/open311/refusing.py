"""Pure ASGI: whatever is refused under `/open311`, by a route, by the limits before it or by no route at all, is told in
Open311's own form, in the format that the path ends in."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.intake.api.open311.writing import MEDIA_TYPES, Document, Listed
from services.intake.errors import BY_ALLOWED
from services.kit.http.answers import problem_of, problem_response

PREFIX = "/open311"
# 404 for what does not exist, 403 for the key, 400 for every other fault of the request; what is none keeps its own.
_STATUSES: Mapping[int, int] = {401: 403, 403: 403, 404: 404, 405: 405, 429: 429, 500: 500, 503: 503}
# Names of ours for what a client writes otherwise.
_CALLED: Mapping[str, str] = {"form": "路径后缀", "file": "media"}
_PROBLEM = b"application/problem+json"
_KEPT = (b"retry-after", b"allow")


class OwnForm:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return
        # Many a client joins the endpoint's address and the path with one slash too many.
        path = scope["path"].replace("//", "/")
        scope = {**scope, "path": path, "raw_path": scope.get("raw_path", b"").replace(b"//", b"/")}
        form = "json" if path.endswith(".json") else "xml"
        held: Message | None = None
        body = b""
        started = False

        async def told(message: Message) -> None:
            nonlocal held, body, started
            if message["type"] == "http.response.start":
                started = True
                if _header(message, b"content-type") == _PROBLEM:
                    held = message
                    return
            if held is None:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                await _refuse(send, form, held["status"], json.loads(body), held["headers"])

        try:
            await self._app(scope, receive, told)
        except Exception as error:  # answered here, for what is raised further is answered as a problem
            if started:
                raise
            response = problem_response(problem_of(error, "intake", path))
            await _refuse(send, form, response.status_code, json.loads(bytes(response.body)), response.raw_headers)


def errors(status: int, problem: Mapping[str, Any]) -> Document:
    """One error for each place that is wrong, else one for the whole."""
    places = [f"{_named(place['pointer'])}{place['detail']}" for place in problem.get("errors", ())]
    # Its form has no `allowed`.
    told = places or [problem["detail"].replace(BY_ALLOWED, "请读取它的现状")]
    return Document("errors", Listed("error", [{"code": status, "description": one} for one in told]))


def _named(pointer: str) -> str:
    """The argument meant, as the client calls it."""
    name = pointer.removeprefix("/").split("/")[0]
    return f"{_CALLED.get(name, name)}：" if name else ""


def _header(message: Message, wanted: bytes) -> bytes | None:
    return next((value for name, value in message["headers"] if name.lower() == wanted), None)


async def _refuse(send: Send, form: str, status: int, problem: Mapping[str, Any], headers: Any) -> None:
    code = _STATUSES.get(status, 400)
    body = errors(code, problem).written(form)
    kept = [(name, value) for name, value in headers if name.lower() in _KEPT]
    own = [(b"content-type", MEDIA_TYPES[form].encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": code, "headers": [*own, *kept]})
    await send({"type": "http.response.body", "body": body})
