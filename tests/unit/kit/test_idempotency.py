"""`Idempotency-Key`: read alike wherever it may be sent, and refused with one sentence."""

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.kit.http import idempotency
from services.kit.http.answers import install
from services.kit.http.idempotency import IdempotencyKey


def app() -> FastAPI:
    made = FastAPI()
    install(made, "test")

    @made.get("/solved")
    async def solved(key: IdempotencyKey) -> PlainTextResponse:
        return PlainTextResponse(key or "none")

    async def plain(request: Request) -> PlainTextResponse:
        return PlainTextResponse(idempotency.key_of(request) or "none")

    made.router.routes.append(Route("/plain", plain))
    return made


@pytest.mark.parametrize("path", ["/solved", "/plain"])
async def test_one_rule_for_every_route(path: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://t") as client:
        assert (await client.get(path)).text == "none"
        for good in ("k", "x" * 255, "a b"):
            assert (await client.get(path, headers={"Idempotency-Key": good})).text == good
        for bad in ("", "x" * 256, "a\tb"):
            answer = await client.get(path, headers={"Idempotency-Key": bad})
            assert answer.status_code == 422
            assert answer.json()["errors"] == [{"pointer": "/Idempotency-Key", "detail": "请填 1 到 255 个可见字符"}]


def test_the_page_tells_of_it_alike() -> None:
    [told] = app().openapi()["paths"]["/solved"]["get"]["parameters"]
    assert (told["name"], told["in"], told["required"]) == ("Idempotency-Key", "header", False)
    assert told["description"] == idempotency.PARAMETER["description"]
    assert told["schema"]["maxLength"] == idempotency.PARAMETER["schema"]["maxLength"] == 255
