"""The HTTP side every service has: errors, limits, keys, health, metrics, docs without anything from outside."""

from collections.abc import Mapping
from typing import Any

from fastapi import Depends, FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.kit import parked
from services.kit.http import answers
from services.kit.http.auth import Buckets, Gate, allow
from services.kit.http.docs import mount_docs
from services.kit.http.limits import Edge
from services.kit.http.tracing import Traced
from services.kit.keys import Caller, Keys
from services.kit.problems import NotFound
from services.kit.service import Service
from services.kit.settings import KitSettings

_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/problem+json": {}}}
    for status, text in {
        400: "读不懂请求",
        401: "没有密钥",
        403: "没有权限",
        413: "内容太大",
        422: "内容有误",
        429: "请求太密",
        503: "暂时办不了，请原样重发",
    }.items()
}


def create_app(
    service: str, title: str, settings: KitSettings, keys: Keys, roomy: Mapping[str, int] | None = None
) -> FastAPI:
    """Routes live under `/<service>`; the same paths in one process and behind the gateway.

    `roomy`: path prefix → larger body limit in bytes.
    """
    app = FastAPI(
        title=f"多格合一 · {title}",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"/{service}/openapi.json",
        responses=_RESPONSES,
    )
    app.state.gate = Gate(keys, Buckets(None if settings.dev else settings.rate_limit))
    answers.install(app, service)
    mount_docs(app, service)
    app.add_middleware(Traced, service=service)
    app.add_middleware(Edge, service=service, limit=settings.body_limit, roomy=dict(roomy or {}))
    return app


def add_operations(service: Service) -> None:
    """`/healthz`, `/readyz`, `/metrics` under the service's prefix, and what is parked."""
    app, prefix = service.app, f"/{service.name}"

    @app.get(f"{prefix}/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get(f"{prefix}/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        found = await service.readiness()
        body = {"service": service.name, "ready": found.ready, "problems": found.problems}
        return JSONResponse(body, status_code=200 if found.ready else 503)

    @app.get(f"{prefix}/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get(f"{prefix}/v1/parked", tags=["运维"], summary="停放的事件")
    async def list_parked(caller: Caller = Depends(allow("auditor"))) -> dict[str, Any]:
        async with service.db.reading() as tx:
            found = [row for consumer in service.consumers() for row in await parked.listing(tx, consumer)]
        return {
            "items": [
                {
                    "id": row.id,
                    "topic": row.topic,
                    "key": row.key,
                    "type": row.type,
                    "error": row.error,
                    "parked_at": row.parked_at.isoformat(),
                }
                for row in found
            ],
            "next": None,
        }

    @app.post(f"{prefix}/v1/parked/retry", tags=["运维"], summary="重试停放的事件")
    async def retry_parked(topic: str, key: str, caller: Caller = Depends(allow("admin"))) -> dict[str, int]:
        done = 0
        for consumer in service.consumers():
            done += await parked.retry(service.db, consumer, topic, key)
        if not done:
            raise NotFound("没有停放着的这个键，请用 duoge dlq list 查看")
        return {"retried": done}
