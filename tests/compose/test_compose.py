"""A day of orders through the real compose file, while one container of each kind is killed."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from duoge.demo.day import a_day
from duoge.demo.load import load_zhenru
from services.kit.clock import real_now
from tests.compose.stack import Stack, make_images, missing_engine

pytestmark = pytest.mark.compose
KILLED = ("intake", "dispatch", "kafka", "notify", "grids", "postgres", "console", "gateway")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    lacking = missing_engine()
    if lacking is not None:
        pytest.fail(lacking)
    make_images()
    stack = Stack(tmp_path_factory.mktemp("compose"))
    try:
        stack.down()  # what an interrupted run left behind
        stack.up()
        yield stack
    finally:
        stack.down()


def _patiently(http: httpx.Client, method: str, path: str, **arguments: Any) -> httpx.Response:
    """As a source does: the same again until it is answered."""
    deadline = time.monotonic() + 120
    while True:
        try:
            answer = http.request(method, path, **arguments)
            if answer.status_code not in (429, 502, 503, 504):
                return answer
            said = answer.text
        except httpx.HTTPError as error:
            said = repr(error)
        assert time.monotonic() < deadline, said
        time.sleep(1)


async def test_a_day_of_orders_with_one_of_each_kind_killed(stack: Stack) -> None:
    stack.wait_ready()
    admin = {"Authorization": f"Bearer {stack.admin_key}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=admin, timeout=180, trust_env=False) as loader:
        await load_zhenru(loader, lambda line: None)
    stack.wait_ready()
    day = [made.order for made in a_day(real_now() - timedelta(days=1))]
    answered: dict[str, str] = {}
    with httpx.Client(base_url=stack.url, headers=admin, timeout=60, trust_env=False) as http:
        made = _patiently(
            http, "POST", "/grids/v1/keys", json={"name": "compose", "role": "source", "source": "compose"}
        )
        source = {"Authorization": f"Bearer {made.json()['key']}"}
        pause = len(day) // (len(KILLED) + 1)
        for number, order in enumerate(day):
            if number and number % pause == 0 and number // pause <= len(KILLED):
                stack.kill(KILLED[number // pause - 1])
            answer = _patiently(http, "POST", "/intake/v1/orders", json=order, headers=source)
            assert answer.status_code in (200, 201), answer.text
            answered[order["external_id"]] = answer.json()["order_id"]
        assert len(answered) == len(day)
        stack.wait_ready()
        cases = _settled(http, answered)
        units = _heard_by_units(http, cases)
        assert units, "no unit heard of anything"


def _settled(http: httpx.Client, answered: dict[str, str]) -> dict[str, str]:
    """order id → case id, once every accepted order has exactly one case."""
    deadline = time.monotonic() + 180
    while True:
        orders = [_patiently(http, "GET", f"/intake/v1/orders/{order_id}").json() for order_id in answered.values()]
        open_ = [order for order in orders if order["status"] in ("received", "accepted")]
        if not open_:
            break
        assert time.monotonic() < deadline, open_[:3]
        time.sleep(1)
    accepted = {order["order_id"]: order["case_id"] for order in orders if order["case_id"]}
    assert len(accepted) > len(orders) * 0.8
    of_case: dict[str, list[str]] = {}
    cursor: str | None = None
    while True:
        page = _patiently(
            http, "GET", "/dispatch/v1/cases", params={"limit": 200} | ({"cursor": cursor} if cursor else {})
        ).json()
        for case in page["items"]:
            of_case[case["case_id"]] = case["orders"]
        cursor = page["next"]
        if cursor is None:
            break
    held = [order for orders_ in of_case.values() for order in orders_]
    assert sorted(held) == sorted(set(held)), "an order in two cases"
    assert set(held) == set(accepted)
    return accepted


def _heard_by_units(http: httpx.Client, cases: dict[str, str]) -> dict[str, int]:
    """Unit → events in its feed; every case's lead has heard of its dispatch exactly once."""
    leads: dict[str, set[str]] = {}
    for case_id in sorted(set(cases.values()))[:60]:
        case = _patiently(http, "GET", f"/dispatch/v1/cases/{case_id}").json()
        dispatched = [entry for entry in case["timeline"] if entry["type"] == "case.dispatched"]
        assert len(dispatched) == 1
        leads.setdefault(dispatched[0]["unit"] or case["lead"], set()).add(case_id)
    heard: dict[str, int] = {}
    for unit, wanted in leads.items():
        deadline = time.monotonic() + 60
        while True:
            events = _feed(http, unit)
            told = [event["data"]["case_id"] for event in events if event["type"] == "duoge.case.dispatched.v1"]
            if wanted <= set(told):
                break
            assert time.monotonic() < deadline, (unit, wanted - set(told))
            time.sleep(1)
        assert len(told) == len(set(told)), f"{unit} heard of a dispatch twice"
        heard[unit] = len(events)
    return heard


def _feed(http: httpx.Client, unit: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = _patiently(
            http, "GET", f"/notify/v1/units/{unit}/events", params={"after": after} if after else {}
        ).json()
        if not page["items"]:
            return events
        events += page["items"]
        after = page["next"]


def test_the_image_runs_as_nobody_special(stack: Stack) -> None:
    assert stack.compose("exec", "-T", "intake", "id", "-u").strip() != "0"


def test_figures(stack: Stack, tmp_path: Path) -> None:
    """Not a limit: what an operator will see."""
    memory = stack.memory()
    assert {"intake", "dispatch", "notify", "grids", "console", "postgres", "kafka", "gateway"} <= set(memory)
    print(memory)
