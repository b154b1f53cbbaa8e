"""The edge every service has: bad input is an answer, never a 500; limits, keys, docs, and what operators ask for."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from services.kit.clock import real_now
from services.kit.contracts.envelope import to_message
from services.kit.contracts.topics import ORDERS
from services.kit.service import Service
from tests.integration.kit import stage
from tests.integration.kit.bench import AT, SCHEMA, Bench, event, until
from tests.integration.kit.stage import ADMIN

V1 = f"/{SCHEMA}/v1"


@dataclass
class Running:
    bench: Bench
    service: Service
    client: httpx.AsyncClient

    def client_with(self, token: str | None) -> httpx.AsyncClient:
        return client(self.service, token)


def client(service: Service, token: str | None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://duoge", headers=headers)


@pytest.fixture
async def running(bench: Bench) -> AsyncIterator[Running]:
    service = stage.build(stage.settings_for(bench.url, body_limit=20_000), bench.bus)
    await service.start()
    async with client(service, ADMIN) as made:
        yield Running(bench, service, made)
    await service.stop()


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert re.search(r"[\u4e00-\u9fff]", str(body["detail"]))
    return body


async def test_a_write_is_answered_from_what_is_on_disk_and_takes_effect(running: Running) -> None:
    answer = await running.client.post(f"{V1}/notes", json={"subject": "甲"})
    assert answer.status_code == 201
    assert (await running.client.get(f"{V1}/notes/甲")).json() == {"count": 1}

    async def handled() -> bool:
        return await running.bench.effects() == {"甲": [1]}

    await until(handled)
    await until(running.service.idle)


async def test_unknown_paths_and_methods_are_problems(running: Running) -> None:
    problem(await running.client.get(f"{V1}/nowhere"), 404, "not_found")
    problem(await running.client.get("/"), 404, "not_found")
    answer = await running.client.delete(f"{V1}/notes")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    problem(await running.client.request("BREW", f"{V1}/notes"), 405, "method_not_allowed")


BAD_BODIES = [
    (b"{", 400),
    (b"\xff\xfe{}", 400),
    (b'{"subject": "\xc3("}', 400),
    (b"[" * 15_000, 400),
    (b'{"extra": ' + b'{"a":' * 3000 + b"1" + b"}" * 3001, 400),
    (b"1" * 6000, 400),
    (b"", 422),
    (b"null", 422),
    (b"[]", 422),
    (b'{"subject": 7}', 422),
    (b'{"subject": ""}', 422),
    (b'{"subject": "' + b"x" * 61 + b'"}', 422),
    (b'{"subject": "a", "weight": 1.5}', 422),
    (b'{"subject": "a", "weight": 1e400}', 422),
    (b'{"subject": "a", "weight": 99999999999}', 422),
    (b'{"subject": "a\\u0000b"}', 422),
    (b'{"subject": "a\\ud800b"}', 422),
    (b'{"subject": "a", "extra": {"n": NaN}}', 422),
    (b'{"subject": "a", "extra": {"n": "a\\u0000b"}}', 422),
    (b'{"subject": "a", "\\ud800": 1}', 422),
    (b'{"subject": "a", "unknown": 1}', 422),
]


async def test_no_body_is_a_500(running: Running) -> None:
    for body, status in BAD_BODIES:
        answer = await running.client.post(f"{V1}/notes", content=body, headers={"content-type": "application/json"})
        found = problem(answer, status, "unreadable" if status == 400 else "invalid")
        if status == 422 and "存不下" not in str(found["detail"]):
            assert all(set(each) == {"pointer", "detail"} for each in found["errors"])  # type: ignore[attr-defined]
    assert await running.bench.scalar("SELECT count(*) FROM note") == 0


async def test_a_body_of_another_kind_and_odd_paths(running: Running) -> None:
    answer = await running.client.post(f"{V1}/notes", content=b"a=1", headers={"content-type": "text/plain"})
    problem(answer, 415, "unsupported_media_type")
    assert (await running.client.post(f"{V1}/notes", content='{"subject": "甲"}'.encode())).status_code == 201
    answer = await running.client.delete(f"{V1}/parked/retry")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    assert (await running.client.head(f"/{SCHEMA}/healthz")).status_code == 200
    problem(await running.client.get(f"{V1}/notes/%00"), 422, "invalid")
    assert (await running.client.get(f"{V1}/notes/%ff%fe")).json() == {"count": 0}


async def test_a_raw_body_is_read_strictly(running: Running) -> None:
    for body in (b"\xff", b"[NaN]", b"[Infinity]", b"[" * 15_000, b"1" * 6000, b""):
        problem(await running.client.post(f"{V1}/raw", content=body), 400, "unreadable")


async def test_a_body_over_the_limit_is_refused_whether_its_length_is_stated_or_not(running: Running) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"subject": "'
        for _ in range(30):
            yield b"x" * 1000

    note, roomy = f"{V1}/notes", f"{V1}/roomy"
    problem(await running.client.post(note, content=b"x" * 20_001), 413, "too_large")
    headers = {"content-type": "application/json"}
    problem(await running.client.post(note, content=chunks(), headers=headers), 413, "too_large")
    assert (await running.client.post(roomy, content=chunks())).json() == {"bytes": 30_013}
    problem(await running.client.post(roomy, content=b"x" * 40_001), 413, "too_large")
    problem(await running.client.post(f"{V1}/raw", content=chunks()), 413, "too_large")
    assert (await running.client.post(note, json={"subject": "a"})).status_code == 201


async def test_who_may_what(running: Running) -> None:
    keys = running.service.app.state.gate._keys
    async with running.bench.db.transaction() as tx:
        _, source = await keys.create(tx, name="s", role="source", unit=None, source=None, now=AT)
        _, volunteer = await keys.create(tx, name="v", role="volunteer", unit=None, source=None, now=AT)
    for token, scheme in (
        (None, "Bearer"),
        ("wrong", "Bearer"),
        (source, "Basic"),
        ("", "Bearer"),
        ("\x7f密", "Bearer"),
    ):
        headers = {"Authorization": f"{scheme} {token}".encode()} if token is not None else {}
        async with running.client_with(None) as nobody:
            answer = await nobody.get(f"{V1}/notes/a", headers=headers)  # type: ignore[arg-type]
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
    async with running.client_with(source) as one, running.client_with(volunteer) as other:
        assert (await one.post(f"{V1}/notes", json={"subject": "a"})).status_code == 201
        problem(await other.post(f"{V1}/notes", json={"subject": "a"}), 403, "forbidden")
        assert (await other.get(f"{V1}/notes/a")).status_code == 200
        problem(await one.get(f"{V1}/parked"), 403, "forbidden")


async def test_a_mistake_of_ours_is_a_500_that_says_nothing_of_it(running: Running) -> None:
    answer = await running.client.get(f"{V1}/fault")
    assert "mistake" not in json.dumps(problem(answer, 500, "broken"))


async def test_too_many_requests_are_told_when_to_come_again(bench: Bench) -> None:
    service = stage.build(stage.settings_for(bench.url, dev=False, rate_limit=3), bench.bus)
    async with client(service, ADMIN) as made:
        answers = [await made.get(f"{V1}/notes/a") for _ in range(8)]
        problem(answers[-1], 429, "too_many")
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert [answer.status_code for answer in answers[:6]] == [200] * 6
        assert (await made.get(f"/{SCHEMA}/healthz")).status_code == 200
    await service.stop()


async def test_operations_need_no_key_and_documents_nothing_from_outside(running: Running) -> None:
    async with running.client_with(None) as nobody:
        assert (await nobody.get(f"/{SCHEMA}/healthz")).json() == {"status": "alive"}
        await until(lambda: running.service.copy is not None and running.service.copy.caught_up)
        ready = await nobody.get(f"/{SCHEMA}/readyz")
        assert (ready.status_code, ready.json()["problems"]) == (200, {})
        figures = (await nobody.get(f"/{SCHEMA}/metrics")).text
        assert "kit_http_seconds" in figures
        page = (await nobody.get(f"/{SCHEMA}/docs")).text
        assert not re.findall(r"""(?:src|href|url)\s*[=:]\s*["'](?:https?:)?//""", page)
        links = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
        assert len(links) == 3
        for link in links:
            assert (await nobody.get(link)).status_code == 200, link
        assert '"validatorUrl": "none"' in page
        described = (await nobody.get(f"/{SCHEMA}/openapi.json")).json()
        assert f"{V1}/notes" in described["paths"]
        assert "429" in described["paths"][f"{V1}/notes"]["post"]["responses"]


async def test_parked_events_over_http(running: Running) -> None:
    (consumer,) = running.service.consumers()
    handle, away = consumer._handle, [True]

    async def failing(tx: object, events: object) -> None:
        if away:
            raise ValueError("not yet")
        await handle(tx, events)  # type: ignore[arg-type]

    consumer._handle = failing
    await until(running.service.idle)
    sent = [to_message(event("k", n), ORDERS.name) for n in (1, 2)]
    assert await running.bench.bus.publish(sent) == [None] * 2

    async def parked() -> bool:
        return len((await running.client.get(f"{V1}/parked")).json()["items"]) == 2

    await until(parked)
    items = (await running.client.get(f"{V1}/parked")).json()["items"]
    assert items[0]["error"] == "ValueError('not yet')"
    assert items[0]["type"] == "duoge.order.received.v1"
    where = {"topic": ORDERS.name, "key": "k"}
    found = problem(await running.client.post(f"{V1}/parked/retry", params=where), 409, "conflict")
    assert "not yet" in str(found["detail"])
    away.clear()
    assert (await running.client.post(f"{V1}/parked/retry", params=where)).json() == {"retried": 2}
    problem(await running.client.post(f"{V1}/parked/retry", params=where), 404, "not_found")
    problem(await running.client.post(f"{V1}/parked/skip", params=where), 404, "not_found")
    problem(await running.client.post(f"{V1}/parked/skip", params=where | {"key": "\x00"}), 422, "invalid")
    assert await running.bench.effects() == {"k": [1, 2]}
    assert (await running.client.post(f"{V1}/timers/retry")).json() == {"retried": 0}
    since = {"since": real_now().replace(year=2020).isoformat()}
    again = await running.client.post(f"{V1}/outbox/republish", params=since)
    assert again.json()["republished"] >= 1  # the dead letter


async def test_a_stuck_consumer_makes_the_service_unready(running: Running) -> None:
    (consumer,) = running.service.consumers()
    consumer.stuck_after = 0.2
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def stuck(tx: object, events: object) -> None:
        inside.set()
        await go_on.wait()

    async def status(wanted: int) -> bool:
        return (await running.client.get(f"/{SCHEMA}/readyz")).status_code == wanted

    await until(lambda: status(200))
    consumer._handle = stuck
    assert await running.bench.bus.publish([to_message(event("k", 1), ORDERS.name)]) == [None]
    await inside.wait()
    await until(lambda: status(503))
    assert "卡住" in (await running.client.get(f"/{SCHEMA}/readyz")).json()["problems"][consumer.name]
    consumer.stuck_after = 30.0
    go_on.set()
    await until(lambda: status(200))
