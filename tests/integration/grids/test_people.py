"""People, their postings and the volunteers over HTTP; what of them is sealed."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.fabric.snapshot import Fabric
from services.kit.contracts.registry import body_of
from services.kit.contracts.topics import GRIDS
from services.kit.sealing import STAFF, Seal
from tests.harness.single import SECRET, Single
from tests.integration.grids.steps import collection, feature, get, put, square, topic

UNITS = [
    {"code": "QP", "name": "区", "level": "district"},
    {"code": "ZR", "name": "街道", "level": "street", "parent": "QP"},
    {"code": "ZR-G4", "name": "四格", "level": "comprehensive", "parent": "ZR"},
    {"code": "ZR-G4-VOL", "name": "四格队", "level": "comprehensive", "parent": "ZR-G4", "kind": "volunteer_team"},
    {"code": "ZR-FIRE", "name": "消防站", "level": "street", "parent": "ZR"},
]
CHIEF = {
    "name": "赵某",
    "unit": "ZR-G4",
    "role": "网格长",
    "channels": {"phone": "13900000001"},
    "skills": ["消防", "medical", "手语"],
    "postings": [{"overlay": "comprehensive", "grid": "G4", "role": "网格长", "valid_to": "2027-01-01"}],
    "party_member": True,
}


def fabric(one: Single) -> Fabric:
    assert one.service.copy is not None
    held: Fabric | None = one.service.copy.current
    assert held is not None
    return held


@pytest_asyncio.fixture
async def house(one: Single, admin: httpx.AsyncClient) -> Single:
    await put(admin, "units", UNITS)
    await put(
        admin,
        "overlays/comprehensive",
        collection(feature("G4", square(121.40, 31.24), unit="ZR-G4"), feature("G5", square(121.42, 31.24))),
    )
    return one


async def test_a_person_and_the_etag(house: Single, admin: httpx.AsyncClient) -> None:
    made = await admin.put("/grids/v1/people/P1", json=CHIEF)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    told = made.json()
    assert (told["name"], told["skills"]) == ("赵某", ["fire", "medical", "手语"])
    assert told["postings"][0]["valid_to"] == "2026-12-31T16:00:00+00:00"
    same = await admin.put("/grids/v1/people/P1", json=CHIEF)
    assert (same.status_code, same.headers["etag"], same.json()["fabric_version"]) == (200, '"1"', 3)
    moved = await admin.put("/grids/v1/people/P1", json={**CHIEF, "name": "钱某"}, headers={"If-Match": '"1"'})
    assert (moved.headers["etag"], moved.json()["fabric_version"]) == ('"2"', 4)
    assert (await admin.put("/grids/v1/people/P1", json=CHIEF, headers={"If-Match": '"1"'})).status_code == 412
    assert (await get(admin, "people/P1"))["name"] == "钱某"
    assert (await admin.delete("/grids/v1/people/P1", headers={"If-Match": '"1"'})).status_code == 412
    assert (await admin.delete("/grids/v1/people/P1")).status_code == 204
    assert (await admin.get("/grids/v1/people/P1")).status_code == 404
    assert (await admin.delete("/grids/v1/people/P1")).status_code == 404
    assert "P1" not in fabric(house).people


async def test_nobody_reads_a_name_off_the_topic(house: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "people/P1", {**CHIEF, "languages": ["沪语"]})
    await house.drain()
    raw = b"".join(record.value or b"" for record in await topic(house.bus))
    for secret in ("赵某", "13900000001", "沪语", "party_member"):
        assert secret.encode() not in raw
    person = fabric(house).people["P1"]
    assert Seal(SECRET, STAFF).open_json("P1", person.sealed)["channels"] == {"phone": "13900000001"}
    (event,) = [event for event in await house.events(GRIDS.name) if event.subject == "person/P1"]
    assert event.name == "person.changed"
    assert body_of(event).model_dump()["unit"] == "ZR-G4"


@pytest.mark.parametrize(
    ("role", "unit", "sees"),
    [
        ("admin", None, True),
        ("supervisor", "QP", True),
        ("duty_desk", "ZR", True),
        ("grid_chief", "ZR-G4", True),
        ("department", "ZR", True),
        ("department", "ZR-FIRE", False),
        ("community", None, False),
        ("auditor", "ZR", False),
        ("source", "ZR", False),
    ],
)
async def test_names_by_role(house: Single, admin: httpx.AsyncClient, role: str, unit: str | None, sees: bool) -> None:
    await put(admin, "people/P1", CHIEF)
    visitor = await house.visitor(role, unit)
    for told in (await get(visitor, "people/P1"), (await get(visitor, "people"))["items"][0]):
        assert (told["name"], told["channels"]) == (("赵某", CHIEF["channels"]) if sees else (None, None))
        assert ("party_member" in told) is sees
        assert told["postings"][0]["grid"] == "G4"


async def test_only_the_administrator_writes(house: Single) -> None:
    for role in ("duty_desk", "department", "source"):
        visitor = await house.visitor(role, "ZR-G4")
        assert (await visitor.put("/grids/v1/people/P1", json=CHIEF)).status_code == 403
        assert (await visitor.put("/grids/v1/people", json=[])).status_code == 403
        assert (await visitor.delete("/grids/v1/people/P1")).status_code == 403


async def test_a_list_comes_in_whole_or_not_at_all(house: Single, admin: httpx.AsyncClient) -> None:
    posted = {"overlay": "comprehensive", "grid": "G4", "role": "网格员"}
    bad: list[Any] = [
        {"code": "A", **CHIEF},
        {"code": "B", **CHIEF, "unit": "NONE"},
        {"code": "C", **CHIEF, "team": "ZR-FIRE"},
        {"code": "D", **CHIEF, "postings": [{**posted, "grid": "G9"}]},
        {"code": "E", **CHIEF, "postings": [{**posted, "valid_to": "2027-01-01"}, posted]},
        {"code": "A", **CHIEF},
    ]
    refused = await admin.put("/grids/v1/people", json=bad)
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "/1/unit",
        "/2/team",
        "/3/postings/0/grid",
        "/4/postings/1/valid_from",
        "/5/code",
    ]
    assert (await get(admin, "people"))["items"] == []
    good = [{"code": code, **CHIEF} for code in "CAB"]
    assert await put(admin, "people", good) == {"version": 3, "added": 3, "changed": 0, "unchanged": 0}
    again = [*good[:2], {**good[2], "role": "网格员"}, {"code": "D", **CHIEF}]
    assert await put(admin, "people", again) == {"version": 4, "added": 1, "changed": 1, "unchanged": 2}
    first = await get(admin, "people", limit=3)
    rest = await get(admin, "people", limit=3, cursor=first["next"])
    assert [row["code"] for row in first["items"] + rest["items"]] == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a\0"}, "/name"),
        ({"name": "x" * 50}, "/name"),
        ({"unit": "no/code"}, "/unit"),
        ({"unit": 5}, "/unit"),
        ({"role": None}, "/role"),
        ({"channels": {"phone": "\0"}}, "/channels"),
        ({"channels": {"phone": "1" * 5000}}, "/channels"),
        ({"channels": "13900000001"}, "/channels"),
        ({"skills": "fire"}, "/skills"),
        ({"party_member": "perhaps"}, "/party_member"),
        ({"postings": [{"overlay": "No", "grid": "G4", "role": "x"}]}, "/postings/0/overlay"),
        ({"postings": [{**CHIEF["postings"][0], "valid_from": "2027-02-30"}]}, "/postings/0/valid_from"),  # type: ignore[index]
        ({"postings": [{**CHIEF["postings"][0], "valid_from": "2028-01-01"}]}, "/postings/0"),  # type: ignore[index]
        ({"more": 1}, "/more"),
    ],
)
async def test_bad_people(house: Single, admin: httpx.AsyncClient, change: dict[str, Any], pointer: str) -> None:
    answer = await admin.put("/grids/v1/people/P1", json={**CHIEF, **change})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    listed = await admin.put("/grids/v1/people", json=[{"code": "P1", **CHIEF, **change}])
    assert listed.json()["errors"][0]["pointer"] == "/0" + pointer


async def test_bad_questions(house: Single, admin: httpx.AsyncClient) -> None:
    assert (await admin.put("/grids/v1/people/P1", json={**CHIEF, "code": "P2"})).status_code == 422
    for path in ("people?unit=a%00", "people?at=yesterday", "volunteers?grid=%00", "people/a%00", "people?limit=0"):
        assert (await admin.get(f"/grids/v1/{path}")).status_code in (404, 422), path
    assert (await admin.get("/grids/v1/people", params={"cursor": "x"})).status_code == 400


async def test_postings_are_asked_as_of_a_moment(house: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "people/P1", CHIEF)
    later = [{"overlay": "comprehensive", "grid": "G5", "role": "下沉人员", "valid_from": "2027-01-01T00:00:00+08:00"}]
    await put(admin, "people/P2", {**CHIEF, "role": "科员", "unit": "ZR", "postings": later})

    async def found(**asked: Any) -> list[str]:
        return [row["code"] for row in (await get(admin, "people", **asked))["items"]]

    next_year = "2027-06-01T00:00:00+08:00"
    assert await found(grid="G4") == ["P1"]
    assert await found(grid="G4", at=next_year) == []
    assert await found(grid="G5") == []
    assert await found(grid="G5", overlay="comprehensive", at=next_year) == ["P2"]
    assert await found(grid="G5", overlay="police", at=next_year) == []
    assert await found(role="下沉人员", at=next_year) == ["P2"]
    assert await found(role="网格长", at=next_year) == ["P1"]
    assert await found(unit="ZR") == ["P2"]
    assert await found(skill="消防") == await found(skill="fire") == ["P1", "P2"]
    await house.advance(timedelta(days=200))
    assert await found(grid="G5") == ["P2"]


async def test_volunteers_of_a_grid(house: Single, admin: httpx.AsyncClient) -> None:
    volunteer = {"name": "孙某", "unit": "ZR-G4-VOL", "role": "志愿者", "team": "ZR-G4-VOL"}
    await put(admin, "people/V1", {**volunteer, "skills": ["消防"]})
    await put(admin, "people/V2", {**volunteer, "skills": ["医疗"]})
    elsewhere = [{"overlay": "comprehensive", "grid": "G5", "role": "志愿者"}]
    await put(admin, "people/V3", {**volunteer, "team": "ZR-G4-VOL", "skills": ["公安"], "postings": elsewhere})
    await put(admin, "people/P1", CHIEF)

    async def found(**asked: Any) -> list[str]:
        return [row["code"] for row in (await get(admin, "volunteers", **asked))["items"]]

    assert await found() == ["V1", "V2", "V3"]
    assert await found(skill="fire") == ["V1"]
    assert await found(skill="police", grid="G5") == ["V3"]
    assert await found(grid="G4") == ["V1", "V2", "V3"]
    assert await found(grid="G9") == []


async def test_two_writers_at_once_on_one_person(house: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "people/P1", CHIEF)
    answers = await asyncio.gather(
        *(
            admin.put("/grids/v1/people/P1", json={**CHIEF, "role": role}, headers={"If-Match": '"1"'})
            for role in ("甲", "乙", "丙")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    winner = next(answer.json()["role"] for answer in answers if answer.status_code == 200)
    assert fabric(house).people["P1"].role == winner
