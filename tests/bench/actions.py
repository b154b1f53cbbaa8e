"""Actions of people on cases, beside a bare one: the same HTTP in the same process, as many durable commits and messages, no
logic. Both sides take turns on one PostgreSQL."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
from pydantic import BaseModel, ConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.dispatch.main import build
from services.dispatch.settings import DispatchSettings
from services.kit import migrate
from tests.bench.scratch import scratch
from tests.harness.single import single
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, opened

MATTERS, ACTIONS, CLIENTS, TURNS = 200, 400, 8, 5
_DDL = """
CREATE TABLE bare_case (id text PRIMARY KEY, sequence bigint NOT NULL, body text NOT NULL);
CREATE TABLE bare_entry (id text NOT NULL, sequence bigint NOT NULL, body text NOT NULL, PRIMARY KEY (id, sequence));
CREATE TABLE bare_out (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, value bytea NOT NULL);
INSERT INTO bare_case SELECT 'case_' || n, 1, repeat('x', 2000) FROM generate_series(0, 199) AS n"""


class Action(BaseModel):
    model_config = ConfigDict(extra="forbid")

    action: str
    note: str = ""


def bare_app(pool: asyncpg.Pool) -> Starlette:
    value = b"x" * 1500

    async def act(request: Request) -> JSONResponse:
        asked, case_id = Action.model_validate_json(await request.body()), request.path_params["case_id"]
        async with pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow("SELECT * FROM bare_case WHERE id = $1 FOR UPDATE", case_id)
            number = row["sequence"] + 1
            await connection.execute("UPDATE bare_case SET sequence = $2 WHERE id = $1", case_id, number)
            await connection.execute("INSERT INTO bare_entry VALUES ($1, $2, $3)", case_id, number, asked.note)
            await connection.execute("INSERT INTO bare_out (key, value) VALUES ($1, $2)", case_id, value)
        return JSONResponse({"case_id": case_id, "version": number, "body": row["body"]})

    return Starlette(routes=[Route("/cases/{case_id}/actions", act, methods=["POST"])])


def run() -> Iterator[dict[str, Any]]:
    with scratch() as url:
        yield asyncio.run(_run(url))


async def _run(url: str) -> dict[str, Any]:
    for history in migrate.HISTORIES:
        await asyncio.to_thread(migrate.upgrade, url, history)
    pool = await asyncpg.create_pool(url.replace("+asyncpg", ""), min_size=6, max_size=6)
    async with single(build, DispatchSettings, url) as one:
        await pool.execute(_DDL)
        cases = await opened(one, *(Order(f"ord_{n}") for n in range(MATTERS)))
        admin = await one.visitor("admin")
        for case in cases:
            (await admin.post(f"{CASES}/{case['case_id']}/actions", json={"action": "sign"})).raise_for_status()
        transport = httpx.ASGITransport(bare_app(pool))
        bare = httpx.AsyncClient(transport=transport, base_url="http://bare")
        ours_at = [f"{CASES}/{case['case_id']}/actions" for case in cases]
        bare_at = [f"/cases/case_{n}/actions" for n in range(MATTERS)]
        ours, theirs = [], []
        for _ in range(TURNS):
            theirs.append(await _rate(bare, bare_at))
            ours.append(await _rate(admin, ours_at))
        await bare.aclose()
    await pool.close()
    mine, other = sorted(ours)[TURNS // 2], sorted(theirs)[TURNS // 2]
    return {
        "bench": "actions",
        "ours_a_second": round(mine),
        "bare_a_second": round(other),
        "ratio": round(mine / other, 2),
    }


async def _rate(http: httpx.AsyncClient, places: list[str]) -> float:
    """Answered a second, by CLIENTS that each send the next as soon as they are answered."""
    waiting = iter(itertools.islice(itertools.cycle(places), ACTIONS))

    async def client() -> None:
        for place in waiting:
            answer = await http.post(place, json={"action": "progress", "note": "已到现场，正在处理"})
            answer.raise_for_status()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return ACTIONS / (time.perf_counter() - began)
