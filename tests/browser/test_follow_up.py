"""The pages of follow-up: verified by another, called once, put right, decided in a meeting; done there and seen there."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, NARROW, Town
from tests.harness.zhenru import SHOP

pytestmark = pytest.mark.browser
TABS = ("核查和回头看", "回访", "限期整改", "会商")
WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".scroller"))
  .map((one) => one.outerHTML.slice(0, 120))"""
SHOTS = os.environ.get("DUOGE_SHOTS")
PHONE_NUMBER = "13900000001"


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"follow-{name}.png"), full_page=True)


async def resolved(town: Town) -> dict[str, Any]:
    """One person has told of one shop twice, and its lead has done something."""
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    street = await town.one.visitor("source", source="street")
    for number, words in enumerate(("兰溪路生鲜店每晚十一点后卸货,噪声很大", "兰溪路生鲜店半夜又在卸货,吵得睡不着")):
        body = {
            "external_id": f"F-{number}",
            "channel": "community_line",
            "kind": "complaint",
            "content": words,
            "location": {"lon": SHOP[0], "lat": SHOP[1]},
            "reported_at": town.one.clock.now().isoformat(),
            "reporter": {"name": "张先生", "phone": PHONE_NUMBER, "anonymous": False, "confidential": False},
        }
        answer = await street.post("/intake/v1/orders", json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        await town.one.drain()
    [case] = (await desk.get("/dispatch/v1/cases")).json()["items"]
    assert len(case["orders"]) == 2
    return await redone(town, case)


async def redone(town: Town, case: dict[str, Any]) -> dict[str, Any]:
    squad = await town.one.visitor("department", case["lead"])
    for told in (
        {"action": "sign"},
        {"action": "resolve", "measures": "店家承诺不再夜间卸货", "evidence": ["photo_after", "photo_before"]},
    ):
        answer = await squad.post(f"/dispatch/v1/cases/{case['case_id']}/actions", json=told)
        assert answer.status_code == 200, answer.text
    await town.one.drain()
    return dict(answer.json())


async def test_what_follows_a_result_is_done_on_the_page(town: Town) -> None:
    case = await resolved(town)
    page = await town.signed_in("duty_desk", "ZR-OPS")
    await page.get_by_role("link", name="跟踪问效", exact=True).click()
    await expect(page.get_by_role("button", name="核查通过")).to_be_visible()
    await _shot(page, "verify")
    await page.get_by_role("button", name="核查通过").click()
    await expect(page.get_by_text("已登记：核查通过")).to_be_visible()
    await page.get_by_role("link", name="回访", exact=True).click()
    await expect(page.get_by_text("同一位市民的 2 张工单，只打一次")).to_be_visible()
    await page.get_by_role("button", name="看电话").click()
    await expect(page.get_by_text(PHONE_NUMBER)).to_be_visible()
    await page.get_by_role("button", name="没打通").click()
    await expect(page.get_by_text("打过 1 次没通")).to_be_visible()
    await expect(page.get_by_role("button", name="没打通")).to_be_disabled()
    await _shot(page, "calls")
    await page.get_by_label("是否解决").select_option("false")
    await page.get_by_label("是否满意").select_option("dissatisfied")
    await page.get_by_role("button", name="登记", exact=True).click()
    await expect(page.get_by_text("已登记：市民不认可，已经重办")).to_be_visible()
    await expect(page.get_by_text("现在没有要回访的市民")).to_be_visible()
    now = town.one.clock.now()
    await page.get_by_role("link", name="限期整改", exact=True).click()
    await page.locator("summary", has_text="开整改通知").click()
    await page.get_by_label("找案件").fill("卸货")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("哪个案件")).to_have_value(case["case_id"])
    await page.get_by_label("商铺或工地（不写人）").fill("兰溪路生鲜店")
    await page.get_by_label("整改什么", exact=True).fill("夜里十点后不再装卸")
    await page.get_by_label("到什么时候").fill(typed(now + timedelta(days=3)))
    await page.get_by_role("button", name="开整改通知").click()
    await expect(page.get_by_text("已开整改通知，")).to_be_visible()
    await town.one.advance(timedelta(days=4))
    await page.reload()
    await expect(page.get_by_text("红灯 已到期")).to_be_visible()
    await expect(page.get_by_role("heading", name="1 件过期没有复查")).to_be_visible()
    await _shot(page, "rectify")
    await page.get_by_label("店名、地点、要求里的字").fill("没有这家店")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("没有这样的整改通知。")).to_be_visible()
    await page.get_by_label("店名、地点、要求里的字").fill("装卸")
    await page.get_by_role("button", name="找", exact=True).click()
    await expect(page.get_by_role("row").filter(has_text="兰溪路生鲜店")).to_be_visible()
    await page.locator("summary", has_text="移交执法").click()
    await page.get_by_label("移交给").fill("真如市场监管所")
    await page.get_by_role("button", name="移交", exact=True).click()
    await expect(page.get_by_text("已登记：移交执法")).to_be_visible()


async def test_groups_are_of_all_that_there_is(town: Town) -> None:
    """Not of what happens to be loaded: the numbers come from the server, each group is read when it is opened."""
    page = await town.signed_in("duty_desk", "ZR-OPS")
    units = ["ZR-MARKET", "ZR-POLICE", "ZR-CITYLOOK", "ZR-C13", "ZR-G4", None]
    counted = [{"unit": unit, "count": 300 + place, "missed": 12 - 2 * place} for place, unit in enumerate(units)]
    asked: list[str] = []

    async def told(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        asked.append(query["unit"][0])
        late = query.get("cursor") == ["50"]
        lines = [_line(place + (50 if late else 0)) for place in range(50)]
        await route.fulfill(json={"items": lines, "next": None if late else "50"})

    await page.route("**/dispatch/v1/rectifications?*", told)
    await page.route("**/dispatch/v1/rectifications/units*", lambda route: route.fulfill(json={"items": counted}))
    await page.goto(town.address + "/follow-up/rectify")
    await expect(page.get_by_text("一共 1,815 件，6 个单位去复查。")).to_be_visible()
    await expect(page.get_by_role("heading", name="真如市场监管所（300，12 件过期没有复查）")).to_be_visible()
    await expect(page.get_by_role("heading", name="没有写单位的（305，2 件过期没有复查）")).to_be_visible()
    rows = page.get_by_role("region", name="真如市场监管所的限期整改").locator("tbody tr")
    await expect(rows).to_have_count(50)
    await page.get_by_role("button", name="再往后").click()
    await expect(rows).to_have_count(100)
    assert asked == ["ZR-MARKET", "ZR-MARKET"]
    await page.locator("summary", has_text="没有写单位的").click()
    await expect(page.get_by_role("region", name="没有写单位的的限期整改")).to_be_visible()
    assert asked[2:] == ["-"]


def _line(place: int) -> dict[str, object]:
    told = {"number": f"R-{place}", "subject": f"第 {place} 家店", "shop_code": None, "orders": "夜里不再装卸"}
    late = {"state": "ordered", "failed": 0, "light": "red", "due": "2026-11-20T10:00:00+08:00"}
    return told | late | {"case_id": f"case_{place}", "case_title": "装卸"}


def typed(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("size", [DESKTOP, NARROW])
async def test_every_page_fits(town: Town, size: tuple[int, int]) -> None:
    await resolved(town)
    page = await town.signed_in("duty_desk", "ZR-OPS", size=size)
    await page.goto(town.address + "/follow-up")
    for name in TABS:
        await page.get_by_role("navigation", name="跟踪问效").get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await _shot(page, f"{size[0]}-{TABS.index(name)}")
        assert await page.evaluate(WIDER) == []
