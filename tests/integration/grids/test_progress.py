"""An import that is watched: its steps in order, its answer or problem at the end, its turn behind another."""

import asyncio
import json
from typing import Any

import httpx

from services.grids.repository import publications
from services.grids.usecases.importing import Wish, import_overlay
from services.grids.usecases.publishing import SYSTEM
from services.grids.workers import ProfileKeeper
from tests.harness.single import Single
from tests.integration.grids.steps import collection, feature, get, put, square

ORDER = ["reading", "checking", "weighing", "writing", "publishing", "waiting"]
BODY = collection(feature("A", square(121.40, 31.24)), feature("B", square(121.41, 31.24)))


async def watch(http: httpx.AsyncClient, content: bytes, **asked: Any) -> list[tuple[str, dict[str, Any]]]:
    headers = {"Accept": "text/event-stream", **asked.pop("headers", {})}
    answer = await http.put("/grids/v1/overlays/police", content=content, params=asked, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [part.partition("\ndata: ") for part in answer.text.split("\n\n") if part.startswith("event: ")]
    return [(name.removeprefix("event: "), json.loads(told)) for name, _, told in events]


async def test_the_steps_and_the_answer(one: Single, admin: httpx.AsyncClient) -> None:
    events = await watch(admin, json.dumps(BODY).encode())
    assert {name for name, _ in events[:-1]} == {"progress"}
    steps = list(dict.fromkeys(told["step"] for _, told in events[:-1]))
    assert steps == ORDER[:-1]
    assert all(0 <= told["done"] <= told["of"] for _, told in events[:-1])
    assert ("progress", {"step": "checking", "done": 2, "of": 2}) in events
    name, answer = events[-1]
    assert (name, answer["version"], answer["impact"]["added"]) == ("answer", 1, ["A", "B"])
    plain = await put(admin, "overlays/police", BODY, preview=True)
    assert plain.keys() == answer.keys()
    waited = await watch(admin, json.dumps(BODY).encode(), wait="true")
    assert waited[-2] == ("progress", {"step": "waiting", "done": 0, "of": 1})


async def test_a_problem_is_the_same_as_without_watching(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", BODY)
    bad = json.dumps(collection(feature("", square(121.4, 31.24)))).encode()
    stale = {"If-Match": '"99"'}
    for raw, headers in ((bad, {}), (b"{", {}), (json.dumps(BODY).encode(), stale)):
        plain = await admin.put("/grids/v1/overlays/police", content=raw, headers=headers)
        name, told = (await watch(admin, raw, headers=headers))[-1]
        assert (name, told) == ("problem", plain.json())
    assert (await get(admin, "overlays"))["items"][0]["version"] == 1
    desk = await one.visitor("duty_desk")
    assert (
        await desk.put("/grids/v1/overlays/police", json=BODY, headers={"Accept": "text/event-stream"})
    ).status_code == 403


async def test_the_second_waits_its_turn_and_says_so(one: Single, admin: httpx.AsyncClient) -> None:
    """Something else holds the registry while two imports come; both say that they wait, and both take effect."""
    async with one.service.db.transaction() as tx:
        await publications.lock(tx)
        seen = [asyncio.Event(), asyncio.Event()]

        async def run(number: int) -> dict[str, Any]:
            def tell(step: str, done: int, of: int) -> None:
                if step == "waiting":
                    loop.call_soon_threadsafe(seen[number].set)

            body = json.dumps(collection(feature(f"G{number}", square(121.40 + number / 100, 31.24)))).encode()
            return await import_overlay(registry, caller, body, Wish("police", part=True), tell)

        loop = asyncio.get_running_loop()
        registry, caller = _registry(one)
        running = [asyncio.create_task(run(number)) for number in range(2)]
        await asyncio.gather(*(one.wait() for one in seen))
        assert not any(task.done() for task in running)
    answers = await asyncio.gather(*running)
    assert sorted(answer["version"] for answer in answers) == [1, 2]
    assert [row["grids"] for row in (await get(admin, "overlays"))["items"]] == [2]


def _registry(one: Single) -> Any:
    """The service's own, as its worker holds it."""
    keeper = next(worker for worker in one.service.workers if isinstance(worker, ProfileKeeper))
    return keeper._registry, SYSTEM


async def test_two_writers_who_believe_in_the_same_version(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", BODY)
    etag = (await admin.get("/grids/v1/overlays/police")).headers["etag"]
    bodies = [json.dumps(collection(feature(f"G{n}", square(121.4, 31.24)))).encode() for n in range(2)]
    ends = await asyncio.gather(*(watch(admin, body, headers={"If-Match": etag}) for body in bodies))
    assert sorted((name, told.get("code", "")) for name, told in (events[-1] for events in ends)) == [
        ("answer", ""),
        ("problem", "stale"),
    ]


async def test_whoever_goes_away_leaves_the_import_to_its_end(one: Single, admin: httpx.AsyncClient) -> None:
    headers = {"Accept": "text/event-stream"}
    async with admin.stream("PUT", "/grids/v1/overlays/police", json=BODY, headers=headers) as answer:
        assert answer.status_code == 200
    running: set[asyncio.Task[None]] = getattr(one.service.app.state, "importing", set())
    await asyncio.gather(*running)
    assert (await get(admin, "overlays"))["items"][0]["grids"] == 2
