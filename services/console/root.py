"""`/healthz`, `/readyz`, `/metrics`, `/docs` of the whole: all five services living, ready, and of one mind about the fabric."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.console.room import Room
from services.kit.holders import SERVICES, Holder, living, missing

_TITLES = {"intake": "受理", "grids": "网格登记", "dispatch": "派单与办理", "notify": "通知", "console": "控制台"}


def add_root(app: FastAPI, room: Room) -> None:
    @app.api_route("/healthz", methods=["GET", "HEAD"], include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.api_route("/readyz", methods=["GET", "HEAD"], include_in_schema=False)
    async def readyz() -> JSONResponse:
        async with room.db.reading() as tx:
            found = judge(await living(tx, room.settings.holder_expiry))
        return JSONResponse(found, status_code=200 if found["ready"] else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        listed = "".join(
            f'<li><a href="/{service}/docs">{_TITLES[service]}</a>（<a href="/{service}/openapi.json">OpenAPI</a>）</li>'
            for service in SERVICES
        )
        return HTMLResponse(
            f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>接口文档 · 多格合一</title>'
            f"<h1>接口文档</h1><ul>{listed}</ul></html>"
        )


def judge(holders: list[Holder]) -> dict[str, Any]:
    """The current fabric is the latest that anybody holds."""
    version = max((holder.fabric_version for holder in holders), default=0)
    alive = {holder.service for holder in holders}
    problems = {service: "没有进程在运行" for service in SERVICES if service not in alive}
    problems |= {service: f"网格还没到第 {version} 版" for service in missing(holders, version) if service in alive}
    problems |= {holder.service: holder.detail or "还没就绪" for holder in holders if not holder.ready}
    return {"ready": not problems, "problems": problems, "fabric_version": version}
