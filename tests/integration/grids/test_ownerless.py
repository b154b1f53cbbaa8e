"""三不管地带: what the map and the cases bring into the register, and what people do with it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.grids.domain.following import follow
from services.grids.usecases.ownerless import bounced
from services.kit.contracts.registry import body_of
from services.kit.contracts.topics import GRIDS
from services.kit.outbox import Outbox
from tests.harness.single import Single
from tests.integration.grids.cases import Case
from tests.integration.grids.steps import collection, feature, get, put, square

DAY = timedelta(days=1)
OUTLINE = {
    "type": "Polygon",
    "coordinates": [[[121.40, 31.24], [121.42, 31.24], [121.42, 31.25], [121.40, 31.25], [121.40, 31.24]]],
}
WEST, EAST = square(121.40, 31.24), square(121.41, 31.24)
SPOT = {"lon": 121.4052, "lat": 31.2452}


async def register(http: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await get(http, "ownerless", **asked))["items"]
    return items


async def units(admin: httpx.AsyncClient) -> None:
    street = {"code": "ZR", "name": "真如镇街道", "level": "street"}
    stations = [{"code": f"P{n}", "name": f"{n}组", "level": "street", "parent": "ZR"} for n in (1, 2)]
    await put(admin, "units", [street, *stations])


async def with_a_gap(one: Single, admin: httpx.AsyncClient) -> dict[str, Any]:
    """The district whole, the police's overlay only in its west."""
    await units(admin)
    await put(admin, "overlays/district", collection(feature("D", OUTLINE, unit="ZR")))
    await put(admin, "overlays/police", collection(feature("A", WEST, unit="P1")))
    await one.drain()
    (entry,) = await register(admin)
    return entry


def returned(case: Case, times: int, start: int = 0) -> Sequence[Any]:
    return [
        event
        for n in range(start, start + times)
        for event in (
            case.step("case.returned", DAY, state="open", previous=f"P{n % 2 + 1}"),
            case.step("case.transferred", state="dispatched"),
        )
    ]


async def step(http: httpx.AsyncClient, entry: str, name: str, body: Any = None, version: int | None = None) -> Any:
    headers = {"If-Match": f'"{version}"'} if version is not None else {}
    return await http.post(f"/grids/v1/ownerless/{entry}/{name}", json=body, headers=headers)


async def test_the_map_brings_gaps_overlaps_and_grids_of_nobody(one: Single, admin: httpx.AsyncClient) -> None:
    gap = await with_a_gap(one, admin)
    assert (gap["kind"], gap["state"], gap["overlays"]) == ("gap", "open", ["police"])
    assert 121.41 < gap["place"]["lon"] < 121.42
    assert datetime.fromisoformat(gap["first_seen"]) == one.clock.now()
    await one.advance(DAY)
    wide = {
        "type": "Polygon",
        "coordinates": [[[121.405, 31.24], [121.42, 31.24], [121.42, 31.25], [121.405, 31.25], [121.405, 31.24]]],
    }
    both = collection(feature("A", WEST, unit="P1"), feature("B", wide, unit="NOBODY"))
    await put(admin, "overlays/police", both)
    await one.drain()
    entries = {entry["kind"]: entry for entry in await register(admin)}
    assert {kind: entry["state"] for kind, entry in entries.items()} == {
        "gap": "closed",
        "overlap": "open",
        "no_unit": "open",
    }
    assert entries["gap"]["closed_by"] is None
    assert entries["overlap"]["place"]["grids"] == {"police": ["A", "B"]}
    assert entries["no_unit"]["place"]["grids"] == {"police": ["B"]}
    await one.advance(DAY)
    await put(admin, "overlays/police", collection(feature("A", WEST, unit="P1")))
    await one.drain()
    again = await get(admin, f"ownerless/{gap['id']}")
    assert (again["state"], again["version"]) == ("open", 3)
    assert again["first_seen"] == gap["first_seen"]
    assert [entry["kind"] for entry in await register(admin, state="open")] == ["gap"]
    assert await register(admin, kind="overlap", overlay="market") == []


async def test_a_gap_that_is_drawn_anew_is_still_the_same(one: Single, admin: httpx.AsyncClient) -> None:
    gap = await with_a_gap(one, admin)
    await put(admin, "overlays/police", collection(feature("A", square(121.40, 31.24, 0.009), unit="P1")))
    await one.drain()
    (same,) = await register(admin)
    assert (same["id"], same["version"]) == (gap["id"], 1)
    assert same["area_m2"] > gap["area_m2"]


async def test_a_day_on_which_a_grid_ends_brings_a_gap(one: Single, admin: httpx.AsyncClient) -> None:
    await units(admin)
    await put(admin, "overlays/district", collection(feature("D", OUTLINE, unit="ZR")))
    ends = (one.clock.now() + 2 * DAY).isoformat()
    await put(
        admin,
        "overlays/police",
        collection(feature("A", WEST, unit="P1"), feature("B", EAST, unit="P2", valid_to=ends)),
    )
    await one.drain()
    assert await register(admin) == []
    await one.advance(3 * DAY)
    await one.drain()
    assert [entry["kind"] for entry in await register(admin)] == ["gap"]


async def test_two_returns_at_one_place(one: Single, admin: httpx.AsyncClient) -> None:
    case = Case("case_1", **SPOT, lead="P1", grids={"police": "A", "market": "M"}, address="兰溪路")
    await one.publish(*case.dispatched(), *returned(case, 1))
    assert await register(admin) == []
    await one.publish(*returned(case, 1, start=1))
    (entry,) = await register(admin, kind="bouncing")
    assert entry["place"]["grids"] == {"market": ["M"], "police": ["A"]}
    assert (entry["overlays"], entry["place"]["text"]) == (["market", "police"], "兰溪路")
    (told,) = entry["evidence"]
    assert (told["reason"], told["times"], told["cases"]) == ("returned", 2, ["case_1"])
    west, south, east, north = entry["place"]["bounds"]
    assert west <= SPOT["lon"] <= east
    assert south <= SPOT["lat"] <= north
    assert await register(admin, kind="returned") == [entry]
    assert await register(admin, kind="unmet") == []
    department = await one.visitor("department", "P1")
    (seen,) = await register(department)
    assert "cases" not in seen["evidence"][0]


async def test_what_comes_again_within_a_month_and_what_is_reopened(one: Single, admin: httpx.AsyncClient) -> None:
    first = Case("case_1", **SPOT, lead="P1")
    await one.publish(*first.dispatched(), first.step("case.closed", DAY, state="closed"))
    second = Case("case_2", **SPOT, lead="P1", at=first.at + 20 * DAY)
    other = Case("case_3", **SPOT, lead="P1", at=first.at + 20 * DAY, concern="CS-01")
    late = Case("case_4", **SPOT, lead="P1", at=first.at + 40 * DAY)
    await one.advance(45 * DAY)
    await one.publish(*second.dispatched(), *other.dispatched(), *late.dispatched())
    assert await register(admin) == []
    await one.publish(second.step("case.reopened", DAY, state="reopened"))
    (entry,) = await register(admin)
    assert entry["evidence"][0]["cases"] == ["case_2"]
    assert entry["evidence"][0]["times"] == 2


async def test_a_whistle_that_nobody_heeds(one: Single, admin: httpx.AsyncClient) -> None:
    case = Case("case_1", **SPOT, lead="P1")
    await one.publish(*case.dispatched(), case.whistle("whistle.blown"), case.whistle("whistle.missing", DAY))
    (entry,) = await register(admin, kind="unmet")
    assert entry["evidence"][0]["reason_name"] == "吹哨未到"


async def test_signs_that_are_too_old_do_not_count(one: Single, admin: httpx.AsyncClient) -> None:
    await one.advance(400 * DAY)
    case = Case("case_1", **SPOT, lead="P1")
    await one.publish(*case.dispatched(), *returned(case, 2))
    assert await register(admin) == []


async def test_held_ruled_and_closed(one: Single, admin: httpx.AsyncClient) -> None:
    await units(admin)
    case = Case("case_1", **SPOT, lead="P1", orders=["ord_1", "ord_2"])
    await one.publish(*case.dispatched(), *returned(case, 2))
    (entry,) = await register(admin)
    desk = await one.visitor("duty_desk")
    held = await step(desk, entry["id"], "hold", {"unit": "ZR"}, 1)
    assert held.status_code == 200, held.text
    assert (held.json()["state"], held.json()["holder"], held.headers["ETag"]) == ("held", "ZR", '"2"')
    await one.advance(3 * DAY)
    telling = await step(desk, entry["id"], "rule", {"unit": "P1", "ground": "问张三，电话13800000000"})
    assert "13800000000" not in telling.text
    ruled = (await step(desk, entry["id"], "rule", {"unit": "P2", "ground": "红线内归二组"})).json()
    assert (ruled["state"], ruled["ruling"]["unit"], ruled["holder"]) == ("ruled", "P2", "ZR")
    assert datetime.fromisoformat(ruled["ruling"]["date"]) == one.clock.now()
    assert ruled["orders"] == {"before": 2, "after": 0}
    late = Case("case_2", **SPOT, lead="P2", at=one.clock.now() + DAY)
    await one.publish(*late.dispatched())
    assert (await get(desk, f"ownerless/{entry['id']}"))["orders"] == {"before": 2, "after": 1}
    back = await step(desk, entry["id"], "hold", {"unit": "ZR"})
    assert (back.status_code, back.json()["allowed"], back.json()["state"]) == (409, ["rule", "close"], "ruled")
    closed = (await step(desk, entry["id"], "close", {"note": "两月没有再退"})).json()
    assert (closed["state"], closed["note"], closed["allowed"]) == ("closed", "两月没有再退", [])
    assert (await step(desk, entry["id"], "rule", {"unit": "P1", "ground": "x"})).status_code == 409
    told = [event for event in await one.events(GRIDS.name) if event.subject == f"ground/{entry['id']}"]
    assert [(event.name, event.sequence) for event in told] == [
        ("ground.found", 1),
        ("ground.held", 2),
        ("ground.ruled", 3),
        ("ground.ruled", 4),
        ("ground.closed", 5),
    ]
    assert told[3].data["text"].endswith("裁定归2组，依据：红线内归二组")
    await one.advance(DAY)
    again = Case("case_9", **SPOT, lead="P2", at=one.clock.now())
    await one.publish(*again.dispatched(), *returned(again, 1))
    assert (await get(desk, f"ownerless/{entry['id']}"))["state"] == "closed"
    await one.advance(3 * DAY)
    await one.publish(*returned(again, 1, start=1))
    opened = await get(desk, f"ownerless/{entry['id']}")
    assert (opened["state"], opened["holder"], opened["ruling"]["unit"], opened["version"]) == ("open", None, "P2", 6)


async def test_the_fabric_is_not_disturbed_by_entries(one: Single, admin: httpx.AsyncClient) -> None:
    await with_a_gap(one, admin)
    before = one.service.copy.current.version if one.service.copy and one.service.copy.current else 0
    await put(admin, "overlays/police", collection(feature("A", WEST, unit="P1"), feature("B", EAST, unit="P2")))
    await one.drain()
    assert one.service.copy is not None
    assert one.service.copy.current is not None
    assert one.service.copy.current.version == before + 1
    assert set(one.service.copy.current.overlays) == {"district", "police"}
    refused = await admin.put("/grids/v1/overlays/ground", json=collection(feature("A", WEST)))
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("name", "bodies"),
    [
        ("hold", [{"unit": "P1"}, {"unit": "P2"}]),
        ("rule", [{"unit": "P1", "ground": "一"}, {"unit": "P2", "ground": "二"}]),
    ],
)
async def test_of_two_at_once_one_is_told(
    one: Single, admin: httpx.AsyncClient, name: str, bodies: list[dict[str, str]]
) -> None:
    entry = await with_a_gap(one, admin)
    desk, district = await one.visitor("duty_desk"), await one.visitor("supervisor")
    answers = await asyncio.gather(
        step(desk, entry["id"], name, bodies[0], 1), step(district, entry["id"], name, bodies[1], 1)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    now = await get(admin, f"ownerless/{entry['id']}")
    assert now == won
    assert now["version"] == 2
    told = [event for event in await one.events(GRIDS.name) if event.subject == f"ground/{entry['id']}"]
    assert [event.sequence for event in told] == [1, 2]


async def test_two_processes_that_see_a_place_bounce_at_once_make_one_entry(
    one: Single, admin: httpx.AsyncClient
) -> None:
    events = [body for n in (1, 2) for body in returned(Case(f"case_{n}", **SPOT, lead="P1"), 2)]
    signs = follow((event, body_of(event)) for event in events).signs
    outbox = Outbox(one.service.relays()[0].wake)
    both_in = asyncio.Barrier(2)

    async def take_in(subject: str) -> None:
        async with one.service.db.transaction() as tx:
            await both_in.wait()
            mine = [sign for sign in signs if sign.subject == subject]
            await bounced(tx, outbox, mine, one.clock.now())

    await asyncio.gather(take_in("case_1"), take_in("case_2"))
    (entry,) = await register(admin)
    assert entry["evidence"][0]["cases"] == ["case_2", "case_1"]
    told = [event for event in await one.events(GRIDS.name) if event.subject == f"ground/{entry['id']}"]
    assert [event.name for event in told] == ["ground.found"]


async def test_what_is_refused(one: Single, admin: httpx.AsyncClient) -> None:
    entry = await with_a_gap(one, admin)
    desk = await one.visitor("duty_desk")
    for name, body, status in (
        ("hold", {"unit": "NONE"}, 422),
        ("hold", {}, 422),
        ("hold", {"unit": "P1", "more": 1}, 422),
        ("hold", {"unit": 7}, 422),
        ("rule", {"unit": "P1"}, 422),
        ("rule", {"unit": "P1", "ground": ""}, 422),
        ("rule", {"unit": "P1", "ground": "a\0b"}, 422),
        ("rule", {"unit": "P1", "ground": "长" * 2001}, 422),
        ("close", {"note": 1}, 422),
    ):
        assert (await step(desk, entry["id"], name, body)).status_code == status, (name, body)
    assert (await step(desk, entry["id"], "close", None, 9)).status_code == 412
    assert (await step(desk, "gr_" + "0" * 32, "close")).status_code == 404
    for role in ("department", "community", "auditor", "source"):
        visitor = await one.visitor(role, "P1" if role != "source" else None, "s" if role == "source" else None)
        assert (await step(visitor, entry["id"], "hold", {"unit": "P1"})).status_code == 403
    for asked in ({"state": "gone"}, {"kind": "x"}, {"overlay": "A B"}, {"limit": 0}):
        assert (await desk.get("/grids/v1/ownerless", params=asked)).status_code == 422
    assert (await desk.get("/grids/v1/ownerless", params={"cursor": "x"})).status_code == 400
    assert (await desk.get("/grids/v1/ownerless/other")).status_code in (404, 422)
    assert (await get(desk, f"ownerless/{entry['id']}"))["version"] == 1


async def test_pages_follow_each_other(one: Single, admin: httpx.AsyncClient) -> None:
    cases = [Case(f"case_{n}", 121.40 + n / 500, 31.245, lead="P1") for n in range(5)]
    await one.publish(*(event for case in cases for event in (*case.dispatched(), *returned(case, 2))))
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await get(admin, "ownerless", limit=2, **cursor)
        seen += [entry["id"] for entry in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 5


async def test_who_holds_ground_is_part_of_the_fabric_until_it_is_whole(one: Single, admin: httpx.AsyncClient) -> None:
    gap = await with_a_gap(one, admin)
    spot = {"lon": gap["place"]["lon"], "lat": gap["place"]["lat"]}
    assert "ruled" not in await get(admin, "resolve", **spot)
    desk = await one.visitor("duty_desk")
    assert (await step(desk, gap["id"], "hold", {"unit": "ZR"})).status_code == 200
    held = await get(admin, "resolve", **spot)
    assert (held["overlays"]["police"]["unit"], held["ruled"]["police"]["unit"]) == (None, "ZR")
    assert held["ruled"]["police"]["settled"] is False
    assert (await step(desk, gap["id"], "rule", {"unit": "P2", "ground": "红线"})).status_code == 200
    many = (await admin.post("/grids/v1/resolve", json={"points": [spot, SPOT]})).json()["items"]
    assert (many[0]["ruled"]["police"]["unit"], "ruled" in many[1]) == ("P2", False)
    assert many[0]["version"] == held["version"] + 1
    (change,) = (await get(admin, "changes", after=held["version"]))["items"]
    assert (change["what"], change["codes"]) == ("ownerless", {"changed": [f"ruling/{gap['id']}"]})
    await put(admin, "overlays/police", collection(feature("A", WEST, unit="P1"), feature("B", EAST, unit="P1")))
    await one.drain()
    whole = await get(admin, "resolve", **spot)
    assert (whole["overlays"]["police"]["unit"], "ruled" in whole) == ("P1", False)
    assert (await get(admin, f"ownerless/{gap['id']}"))["state"] == "closed"


async def test_two_rule_at_the_same_moment(one: Single, admin: httpx.AsyncClient) -> None:
    gap = await with_a_gap(one, admin)
    desk = await one.visitor("duty_desk")
    answers = await asyncio.gather(
        *(step(desk, gap["id"], "rule", {"unit": unit, "ground": "红线"}, 1) for unit in ("P1", "P2"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    (winner,) = [answer.json()["ruling"]["unit"] for answer in answers if answer.status_code == 200]
    found = await get(admin, "resolve", lon=gap["place"]["lon"], lat=gap["place"]["lat"])
    assert found["ruled"]["police"]["unit"] == winner
