"""The registry and dispatch started with each city's profile, on the same data."""

from datetime import datetime

import httpx
import pytest

from services.dispatch.main import build as build_dispatch
from services.dispatch.settings import DispatchSettings
from services.fabric.calendar import SHANGHAI
from services.grids.main import build as build_grids
from services.grids.settings import GridsSettings
from services.kit.settings import WrongSetting
from tests.harness.cities import CITIES, entries_of, profile_of
from tests.harness.single import publish_fabric, single
from tests.harness.zhenru import SHOP
from tests.integration.dispatch.story import Order
from tests.integration.grids.cases import Case
from tests.integration.grids.steps import get, load_zhenru, put

SMALL = "查了 120 个小网格，120 个不合标准。"
# A Monday, 16:30.
LATE = datetime(2026, 11, 23, 16, 30, tzinfo=SHANGHAI)
SIGNED = dict.fromkeys(CITIES, "2026-11-24T10:30:00+08:00") | {"beijing": "2026-11-23T18:30:00+08:00"}
LEADS = {"zhenru": "ZR-MEDIATION-2", "beijing": "ZR-MEDIATION-2", "jinan": "ZR-C13", "dexinyuan": "ZR-C13"}


@pytest.mark.parametrize("name", CITIES)
async def test_the_registry_takes_the_same_data_and_judges_it_by_the_citys_norms(name: str, database_url: str) -> None:
    async with single(build_grids, GridsSettings, database_url, fabric=False, more={"profile": name}) as one:
        admin = await one.visitor("admin")
        await load_zhenru(admin)
        told, shown = profile_of(name), await get(admin, "profile")
        assert (shown["name"], shown["version"], shown["extends"]) == (name, told.version, told.extends)
        assert [level["name"] for level in shown["ladder"]] == [level.name for level in told.ladder]
        check = await get(admin, "check")
        norms = {norm["code"]: norm for norm in check["norms"]}
        assert set(norms) == {norm.code for norm in told.norms}
        workers = norms["community_workers"]
        assert (workers["checked"], [outside["grid"] for outside in workers["outside"]]) == (36, ["C05", "C14", "C32"])
        assert "合起来每万人 19.57 名，达标" in workers["said"]
        if "small_grid_households" in norms:
            assert norms["small_grid_households"]["said"] == SMALL
        wrong = await admin.put("/grids/v1/units/X", json={"name": "某单位", "level": "moon"})
        assert wrong.status_code == 422
        for level in told.ladder:
            assert level.code in wrong.text
        await put(admin, "units/V", {"name": "某级单位", "level": "community_grid", "parent": "ZR"})


@pytest.mark.parametrize("name", CITIES)
async def test_dispatch_routes_one_order_by_the_citys_rules_and_clocks(name: str, database_url: str) -> None:
    given: dict[str, object] = {"profile": name}
    async with single(build_dispatch, DispatchSettings, database_url, at=LATE, fabric=False, more=given) as one:
        await publish_fabric(one.bus, entries_of(name))
        assert one.service.copy is not None
        assert await one.service.copy.wait_for(1, 30)
        await one.publish(Order("ord_1", LATE).accepted(concern="AQ-03", sub_concern="AQ-03.plain", category="AQ"))
        answer = await (await one.visitor("admin")).get("/dispatch/v1/cases")
        [case] = answer.json()["items"]
        assert case["lead"] == LEADS[name]
        rungs = [level.code for level in profile_of(name).ladder]
        assert case["level"] in rungs
        due = {clock["kind"]: datetime.fromisoformat(clock["due"]) for clock in case["clocks"]}
        assert due["sign"] == datetime.fromisoformat(SIGNED[name])


async def test_a_city_without_its_own_table_says_so(database_url: str) -> None:
    async with single(build_dispatch, DispatchSettings, database_url, more={"profile": "atlantis"}) as one:
        table = (await (await one.visitor("admin")).get("/dispatch/v1/rules")).json()
    assert table["note"].startswith("城市方案 atlantis 没有自己的派单规则，先用软件带的 national 规则")


async def test_a_profile_that_is_not_there_ends_the_start(database_url: str) -> None:
    with pytest.raises(WrongSetting, match="找不到城市方案 atlantis"):
        async with single(build_grids, GridsSettings, database_url, fabric=False, more={"profile": "atlantis"}):
            raise AssertionError("started")


async def test_the_card_over_http(database_url: str) -> None:
    async with single(build_grids, GridsSettings, database_url, fabric=False) as one:
        admin = await one.visitor("admin")
        await load_zhenru(admin)
        member = {"unit": "ZR-G4", "postings": [{"overlay": "comprehensive", "grid": "G4", "role": "网格长"}]}
        await put(admin, "people/P1", {"name": "某网格长", "role": "网格长", **member})
        shown = await get(admin, "grids/comprehensive/G4/card")
        assert (shown["theme"], shown["chief"]["name"]) == ("慈善互助民主协商", "某网格长")
        assert shown["open_cases"] == {"count": 0, "by_state": {}}
        here, gone = (Case(f"case_{n}", *SHOP, grids={"comprehensive": "G4"}) for n in "ab")
        await one.publish(*here.dispatched(), *gone.dispatched(), gone.step("case.closed", state="closed"))
        open_cases = (await get(admin, "grids/comprehensive/G4/card"))["open_cases"]
        assert open_cases == {"count": 1, "by_state": {"dispatched": 1}}
        outside = await one.visitor("source", source="s")
        assert (await get(outside, "grids/comprehensive/G4/card"))["chief"]["name"] is None
        near = await one.visitor("grid_chief", unit="ZR-G4")
        assert (await get(near, "grids/comprehensive/G4/card"))["chief"]["name"] == "某网格长"
        await _refused(admin)


async def _refused(admin: httpx.AsyncClient) -> None:
    for path in ("comprehensive/G9", "moon/G4", "Moon!/G4", "comprehensive/G%004"):
        assert (await admin.get(f"/grids/v1/grids/{path}/card")).status_code == 404, path
    early = await admin.get("/grids/v1/grids/comprehensive/G4/card", params={"at": "yesterday"})
    assert early.status_code == 422
