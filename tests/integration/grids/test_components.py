"""部件: an inventory over HTTP, and what the copy answers of it."""

import asyncio
from typing import Any

import httpx
import pytest

from services.fabric.components import Component
from services.fabric.metric import distance
from services.fabric.snapshot import Fabric
from tests.harness.single import Single
from tests.integration.grids.steps import collection, feature, get, put, square, topic

LON, LAT = 121.4079, 31.2426
EAST = 1 / 95_200
UNITS = [
    {"code": "QP", "name": "普陀区", "level": "district"},
    {"code": "OWN-LAMP", "name": "路灯管理所", "level": "street", "parent": "QP", "aliases": ["灯管所"]},
    {"code": "OWN-POWER", "name": "电力公司", "level": "street", "parent": "QP"},
    {"code": "A-1", "name": "同名物业", "level": "street", "parent": "QP"},
    {"code": "A-2", "name": "同名物业", "level": "street", "parent": "QP"},
]


def lamp(code: str, metres: float = 0, **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": "lamp", "lon": LON + metres * EAST, "lat": LAT, "owner": "OWN-LAMP", **more}


def fabric(one: Single) -> Fabric:
    assert one.service.copy is not None
    held: Fabric | None = one.service.copy.current
    assert held is not None
    return held


@pytest.fixture
async def units(admin: httpx.AsyncClient) -> None:
    await put(admin, "units", UNITS)


async def test_an_inventory_whole_and_in_part(one: Single, admin: httpx.AsyncClient, units: None) -> None:
    told = await put(admin, "components", [lamp("L1"), lamp("L2", 5), lamp("L3", 9)])
    assert {name: told[name] for name in ("components", "added", "changed", "removed", "unchanged")} == {
        "components": 3,
        "added": 3,
        "changed": 0,
        "removed": 0,
        "unchanged": 0,
    }
    assert len(fabric(one).components) == 3
    part = await put(admin, "components", [lamp("L2", 5, owner="OWN-POWER"), lamp("L4", 12)], part="true")
    assert (part["components"], part["added"], part["changed"], part["removed"]) == (4, 1, 1, 0)
    whole = await put(admin, "components", [lamp("L1"), lamp("L4", 12)])
    assert (whole["components"], whole["removed"], whole["unchanged"], whole["version"]) == (
        2,
        2,
        2,
        part["version"] + 1,
    )
    again = await put(admin, "components", [lamp("L4", 12), lamp("L1")])
    assert (again["version"], again["unchanged"]) == (whole["version"], 2)
    assert {thing.code for thing in fabric(one).components.near(LON, LAT, ["lamp"], 50, one.clock.now(), 9)} == {
        "L1",
        "L4",
    }
    assert (await put(admin, "components", []))["removed"] == 2
    assert len(fabric(one).components) == 0


async def test_one_change_sends_one_value(one: Single, admin: httpx.AsyncClient, units: None) -> None:
    await put(admin, "components", [lamp(f"L{n}", n) for n in range(300)])
    await one.drain()
    before = len(await topic(one.bus))
    await put(admin, "components/L7", {**lamp("L7", 7), "owner": "电力公司"})
    await one.drain()
    sent = (await topic(one.bus))[before:]
    assert [record.key.split("/")[0] for record in sent] == ["component", "manifest", "manifest"]
    assert sent[0].headers["ce_type"] == "duoge.component.changed.v1"


async def test_as_municipal_tables_write_it(one: Single, admin: httpx.AsyncClient, units: None) -> None:
    rows = [
        {
            "code": "3101070118000001",
            "lon": LON,
            "lat": LAT,
            "owner": "灯管所",
            "state": "破损",
            "valid_from": "2024-05-01",
        },
        {"code": "3101070105000002", "kind": "电力井盖", "lon": LON, "lat": LAT, "owner": "", "state": ""},
        {"code": "X/".replace("/", "-"), "kind": "街头座椅", "lon": 121.41239, "lat": 31.24058, "crs": "gcj02"},
    ]
    await put(admin, "components", rows)
    seen = await get(admin, "components/3101070118000001")
    assert (seen["kind"], seen["kind_name"], seen["owner"], seen["state"]) == ("lamp", "路灯", "OWN-LAMP", "damaged")
    assert seen["valid_from"] == "2024-04-30T16:00:00+00:00"
    assert (await get(admin, "components/3101070105000002"))["kind"] == "manhole.power"
    moved = await get(admin, "components/X-")
    assert 300 < distance(moved["lon"], moved["lat"], 121.41239, 31.24058) < 800


@pytest.mark.parametrize(
    ("row", "pointer", "said"),
    [
        ({**lamp("L"), "owner": "谁家的"}, "/1/owner", "不在单位表里"),
        ({**lamp("L"), "owner": "同名物业"}, "/1/owner", "不在单位表里"),
        ({**lamp("L"), "kind": "飞碟"}, "/1/kind", "不认识部件类别"),
        ({**lamp("L"), "kind": None}, "/1/kind", "没有写部件类别"),
        ({**lamp("L"), "state": "歪"}, "/1/state", "不认识部件状态"),
        ({**lamp("L"), "lon": LAT, "lat": LON}, "/1", "填反"),
        ({**lamp("L"), "lon": "121"}, "/1/lon", ""),
        ({**lamp("L"), "lon": None}, "/1/lon", ""),
        ({**lamp("L"), "code": "a b"}, "/1/code", ""),
        ({**lamp("L"), "code": "x" * 65}, "/1/code", ""),
        ({**lamp("L"), "code": "x\0"}, "/1/code", ""),
        ({**lamp("L"), "owner": "x\0"}, "/1/owner", "NUL"),
        ({**lamp("L"), "valid_from": "昨天"}, "/1/valid_from", "2027-01-01"),
        ({**lamp("L"), "valid_from": "0001-01-01"}, "/1/valid_from", "2027-01-01"),
        ({**lamp("L"), "valid_from": "2026-01-02", "valid_to": "2026-01-01"}, "/1", "早于"),
        ({**lamp("L"), "colour": "red"}, "/1/colour", ""),
        (lamp("GOOD"), "/1/code", "写了两次"),
        (7, "/1", ""),
    ],
)
async def test_each_bad_row_is_named_and_nothing_is_changed(
    admin: httpx.AsyncClient, units: None, row: Any, pointer: str, said: str
) -> None:
    answer = await admin.put("/grids/v1/components", json=[lamp("GOOD"), row, lamp("ALSO")])
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert [error["pointer"] for error in errors] == [pointer], errors
    assert said in errors[0]["detail"]
    assert (await get(admin, "components"))["items"] == []


async def test_owners_that_nobody_knows_may_be_left_out_and_are_named(admin: httpx.AsyncClient, units: None) -> None:
    rows = [lamp("A", owner="某某公司"), lamp("B", owner="某某公司"), lamp("C")]
    told = await put(admin, "components", rows, mend="true")
    assert told["unknown_owners"] == [{"owner": "某某公司", "rows": 2}]
    assert (await get(admin, "components/A"))["owner"] is None
    assert (await get(admin, "components/C"))["owner"] == "OWN-LAMP"


async def test_a_component_and_its_etag(one: Single, admin: httpx.AsyncClient, units: None) -> None:
    body = {"kind": "lamp", "lon": LON, "lat": LAT, "owner": "OWN-LAMP"}
    made = await admin.put("/grids/v1/components/灯-1", json=body)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    same = await admin.put("/grids/v1/components/灯-1", json=body)
    assert (same.status_code, same.headers["etag"], same.json()["fabric_version"]) == (
        200,
        '"1"',
        made.json()["fabric_version"],
    )
    moved = await admin.put("/grids/v1/components/灯-1", json={**body, "lon": LON + EAST}, headers={"If-Match": '"1"'})
    assert (moved.status_code, moved.headers["etag"]) == (200, '"2"')
    stale = await admin.put("/grids/v1/components/灯-1", json=body, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert (await admin.delete("/grids/v1/components/灯-1", headers={"If-Match": '"1"'})).status_code == 412
    assert (await admin.delete("/grids/v1/components/灯-1", headers={"If-Match": '"2"'})).status_code == 204
    assert (await admin.delete("/grids/v1/components/灯-1")).status_code == 404
    assert (await admin.get("/grids/v1/components/灯-1")).status_code == 404
    assert (await admin.get("/grids/v1/components/%00")).status_code == 404
    assert len(fabric(one).components) == 0
    other = await admin.put("/grids/v1/components/L", json={**body, "code": "M"})
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/code")
    bad = await admin.put("/grids/v1/components/L", json={**body, "owner": "谁家的"})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/owner")
    spaced = await admin.put("/grids/v1/components/a b", json=body)
    assert (spaced.status_code, spaced.json()["errors"][0]["pointer"]) == (422, "/code")


async def test_of_two_who_write_at_once_one_is_told(admin: httpx.AsyncClient, units: None) -> None:
    await put(admin, "components/L1", {**lamp("L1")})
    both = await asyncio.gather(
        *(
            admin.put("/grids/v1/components/L1", json=lamp("L1", metres), headers={"If-Match": '"1"'})
            for metres in (3, 4)
        )
    )
    assert sorted(answer.status_code for answer in both) == [200, 412]
    tag = (await admin.get("/grids/v1/components")).headers["etag"]
    lists = await asyncio.gather(
        *(admin.put("/grids/v1/components", json=[lamp("L1", metres)], headers={"If-Match": tag}) for metres in (5, 6))
    )
    assert sorted(answer.status_code for answer in lists) == [200, 412]


async def test_lists_by_kind_owner_and_distance(admin: httpx.AsyncClient, units: None) -> None:
    rows = [lamp(f"L{n:02}", n * 2) for n in range(20)]
    rows += [{**lamp("M1", 7), "kind": "manhole.power", "owner": "OWN-POWER"}, {**lamp("M2", 8), "kind": "manhole"}]
    rows += [lamp("OLD", 1, valid_to="2020-01-01")]
    await put(admin, "components", rows)
    first = await get(admin, "components", limit=15)
    rest = await get(admin, "components", limit=15, cursor=first["next"])
    assert [row["code"] for row in first["items"] + rest["items"]] == sorted(row["code"] for row in rows)
    assert rest["next"] is None
    assert [row["code"] for row in (await get(admin, "components", kind="manhole"))["items"]] == ["M1", "M2"]
    assert [row["code"] for row in (await get(admin, "components", kind="电力井盖"))["items"]] == ["M1"]
    assert [row["code"] for row in (await get(admin, "components", owner="OWN-POWER"))["items"]] == ["M1"]
    near: list[dict[str, Any]] = []
    cursor = None
    while cursor is not None or not near:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = await get(
            admin,
            "components",
            kind="lamp",
            near=f"{LON},{LAT}",
            metres=15,
            limit=3,
            at="2026-11-23T10:00:00+08:00",
            **more,
        )
        near += page["items"]
        cursor = page["next"]
    assert [row["code"] for row in near] == [f"L{n:02}" for n in range(8)]
    assert [row["metres"] for row in near] == pytest.approx([n * 2 for n in range(8)], abs=0.06)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"kind": "飞碟"}, 422),
        ({"near": "121.4"}, 422),
        ({"near": "31.24,121.4"}, 422),
        ({"near": "nan,31"}, 422),
        ({"near": "121.4,31.2", "metres": "1e9"}, 422),
        ({"near": "121.4,31.2", "cursor": "zzz"}, 400),
        ({"cursor": "W251bGxd"}, 400),
        ({"owner": "x\0"}, 422),
        ({"at": "gestern"}, 422),
    ],
)
async def test_questions_that_cannot_be_meant(admin: httpx.AsyncClient, asked: dict[str, str], status: int) -> None:
    answer = await admin.get("/grids/v1/components", params=asked)
    assert answer.status_code == status, answer.text


async def test_who_may(one: Single, admin: httpx.AsyncClient, units: None) -> None:
    desk = await one.visitor("duty_desk", unit="QP")
    assert (await desk.get("/grids/v1/components")).status_code == 200
    assert (await desk.put("/grids/v1/components", json=[])).status_code == 403
    assert (await desk.put("/grids/v1/components/L", json=lamp("L"))).status_code == 403
    assert (await desk.delete("/grids/v1/components/L")).status_code == 403
    assert (await one.visitor.anonymous().get("/grids/v1/components")).status_code == 401


async def test_resolve_tells_whose_the_things_are_only_where_asked(admin: httpx.AsyncClient, units: None) -> None:
    await put(admin, "overlays/community", collection(feature("C1", square(121.40, 31.24), unit="QP", wall="in")))
    await put(
        admin,
        "components",
        [
            lamp("L1", 4),
            lamp("L2", -9, owner="OWN-POWER"),
            lamp("FAR", 40),
            {**lamp("M", 1), "kind": "manhole.gas", "owner": None},
        ],
    )
    plain = await get(admin, "resolve", lon=LON, lat=LAT)
    assert "components" not in plain
    assert plain["inside_wall"] is True
    asked = await get(admin, "resolve", lon=LON, lat=LAT, component="lamp")
    assert asked["components"] == [
        {"code": "L1", "kind": "lamp", "owner": "OWN-LAMP", "metres": 4.0},
        {"code": "L2", "kind": "lamp", "owner": "OWN-POWER", "metres": 9.0},
    ]
    both = await admin.get(
        "/grids/v1/resolve", params=[("lon", LON), ("lat", LAT), ("component", "manhole"), ("component", "路灯")]
    )
    assert [thing["code"] for thing in both.json()["components"]] == ["M", "L1", "L2"]
    assert (
        await admin.get("/grids/v1/resolve", params={"lon": LON, "lat": LAT, "component": "飞碟"})
    ).status_code == 422
    body = {"points": [{"lon": LON, "lat": LAT}, {"lon": LON + 0.005, "lat": LAT}], "component": ["lamp"]}
    many = (await admin.post("/grids/v1/resolve", json=body)).json()["items"]
    assert [[thing["code"] for thing in item["components"]] for item in many] == [["L1", "L2"], []]
    assert [item.get("inside_wall") for item in many] == [
        True,
        None if many[1]["overlays"]["community"]["how"] == "none" else True,
    ]
    assert (await admin.post("/grids/v1/resolve", json={**body, "component": ["飞碟"]})).status_code == 422


async def test_the_books_and_the_copy_agree(one: Single, admin: httpx.AsyncClient, units: None) -> None:
    await put(admin, "components", [lamp(f"L{n}", n, state="missing" if n % 3 else "ok") for n in range(30)])
    found = fabric(one).components.near(LON, LAT, ["lamp"], 100, one.clock.now(), 99)
    listed = (await get(admin, "components", near=f"{LON},{LAT}", metres=100))["items"]
    assert [(thing.code, round(thing.metres, 1)) for thing in found] == [(row["code"], row["metres"]) for row in listed]
    assert Component("L0", "lamp", LON, LAT, "OWN-LAMP").code == listed[0]["code"]


SURVEY = (
    "部件标识码,部件名称,经度,纬度,权属单位,部件状态,照片\n"
    f"L1,路灯,{LON},{LAT},灯管所,完好,a.jpg\n"
    f"L2,路灯,{LON},{LAT},某某公司,破损,\n"
)


async def test_a_survey_is_previewed_mended_and_put_in_force(
    one: Single, admin: httpx.AsyncClient, units: None
) -> None:
    await put(admin, "components", [lamp("OLD")])
    path = "/grids/v1/components"
    refused = await admin.put(path, content=SURVEY.encode("gb18030"), params={"preview": "true"})
    assert refused.status_code == 422
    assert [(e["pointer"], e["detail"][:16]) for e in refused.json()["errors"]] == [
        ("/1/owner", "第 3 行 owner：权属单位")
    ]
    wish = {"preview": "true", "mend": "true", "file": "普查.csv"}
    seen = (await admin.put(path, content=SURVEY.encode("gb18030"), params=wish)).json()
    assert (seen["added"], seen["removed"], seen["components"], seen["without_owner"]) == (2, 1, 2, 1)
    assert seen["names"] == {"added": ["L1", "L2"], "changed": [], "removed": ["OLD"]}
    assert (seen["kinds"], seen["columns_unread"]) == ({"路灯": 2}, ["照片"])
    assert seen["unknown_owners"] == [{"owner": "某某公司", "rows": 1}]
    assert [row["code"] for row in (await get(admin, "components"))["items"]] == ["OLD"]
    done = (await admin.put(path, content=SURVEY.encode("gb18030"), params={**wish, "preview": "false"})).json()
    assert done["version"] == seen["version"] + 1
    assert done["added"] == 2
    assert [row["code"] for row in (await get(admin, "components"))["items"]] == ["L1", "L2"]
    assert (await get(admin, "changes"))["items"][-1]["file"] == "普查.csv"


async def test_an_import_of_components_tells_how_far_it_is(admin: httpx.AsyncClient, units: None) -> None:
    answer = await admin.put(
        "/grids/v1/components",
        content=SURVEY.encode(),
        params={"mend": "true"},
        headers={"Accept": "text/event-stream"},
    )
    events = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
    assert events[-1] == "answer"
    steps = [part.split('"')[3] for part in answer.text.split("event: progress\n")[1:]]
    # It may have to wait for another publication that is under way.
    told = [step for step in dict.fromkeys(steps) if step != "waiting"]
    assert told == ["reading", "checking", "weighing", "writing", "publishing"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"\xff\xfe\x00", 400), (b"{}", 422), ("编号,名称\n1,路灯\n".encode(), 400), (b"PK\x03\x04x", 400)],
)
async def test_what_is_no_inventory(admin: httpx.AsyncClient, units: None, body: bytes, status: int) -> None:
    answer = await admin.put("/grids/v1/components", content=body)
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_what_lies_outside_the_district_is_counted(admin: httpx.AsyncClient, units: None) -> None:
    await put(admin, "overlays/district", collection(feature("QP", square(LON - 0.01, LAT - 0.01, 0.02), unit="QP")))
    told = await put(admin, "components", [lamp("L1"), lamp("FAR", 5_000)], preview="true")
    assert told["outside"] == {"count": 1, "items": ["FAR"]}
