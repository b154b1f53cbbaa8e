"""A boundary is moved again and again while orders flow: none is routed by half a version, and each case names its own."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric
from services.kit.contracts.envelope import Event, from_record
from services.kit.contracts.topics import CASES, ORDERS
from services.kit.copies import Copy
from tests.harness.apart import apart, copy_of
from tests.harness.whole import System
from tests.harness.zhenru import editions

WEST, EAST = "DU3", "DU5"
UNITS = {WEST: "ZR-DUTY-3", EAST: "ZR-DUTY-5"}
MOVES, BATCHES, BATCH, SIGNED = 8, 3, 12, 10
ORDERS_IN_ALL = MOVES * BATCHES * BATCH
DICE = random.Random(15)


def ground() -> BaseGeometry:
    return shapely.union_all([edition.geometry for edition in editions("duty") if edition.code in UNITS])


def split(at: float) -> dict[str, Any]:
    """Both grids on their common ground, the border a line from north to south."""
    whole = ground()
    west, south, east, north = whole.bounds
    sides = {WEST: shapely.box(west, south, at, north), EAST: shapely.box(at, south, east, north)}
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"责任网格{code}", "unit": UNITS[code]},
            "geometry": shapely.geometry.mapping(whole.intersection(side)),
        }
        for code, side in sides.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def spots(count: int) -> list[tuple[float, float]]:
    whole = ground()
    west, south, east, north = whole.bounds
    found: list[tuple[float, float]] = []
    while len(found) < count:
        lon, lat = round(DICE.uniform(west, east), 6), round(DICE.uniform(south, north), 6)
        if whole.contains(shapely.Point(lon, lat)):
            found.append((lon, lat))
    return found


def order(number: int, lon: float, lat: float) -> dict[str, Any]:
    return {
        "external_id": f"M-{number:05d}",
        "channel": "hotline_12345",
        "title": "夜间噪声",
        "content": f"沿街生鲜店每晚十一点后卸货，噪声很大（{number + 1}号楼）",  # each its own matter
        "reported_at": "2026-11-23T08:15:00+08:00",
        "location": {"lon": lon, "lat": lat},
        "kind": "complaint",
    }


class Watch:
    """Every fabric that any of the services ever held, by version; the two kinds of copies must agree on each."""

    def __init__(self, town: System) -> None:
        self.held: dict[str, dict[int, Fabric]] = defaultdict(dict)
        for name in ("intake", "dispatch"):
            keep = partial(self._keep, name, copy_of(town, name))
            copy_of(town, name).on_swap(keep)
            keep()

    def _keep(self, name: str, copy: Copy[Fabric]) -> None:
        fabric = copy.current
        assert fabric is not None
        self.held[name][fabric.version] = fabric

    def grids(self, name: str, version: int, place: Mapping[str, Any], at: datetime) -> dict[str, str]:
        found = resolve(self.held[name][version], place["lon"], place["lat"], at).overlays
        return {overlay: hit.grid for overlay, hit in found.items() if hit.grid is not None}


@pytest.mark.timeout(300)
async def test_orders_flow_while_the_boundary_moves(database_url: str) -> None:
    async with apart(database_url) as town:
        watch = Watch(town)
        began = town.clock.now()
        for move in range(MOVES):
            await asyncio.gather(_move(town, move), _post(town, move), _sign(town))
        await town.drain()
        cases = await _cases(town)
        assert len(cases) == ORDERS_IN_ALL
        intake, told = await _events(town, ORDERS.name), await _events(town, CASES.name)
        _intake_located_by_one_version(watch, intake)
        _dispatch_routed_by_one_version(watch, told)
        _each_case_names_its_version(watch, cases)
        _kept_or_rerouted_by_the_rule(watch, cases, told)
        await _units_hear_of_it(town, told)
        await _old_times_are_answered(town, began)


async def _move(town: System, move: int) -> None:
    west, _, east, _ = ground().bounds
    town.clock.advance(timedelta(seconds=20))
    at = west + (east - west) * (0.2 + 0.6 * ((move * 3) % MOVES) / MOVES)
    admin = await town.visitor("admin")
    _ok(await admin.put("/grids/v1/overlays/duty", params={"part": "true"}, json=split(at)))


async def _post(town: System, move: int) -> None:
    source = await town.visitor("source", source="sh12345")
    for batch in range(BATCHES):
        first = (move * BATCHES + batch) * BATCH
        orders = [order(first + n, lon, lat) for n, (lon, lat) in enumerate(spots(BATCH))]
        items = _ok(await source.post("/intake/v1/orders/batch", json=orders))["items"]
        assert {item["status_code"] for item in items} == {201}


async def _sign(town: System) -> None:
    """Somebody takes what there is, while it may be on its way to others."""
    desk = await town.visitor("duty_desk", "ZR-OPS")
    waiting = _ok(await desk.get("/dispatch/v1/cases", params={"state": "dispatched", "limit": SIGNED}))["items"]
    for case in waiting:
        _ok(await desk.post(f"/dispatch/v1/cases/{case['case_id']}/actions", json={"action": "sign"}))


def _intake_located_by_one_version(watch: Watch, told: list[Event]) -> None:
    located = [event for event in told if event.name == "order.accepted"]
    assert len(located) == ORDERS_IN_ALL
    for event in located:
        version, place = event.data["fabric_version"], event.data["place"]
        assert place["grids"] == watch.grids("intake", version, place, event.time)


def _dispatch_routed_by_one_version(watch: Watch, told: list[Event]) -> None:
    """Grids and lead of what was routed are those of the version that it names, and nothing of another."""
    routed = [e for e in told if e.name == "case.dispatched" or (e.name == "case.rerouted" and e.data.get("rule"))]
    for event in routed:
        place = event.data["place"]
        assert place["grids"] == watch.grids("dispatch", event.data["fabric_version"], place, event.time)
        assert event.data["lead"] == UNITS[place["grids"]["duty"]]
    assert len({event.data["fabric_version"] for event in routed}) > MOVES // 2, "orders came in between the moves"


def _each_case_names_its_version(watch: Watch, cases: list[dict[str, Any]]) -> None:
    for case in cases:
        at = datetime.fromisoformat(case["dispatched_at"])
        grids = watch.grids("dispatch", case["fabric_version"], case["place"], at)
        assert case["lead"] == UNITS[grids["duty"]]


def _kept_or_rerouted_by_the_rule(watch: Watch, cases: list[dict[str, Any]], told: list[Event]) -> None:
    last = max(watch.held["dispatch"])
    signed = {event.subject for event in told if event.name == "case.signed"}
    now = watch.held["dispatch"][last].published_at
    for case in cases:
        here = watch.grids("dispatch", last, case["place"], now)
        assert case["place"]["grids"] == here, "whoever leads it, the grids are those of now"
        assert case["state"] == ("signed" if case["case_id"] in signed else "dispatched")
        if case["case_id"] not in signed:
            assert case["lead"] == UNITS[here["duty"]]
    assert any(case["lead"] != UNITS[case["place"]["grids"]["duty"]] for case in cases), "some were kept"
    reasons = Counter(event.data["reason"] for event in told if event.name == "case.rerouted")
    assert set(reasons) == {"not_signed", "first_receiver"}
    for event in told:
        if event.name == "case.rerouted":
            assert (event.data["reason"] == "not_signed") == (event.data["previous"] is not None)
            assert event.data["fabric_before"] < event.data["fabric_after"]


async def _units_hear_of_it(town: System, told: list[Event]) -> None:
    """Whoever loses a case hears that it has, whoever gets it hears whose it was; and the console shows the new lead."""
    desk = await town.visitor("duty_desk", "ZR-OPS")
    lost = [event for event in told if event.name == "case.rerouted" and event.data["previous"]]
    for unit in UNITS.values():
        feed = await _feed(desk, unit)
        concerned = {e.id for e in lost if unit in (e.data["previous"], e.data["lead"])}
        assert concerned
        assert concerned <= {item["id"] for item in feed if item["type"] == "duoge.case.rerouted.v1"}
    event = lost[-1]
    shown = _ok(await desk.get(f"/console/v1/cases/{event.subject}"))
    held = next(case for case in await _cases(town) if case["case_id"] == event.subject)
    assert (shown["lead"], shown["place"]["grids"]) == (held["lead"], held["place"]["grids"])
    assert event.data["text"] in [line["text"] for line in shown["timeline"]]


async def _old_times_are_answered(town: System, began: datetime) -> None:
    admin = await town.visitor("admin")
    for lon, lat in spots(20):
        first = next(e.code for e in editions("duty") if e.geometry.contains(shapely.Point(lon, lat)))
        query: dict[str, str | float] = {"lon": lon, "lat": lat, "at": began.isoformat()}
        assert _ok(await admin.get("/grids/v1/resolve", params=query))["overlays"]["duty"]["grid"] == first


async def _cases(town: System) -> list[dict[str, Any]]:
    admin = await town.visitor("admin")
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query: dict[str, Any] = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = _ok(await admin.get("/dispatch/v1/cases", params=query))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


async def _feed(desk: httpx.AsyncClient, unit: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        query: dict[str, Any] = {"limit": 500} | ({"after": after} if after else {})
        page = _ok(await desk.get(f"/notify/v1/units/{unit}/events", params=query))
        found += page["items"]
        if not page["items"]:
            return found
        after = page["next"]


async def _events(town: System, topic: str) -> list[Event]:
    reader = await town.whole.bus.read_all(topic)
    found: list[Event] = []
    while True:
        found += [from_record(record) for record in await reader.poll(0)]
        if await reader.caught_up():
            await reader.stop()
            return found


def _ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json()
