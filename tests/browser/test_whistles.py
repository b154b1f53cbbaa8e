"""A whistle from the case that needs it to the marks of it, by those who blow it and those who come with a telephone."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Town
from tests.browser.test_handling import WIDER, opened_case
from tests.harness.zhenru import SHOP

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("DUOGE_SHOTS")


async def _shot(page: Page, name: str) -> None:
    assert await page.evaluate(WIDER) == []
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"whistle-{name}.png"), full_page=True)


async def _stands(page: Page, lon: float, lat: float) -> None:
    await page.context.grant_permissions(["geolocation"])
    await page.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 12})


async def _state(town: Town, whistle_id: str) -> dict[str, Any]:
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    return dict((await desk.get(f"/dispatch/v1/whistles/{whistle_id}")).json())


async def test_from_the_case_to_the_marks(town: Town) -> None:
    case_id = await opened_case(town)
    desk = await town.signed_in("duty_desk", "ZR-OPS")
    await desk.goto(f"{town.address}/handling/cases/{case_id}")
    await desk.get_by_role("link", name="为这个案件吹哨").click()
    await expect(desk.get_by_role("heading", level=1, name="吹哨")).to_be_visible()
    # What stands in the catalogue for such a matter, with those it calls here, is proposed by itself.
    await expect(desk.get_by_label("吹哨事项清单")).to_have_value("night_shop")
    await expect(desk.get_by_label("哪一种哨")).to_have_value("joint_enforcement")
    called = desk.get_by_role("list", name="叫哪些单位").get_by_role("listitem")
    await expect(called).to_have_count(4)
    for name in ("真如警务责任区4组", "真如责任网格5组", "真如市容服务队"):
        await desk.get_by_role("button", name=f"去掉 {name}").click()
    await desk.get_by_label("叫哪些单位（不写就叫").fill("真如派出所")
    await desk.keyboard.press("Enter")
    await expect(called).to_have_count(2)
    await desk.get_by_label("要各单位做什么").fill("联合查夜间卸货")
    await _shot(desk, "blow")
    await desk.get_by_role("button", name="吹哨", exact=True).click()
    await expect(desk.get_by_role("heading", level=1, name="综合执法哨：联合查夜间卸货")).to_be_visible()
    whistle_id = desk.url.rpartition("/")[2]
    assert [each["unit"] for each in (await _state(town, whistle_id))["calls"]] == ["ZR-MARKET-1", "ZR-POLICE"]

    police = await town.signed_in("department", "ZR-POLICE", size=PHONE)
    await police.goto(town.address + "/whistles")
    await expect(police.get_by_role("heading", name="叫了我们、还没有报到的（1）")).to_be_visible()
    await _shot(police, "mine")
    await police.get_by_role("link", name="应哨、报到").click()
    await police.get_by_role("button", name="应哨", exact=True).click()
    await expect(police.get_by_text("真如派出所：已应哨。")).to_be_visible()
    await _stands(police, SHOP[0] + 0.0035, SHOP[1])
    await police.get_by_role("button", name="报到（用我现在的位置）").click()
    await expect(police.get_by_role("alert")).to_contain_text("离集合点约")
    await _shot(police, "far")
    await _stands(police, *SHOP)
    await police.get_by_role("button", name="报到（用我现在的位置）").click()
    await expect(police.get_by_text("真如派出所：已报到。")).to_be_visible()
    await police.get_by_role("button", name="完成了").click()
    await expect(police.get_by_text("真如派出所：已登记：完成。")).to_be_visible()
    await _shot(police, "done")

    # What was done on the telephone comes to the desk's page by itself.
    await expect(desk.get_by_role("row").filter(has_text="真如派出所")).to_contain_text("已完成")
    await desk.get_by_role("button", name="真如市场监管网格1组 确认到场").click()
    await expect(desk.get_by_text("真如市场监管网格1组：已确认到场。")).to_be_visible()
    await desk.get_by_role("button", name="真如市场监管网格1组 完成").click()
    await desk.get_by_role("button", name="散哨", exact=True).click()
    await expect(desk.get_by_text("已散哨").first).to_be_visible()
    marks = desk.get_by_role("group").filter(has_text="给真如派出所评分")
    await marks.get_by_text("给真如派出所评分").click()
    await marks.get_by_label("配合").select_option("4")
    await marks.get_by_role("button", name="评分").click()
    await expect(desk.get_by_text("到场 5，配合 4，实效 5")).to_be_visible()
    await _shot(desk, "over")
    over = await _state(town, whistle_id)
    assert (over["state"], over["marks"][0]["marks"]) == ("released", {"到场": 5, "配合": 4, "实效": 5})
    town.errors.clear()  # the browser itself says that one was refused


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_a_chief_blows_where_it_stands_and_is_told_of_the_nod(town: Town, size: tuple[int, int]) -> None:
    await opened_case(town)
    chief = await town.signed_in("grid_chief", "ZR-G4", size=size)
    await chief.goto(town.address + "/whistles/blow")
    await chief.get_by_role("button", name="吹哨", exact=True).wait_for()
    await chief.get_by_label("要各单位做什么").fill("查油烟")
    await chief.get_by_role("button", name="吹哨", exact=True).click()
    await expect(chief.get_by_role("alert")).to_contain_text("请写在哪里")
    await _stands(chief, *SHOP)
    await chief.get_by_role("button", name="用我现在的位置").click()
    await expect(chief.get_by_text("集合点：我现在的位置，误差约 12 米。")).to_be_visible()
    await chief.get_by_label("吹哨事项清单").select_option("")
    await _shot(chief, f"chief-{size[0]}")
    await chief.get_by_role("combobox", name="叫哪些单位").fill("QP-ECO")
    await chief.keyboard.press("Enter")
    await expect(chief.get_by_text("可能要街道同意")).to_be_visible()
    await chief.wait_for_load_state("networkidle")  # what the catalogue says may still move the button
    await chief.get_by_role("button", name="吹哨", exact=True).click()
    await expect(chief.get_by_text("等街道同意").first).to_be_visible()
    await _shot(chief, f"waits-{size[0]}")
    desk = await town.signed_in("duty_desk", "ZR-OPS", size=size)
    await desk.goto(chief.url)
    await desk.get_by_role("button", name="同意吹哨").click()
    await expect(desk.get_by_text("已同意，哨已吹响。")).to_be_visible()
    # The chief has been looking at what stood there before.
    await expect(chief.get_by_text("等街道同意")).to_have_count(0)
    await chief.get_by_role("button", name="撤哨").click()
    await expect(chief.get_by_text("已撤哨").first).to_be_visible()


async def test_what_others_did_meanwhile_is_shown_before_anything_is_ended(town: Town) -> None:
    await opened_case(town)
    blower = await town.one.visitor("duty_desk", "ZR-OPS")
    told = {
        "kind": "joint_enforcement",
        "units": ["ZR-POLICE"],
        "need": "查卸货",
        "place": {"lon": SHOP[0], "lat": SHOP[1]},
    }
    whistle = (await blower.post("/dispatch/v1/whistles", json=told)).json()
    path = f"/dispatch/v1/whistles/{whistle['whistle_id']}"
    desk = await town.signed_in("duty_desk", "ZR-OPS")
    await desk.goto(f"{town.address}/whistles/{whistle['whistle_id']}")
    await desk.get_by_label("真如派出所 的说明").fill("电话里说在路上")
    assert (await blower.post(f"{path}/accept", json={"unit": "ZR-POLICE"})).status_code == 200
    await expect(desk.get_by_text("有新的情况。")).to_be_visible()
    await expect(desk.get_by_label("真如派出所 的说明")).to_have_value("电话里说在路上")
    await desk.get_by_role("button", name="撤哨").click()
    await expect(desk.get_by_text("别人刚刚办了一步").first).to_be_visible()
    assert (await _state(town, whistle["whistle_id"]))["state"] == "open"
    await expect(desk.get_by_role("row").filter(has_text="真如派出所")).to_contain_text("已应哨")
    town.errors.clear()  # the browser itself says that one was refused
