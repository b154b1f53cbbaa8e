"""`python -m tests.bench.bare.api PORT DSN BOOTSTRAP`: an order or an action in, one statement, an answer."""

import asyncio
import itertools
import sys
from typing import Any

import asyncpg
import uvicorn
from pydantic import BaseModel, TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.bench.bare.relay import Relay
from tests.bench.bare.shape import CASES, ORDERS, from_environment

_INSERT = """WITH kept AS (
  INSERT INTO bare_row (stage, id, body) SELECT 'api', id, body FROM unnest($1::text[], $2::text[]) AS r (id, body)
  ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO bare_outbox (stage, topic, key, value)
SELECT 'api', $3, kept.id, $4::bytea FROM kept, generate_series(1, $5)"""


class Order(BaseModel):
    external_id: str
    channel: str
    title: str | None = None
    content: str
    reported_at: str
    location: dict[str, Any] | None = None
    address: str | None = None
    reporter: dict[str, Any] | None = None
    kind: str | None = None


class Action(BaseModel):
    action: str
    note: str = ""


Orders = TypeAdapter(list[Order])


async def main(port: int, dsn: str, bootstrap: str) -> None:
    shape = from_environment()
    pool = await asyncpg.create_pool(dsn, min_size=4, max_size=10)
    relay = Relay(pool, bootstrap, "api", {ORDERS: 6, CASES: 6})
    relaying = asyncio.create_task(relay.run())
    padding = b"x" * shape.orders_bytes

    async def store(orders: list[Order]) -> None:
        ids = [order.external_id for order in orders]
        await pool.execute(_INSERT, ids, [order.content for order in orders], ORDERS, padding, shape.orders)
        relay.wake.set()

    async def one(request: Request) -> JSONResponse:
        order = Order.model_validate_json(await request.body())
        await store([order])
        return JSONResponse({"order_id": order.external_id, "status": "received"}, 201)

    async def many(request: Request) -> JSONResponse:
        orders = Orders.validate_json(await request.body())
        await store(orders)
        return JSONResponse({"items": [{"index": n, "status_code": 201, "order_id": o.external_id} for n, o in enumerate(orders)]})  # fmt: skip

    numbers, of_case, told = itertools.count(), b"x" * shape.cases_bytes, "x" * shape.answer_bytes

    async def act(request: Request) -> JSONResponse:
        asked = Action.model_validate_json(await request.body())
        number = next(numbers)
        name = f"{request.path_params['case_id']}-{number}"
        await pool.execute(_INSERT, [name], [asked.note], CASES, of_case, shape.cases)
        relay.wake.set()
        return JSONResponse({"case_id": name, "version": number, "told": told})

    routes = [
        Route("/orders", one, methods=["POST"]),
        Route("/orders/batch", many, methods=["POST"]),
        Route("/cases/{case_id}/actions", act, methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning", access_log=False)
    await uvicorn.Server(config).serve()
    relaying.cancel()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
