"""Lists: filtered, paged, of the caller's own; and the page that describes the API."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.harness.single import Single
from tests.integration.intake.made import acted, order, posted, unclear

LIST = "/intake/v1/orders"


async def _ids(client: httpx.AsyncClient, **params: Any) -> list[str]:
    answer = await client.get(LIST, params=params)
    assert answer.status_code == 200, answer.text
    return [item["order_id"] for item in answer.json()["items"]]


async def test_lists_are_filtered(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    first = await posted(source, order(external_id="A-1"))
    await intake.advance(timedelta(minutes=5))
    second = await posted(source, unclear(channel="web_message"))
    other = await posted(await intake.visitor("source", source="other"), order(external_id="A-1"))
    one, two, three = first["order_id"], second["order_id"], other["order_id"]
    assert await _ids(source) == [one, two]
    assert await _ids(desk) == [one, two, three]
    assert await _ids(source, external_id="A-1") == [one]
    assert await _ids(desk, external_id="A-1") == [one, three]
    assert await _ids(desk, source="other") == [three]
    assert await _ids(source, source="other") == [one, two]
    assert await _ids(desk, channel="web_message") == [two]
    assert await _ids(desk, status="triage") == [two]
    assert await _ids(desk, status="closed") == []
    at = intake.clock.now() - timedelta(minutes=1)
    assert await _ids(desk, changed_after=at.isoformat()) == [two, three]
    # As it arrives when nobody escaped the plus.
    unescaped = await desk.get(f"{LIST}?changed_after={at.astimezone().isoformat()}")
    assert unescaped.status_code == 200
    await intake.advance(timedelta(minutes=5))
    await acted(source, one, "urge")
    assert await _ids(desk) == [two, three, one]


async def test_pages_join_without_gap_or_double(source: httpx.AsyncClient) -> None:
    rows = [order() for _ in range(25)]
    items = (await source.post(f"{LIST}/batch", json=rows)).json()["items"]
    found: list[str] = []
    cursor = None
    while True:
        page = (await source.get(LIST, params={"limit": 7} | ({"cursor": cursor} if cursor else {}))).json()
        found += [item["order_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(item["order_id"] for item in items)
    assert len(set(found)) == 25


@pytest.mark.parametrize(
    ("query", "status_code"),
    [
        ("cursor=garbage", 400),
        ("cursor=WyJ4IiwgInkiXQ", 400),
        ("cursor=WzEsIDJd", 400),
        ("cursor=WyIyMDI2LTExLTIzVDAwOjAwOjAwKzAwOjAwIiwgIlx1MDAwMCJd", 400),
        ("limit=0", 422),
        ("limit=1001", 422),
        ("limit=x", 422),
        ("status=lost", 422),
        ("external_id=%00", 422),
        ("source=%00", 422),
        ("channel=%00", 422),
        ("changed_after=yesterday", 422),
        ("changed_after=2026-11-23", 422),
        ("changed_after=2026-11-23T00:00:00", 422),
        ("changed_after=9999-12-31T23:59:59-14:00", 422),
        ("changed_after=0001-01-01T00:00:00%2B14:00", 422),
    ],
)
async def test_bad_questions(desk: httpx.AsyncClient, query: str, status_code: int) -> None:
    assert (await desk.get(f"{LIST}?{query}")).status_code == status_code


async def test_the_page_describes_everything(intake: Single) -> None:
    async with intake.visitor.anonymous() as nobody:
        page = (await nobody.get("/intake/openapi.json")).json()
        assert (await nobody.get("/intake/docs")).status_code == 200
    here = "/intake/v1/orders"
    actions = {"supplement", "withdraw", "urge", "feedback", "appeal", "triage", "join", "split", "return", "reveal"}
    wanted = {here, f"{here}/batch", f"{here}/{{order_id}}", f"{here}/{{order_id}}/entries"}
    wanted |= {f"{here}/{{order_id}}/{action}" for action in actions}
    assert set(page["paths"]) >= wanted
    post = page["paths"][here]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["required"]) == {"external_id", "channel", "content", "reported_at"}
    assert schema["additionalProperties"] is False
    assert "$ref" not in str(schema)
    assert set(post["responses"]) >= {"200", "201", "401", "403", "409", "413", "422", "429", "503"}
    assert [one["name"] for one in post["parameters"]] == ["Idempotency-Key"]
    batch = page["paths"][f"{here}/batch"]["post"]["requestBody"]["content"]
    assert set(batch) == {"application/json", "application/x-ndjson"}
    for path in wanted:
        for operation in page["paths"][path].values():
            assert operation["summary"]
            good = [response for code, response in operation["responses"].items() if code.startswith("2")]
            assert all(answer["content"]["application/json"]["schema"] for answer in good)
            if "{order_id}" in path and "post" in page["paths"][path]:
                assert set(operation["responses"]) >= {"404", "409", "412"}
                assert "if-match" in [one["name"].lower() for one in operation["parameters"]]
