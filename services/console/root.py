"""`/healthz`, `/readyz`, `/metrics` of the whole: all five services living, ready, and of one mind about the fabric."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.console.room import Room
from services.kit.holders import SERVICES, Holder, living, missing


def add_root(app: FastAPI, room: Room) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        async with room.db.reading() as tx:
            found = judge(await living(tx, room.settings.holder_expiry))
        return JSONResponse(found, status_code=200 if found["ready"] else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def judge(holders: list[Holder]) -> dict[str, Any]:
    """The current fabric is the latest that anybody holds."""
    version = max((holder.fabric_version for holder in holders), default=0)
    alive = {holder.service for holder in holders}
    problems = {service: "没有进程在运行" for service in SERVICES if service not in alive}
    problems |= {service: f"网格还没到第 {version} 版" for service in missing(holders, version) if service in alive}
    problems |= {holder.service: holder.detail or "还没就绪" for holder in holders if not holder.ready}
    return {"ready": not problems, "problems": problems, "fabric_version": version}
