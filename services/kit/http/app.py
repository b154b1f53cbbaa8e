"""The HTTP side every service has: errors, limits, keys, health, metrics, docs without anything from outside."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import AwareDatetime, BeforeValidator

from services.kit import outbox, parked, timers
from services.kit.auditor import Held
from services.kit.consumer import Consumer
from services.kit.db import Database
from services.kit.fields import written
from services.kit.http import answers
from services.kit.http.auth import Buckets, Gate, allow
from services.kit.http.docs import mount_docs
from services.kit.http.implied import add_implied
from services.kit.http.limits import Edge
from services.kit.http.tracing import Traced
from services.kit.keys import Caller, Keys
from services.kit.passes import Passes
from services.kit.problems import Conflict, NotFound
from services.kit.service import Service
from services.kit.settings import KitSettings

_RESPONSES = answers.refusals(
    {
        400: "读不懂请求",
        401: "没有密钥",
        403: "没有权限",
        413: "内容太大",
        415: "不是 JSON",
        422: "内容有误",
        429: "请求太密",
        503: "暂时办不了，请原样重发",
    }
)
_UNPARKED = answers.refusals({404: "没有停放着的这个键", 409: "重试后仍然失败"})
Since = Annotated[AwareDatetime, BeforeValidator(written)]
Name = Annotated[str, Query(max_length=300, pattern=r"^[^\x00]+$")]


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
        # A body of which nothing is said is read as JSON; one that says it is something else is refused.
        strict_content_type=False,
    )
    passes = Passes(settings.secret.get_secret_value())
    app.state.gate = Gate(keys, Buckets(None if settings.dev else settings.rate_limit), passes)
    answers.install(app, service)
    mount_docs(app, service)
    add_implied(app)
    app.add_middleware(Traced, service=service)
    app.add_middleware(Edge, service=service, limit=settings.body_limit, roomy=dict(roomy or {}))
    return app


def add_operations(service: Service) -> None:
    """`/healthz`, `/readyz`, `/metrics` under the service's prefix, and what is parked."""
    app, prefix = service.app, f"/{service.name}"

    # HEAD too: many a load balancer asks with nothing else.
    @app.api_route(f"{prefix}/healthz", methods=["GET", "HEAD"], include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.api_route(f"{prefix}/readyz", methods=["GET", "HEAD"], include_in_schema=False)
    async def readyz() -> JSONResponse:
        found = await service.readiness()
        body = {"service": service.name, "ready": found.ready, "problems": found.problems}
        return JSONResponse(body, status_code=200 if found.ready else 503)

    @app.get(f"{prefix}/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get(f"{prefix}/v1/audit/findings", tags=["审计"], summary="自查的规则和查出的问题")
    async def findings(caller: Caller = Depends(allow("auditor"))) -> dict[str, Any]:
        """每几分钟查一遍。`holds` 为假的，`found` 里是超过宽限还没有好的。"""
        return {"items": [_rule(held) for each in service.auditors() for held in each.held.values()], "next": None}

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

    @app.post(f"{prefix}/v1/parked/retry", tags=["运维"], summary="重试停放的事件", responses=_UNPARKED)
    async def retry_parked(topic: Name, key: Name, caller: Caller = Depends(allow("admin"))) -> dict[str, int]:
        return {"retried": await _unpark(service, parked.retry, topic, key)}

    @app.post(
        f"{prefix}/v1/parked/skip", tags=["运维"], summary="放弃停放的头一个事件，重试它后面的", responses=_UNPARKED
    )
    async def skip_parked(topic: Name, key: Name, caller: Caller = Depends(allow("admin"))) -> dict[str, int]:
        return {"done": await _unpark(service, parked.skip, topic, key)}

    @app.post(f"{prefix}/v1/timers/retry", tags=["运维"], summary="重试停放的期限")
    async def retry_timers(key: Name | None = None, caller: Caller = Depends(allow("admin"))) -> dict[str, int]:
        async with service.db.transaction() as tx:
            done = await timers.unpark(tx, key)
        for sweeper in service.sweepers():
            sweeper.wake()
        return {"retried": done}

    @app.post(f"{prefix}/v1/outbox/republish", tags=["运维"], summary="补发某时刻以来的事件（消息总线丢了数据时）")
    async def republish(since: Since, caller: Caller = Depends(allow("admin"))) -> dict[str, int]:
        async with service.db.transaction() as tx:
            return {"republished": await outbox.republish(tx, since)}


def _rule(held: Held) -> dict[str, Any]:
    return {
        "rule": held.rule.name,
        "sentence": held.rule.sentence,
        "leeway_seconds": held.rule.leeway.total_seconds(),
        "holds": held.holds,
        "looked_at": held.looked_at.isoformat() if held.looked_at else None,
        "found": [{"about": one.about, "said": one.said, "since": since.isoformat()} for one, since in held.found],
    }


Unpark = Callable[[Database, Consumer, str, str], Awaitable[int]]


async def _unpark(service: Service, unpark: Unpark, topic: str, key: str) -> int:
    done = 0
    for consumer in service.consumers():
        try:
            done += await unpark(service.db, consumer, topic, key)
        except parked.StillFailing as error:
            raise Conflict(f"重试后仍然失败，请先排除原因再重试：{error}") from None
    if not done:
        raise NotFound("没有停放着的这个键，请用 duoge dlq list 查看")
    return done
