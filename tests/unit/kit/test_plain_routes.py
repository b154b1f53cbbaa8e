"""A plain route is called with the request alone, also where its router is included in another."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from services.kit.http import answers
from services.kit.http.plain import PlainAnswer, PlainRoute, body_of


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: Annotated[str, Field(max_length=5)]


def _solved() -> None:
    raise AssertionError("nothing is solved around a plain route")


async def _post(request: Request) -> JSONResponse:
    body = await body_of(request, Body)
    return PlainAnswer({"words": body.words, "of": request.path_params["name"]})


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    inner, outer, app = APIRouter(dependencies=[Depends(_solved)]), APIRouter(prefix="/a"), FastAPI()
    inner.add_api_route("/{name}", _post, methods=["POST"], route_class_override=PlainRoute)
    outer.include_router(inner)
    app.include_router(outer)
    answers.install(app, "test")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_nothing_is_solved_around_it(http: httpx.AsyncClient) -> None:
    answer = await http.post("/a/x", json={"words": "喂“\u2028"})
    assert (answer.status_code, answer.json()) == (200, {"words": "喂“\u2028", "of": "x"})
    assert answer.headers["content-type"] == "application/json"
    other = await http.get("/a/x")
    assert (other.status_code, other.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("body", "media_type", "status", "place"),
    [
        (b'{"words": "123456"}', "application/json", 422, "/words"),
        (b'{"words": 1, "more": 2}', "application/json", 422, "/words"),
        (b'{"words": "\\ud800"}', "application/json", 422, "/words"),
        (b"[]", "application/json", 422, ""),
        (b"", "application/json", 422, ""),
        (b'{"words": NaN}', "application/json", 400, None),
        (b'{"words"', "application/json", 400, None),
        (b'{"words": "\xff"}', "application/json", 400, None),
        (b'{"words": "1"}', "text/plain", 415, None),
        (b'{"words": "1"}', "", 200, None),
    ],
)
async def test_what_it_reads_is_refused_as_anywhere(
    http: httpx.AsyncClient, body: bytes, media_type: str, status: int, place: str | None
) -> None:
    answer = await http.post("/a/x", content=body, headers={"Content-Type": media_type} if media_type else {})
    assert answer.status_code == status
    if place is not None:
        assert answer.json()["errors"][0]["pointer"] == place
