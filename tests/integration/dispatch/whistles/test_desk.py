"""The catalogue, volunteers by skill, and the month's assessment, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests.harness.single import publish_fabric
from tests.harness.staffed import staffed_entries
from tests.integration.dispatch.whistles.house import HERE, WHISTLES, House

CATALOGUE, ASSESSMENT = f"{WHISTLES}/catalogue", f"{WHISTLES}/assessment"


@pytest_asyncio.fixture
async def staffed(house: House) -> House:
    await publish_fabric(house.one.bus, staffed_entries())
    copy = house.one.service.copy
    assert copy is not None
    assert await copy.wait_for(2, 30)
    return house


async def test_the_catalogue_proposes_for_a_case_and_the_whistle_bears_its_ground(staffed: House) -> None:
    case_id = await staffed.case()
    found = (await staffed.desk.get(CATALOGUE, params={"case_id": case_id})).json()
    first = found["proposed"]
    assert (first["code"], first["kind"], first["fits"]) == ("night_shop", "joint_enforcement", True)
    assert first["ground"] == "涉及市容、治安、证照多个执法权"
    units = [one["unit"] for one in first["units"]]
    assert units
    assert "ZR-CITYLOOK" in units
    assert [one["code"] for one in found["items"] if not one["fits"]]
    answer = await staffed.desk.post(WHISTLES, json={"case_id": case_id, "matter": "night_shop", "need": "联合检查"})
    assert answer.status_code == 201, answer.text
    blown = answer.json()
    assert [call["unit"] for call in blown["calls"]] == units
    assert (blown["kind"], blown["matter"], blown["ground"]) == ("joint_enforcement", "night_shop", first["ground"])
    assert blown["warnings"] == []
    told = (await staffed.told(blown))[0].data
    assert (told["matter"], told["ground"]) == ("night_shop", first["ground"])
    for who in ("ZR-FIRE", "QP-ECO"):
        status = (await (await staffed.unit(who)).get(CATALOGUE, params={"case_id": case_id})).status_code
        assert status == (200 if who in units else 404)


async def test_the_catalogue_without_a_case(staffed: House) -> None:
    bare = (await staffed.desk.get(CATALOGUE)).json()
    assert bare["proposed"] is None
    assert all(one["units"] == [] for one in bare["items"])
    told: dict[str, Any] = {"q": "独居老人要搬运", "lon": HERE["lon"], "lat": HERE["lat"]}
    near = (await staffed.desk.get(CATALOGUE, params=told)).json()["proposed"]
    assert (near["code"], [one["unit"] for one in near["units"]]) == ("neighbourly_help", ["ZR-G4-VOL"])
    by_concern = (await staffed.desk.get(CATALOGUE, params={"concern": "AQ-02.gas"})).json()
    assert by_concern["proposed"]["code"] == "public_danger"


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"case_id": "case_none"}, 404),
        ({"lon": 121.4}, 422),
        ({"lon": 31.2, "lat": 121.4}, 422),
        ({"lon": "nan", "lat": "31"}, 422),
        ({"q": "查\u0000"}, 422),
        ({"concern": "x" * 65}, 422),
        ({"crs": "mars"}, 422),
    ],
)
async def test_a_catalogue_that_can_not_be_read(house: House, params: dict[str, Any], status: int) -> None:
    answer = await house.desk.get(CATALOGUE, params=params)
    assert answer.status_code == status, answer.text


async def test_what_is_in_no_row_is_warned_of_and_blown(house: House) -> None:
    bare = await house.blow("ZR-POLICE", kind="daily", need="")
    assert "请写明要各单位做什么" in bare["warnings"][0]
    assert "没有说明要做什么" in bare["timeline"][-1]["text"]
    assert (bare["matter"], bare["ground"]) == (None, "居民诉求超出街道权限")
    own = await house.blow("ZR-POLICE", kind="daily", need="修路", ground="街道会议定的")
    assert own["ground"] == "街道会议定的"
    for change, pointer in (
        ({"matter": "nothing"}, "/matter"),
        ({"kind": None}, "/kind"),
        ({"skills": [""]}, "/skills/0"),
    ):
        body = {"kind": "daily", "place": HERE, "units": ["ZR-POLICE"]} | change
        answer = await house.desk.post(WHISTLES, json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_volunteers_of_the_ground_are_called_by_skill(staffed: House) -> None:
    body = {"kind": "volunteer", "place": HERE, "need": "护送", "skills": ["medical"]}
    answer = await staffed.desk.post(WHISTLES, json=body)
    assert answer.status_code == 201, answer.text
    assert [call["unit"] for call in answer.json()["calls"]] == ["ZR-G4-VOL"]
    nowhere = {"lon": 121.375, "lat": 31.26}
    empty = await staffed.desk.post(WHISTLES, json=body | {"place": nowhere})
    assert empty.status_code == 422
    assert empty.json()["errors"][0]["pointer"] == "/units"


async def test_the_months_assessment(house: House) -> None:
    for number in range(3):
        await house.case(f"case_{number}")
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET")
    await house.comes(whistle, "ZR-POLICE")
    before = (await house.desk.get(ASSESSMENT, params={"month": "2026-11"})).json()
    assert {one["unit"]: one["open"] for one in before["units"]} == {"ZR-MARKET": 1, "ZR-POLICE": 0}
    await house.one.advance(timedelta(hours=8))
    await house.by(house.desk, whistle, "evaluate", unit="ZR-POLICE", marks={"到场": 5, "配合": 4})
    await house.act(whistle, "evaluate", "ZR-POLICE", marks={"确有必要": 4})
    found = (await house.desk.get(ASSESSMENT)).json()
    units = {one["unit"]: one for one in found["units"]}
    assert (units["ZR-POLICE"]["on_time"], units["ZR-MARKET"]["missing"]) == (1, 1)
    assert units["ZR-POLICE"]["marks"] == {"by": {"到场": 5.0, "配合": 4.0}, "mean": 4.5, "of": 1}
    assert found["blowers"][0]["marks"]["by"] == {"确有必要": 4.0}
    (street,) = found["streets"]
    assert (street["unit"], street["whistles"], street["cases"], street["said"]) == ("ZR", 1, 3, "偏高")
    assert street["small_sample"]
    own = (await (await house.unit("ZR-POLICE")).get(ASSESSMENT, params={"month": "2026-11"})).json()
    assert ([one["unit"] for one in own["units"]], own["blowers"], own["streets"]) == (["ZR-POLICE"], [], [])
    assert (await house.desk.get(ASSESSMENT, params={"month": "2026-12"})).json()["units"] == []
    for wrong in ("2026", "2026-13", "十一月", "2026-11\u0000"):
        assert (await house.desk.get(ASSESSMENT, params={"month": wrong})).status_code == 422


async def test_each_number_of_the_assessment_opens_to_its_whistles(house: House) -> None:
    await house.case()
    first = await house.blow("ZR-POLICE", "ZR-MARKET", case_id="case_1")
    await house.comes(first, "ZR-POLICE")
    await house.one.advance(timedelta(hours=8))
    second = await house.blow("ZR-MARKET")
    path, november = f"{ASSESSMENT}/whistles", {"month": "2026-11"}

    async def behind(who: Any = house.desk, **asked: Any) -> list[str]:
        answer = await who.get(path, params=november | asked)
        assert answer.status_code == 200, answer.text
        return [one["whistle_id"] for one in answer.json()["items"]]

    one, two = first["whistle_id"], second["whistle_id"]
    assert await behind(unit="ZR-MARKET") == [two, one]
    assert await behind(unit="ZR-MARKET", fate="missing") == [one]
    assert await behind(unit="ZR-POLICE", fate="on_time") == [one]
    assert await behind(blower="ZR-OPS") == await behind(street="ZR") == [two, one]
    assert await behind(unit="ZR-FIRE") == await behind(unit="ZR-MARKET", month="2026-12") == []
    [of_case] = (await house.desk.get(path, params={"unit": "ZR-POLICE"})).json()["items"]
    assert (of_case["case_id"], of_case["fate"], of_case["blown_name"]) == ("case_1", "on_time", "真如镇街道城运中心")
    page = (await house.desk.get(path, params={"street": "ZR", "limit": 1})).json()
    rest = await behind(street="ZR", limit=1, cursor=page["next"])
    assert [page["items"][0]["whistle_id"], *rest] == [two, one]
    # A unit opens its own numbers and nobody else's.
    police = await house.unit("ZR-POLICE")
    assert await behind(police, unit="ZR-POLICE") == [one]
    assert await behind(police, unit="ZR-MARKET") == await behind(police) == await behind(police, street="ZR") == []
    for wrong in ({"month": "十一月"}, {"fate": "gone"}, {"unit": "a\0b"}, {"limit": 0}):
        assert (await house.desk.get(path, params=wrong)).status_code == 422, wrong
    # What the street refused called nobody; what was cancelled doesn't count for those it called.
    assert (await house.by(house.desk, second, "cancel", note="误吹")).status_code == 200
    assert await behind(unit="ZR-MARKET") == [one]
    assert await behind(blower="ZR-OPS") == [two, one]
