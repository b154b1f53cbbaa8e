"""Pure ASGI: a span around each request, continuing the caller's `traceparent`."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.kit.tracing import span


class Traced:
    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parent = dict(scope["headers"]).get(b"traceparent")
        with span(f"{self._service} {scope['method']}", parent.decode("latin-1") if parent else None):
            await self._app(scope, receive, send)
