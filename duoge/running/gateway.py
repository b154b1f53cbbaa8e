"""One origin for all services of one process: the same paths as behind the gateway of compose."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class Gateway:
    """Sends each request to the app whose path prefix it has; `fallback` gets the rest."""

    def __init__(self, apps: Mapping[str, ASGIApp], fallback: ASGIApp) -> None:
        self._apps = dict(apps)
        self._fallback = fallback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("the services are started by their runner, not by the server")
        first = "/" + scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else "/"
        await self._apps.get(first, self._fallback)(scope, receive, send)
