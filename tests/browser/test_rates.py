"""考核预演, the figures with the cases behind them, and 剔除: looked at and used, on a desk and on a phone."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, NARROW, PHONE, Town
from tests.browser.test_rules import WIDER
from tests.harness.zhenru import AT, places

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("DUOGE_SHOTS")


def _orders() -> list[dict[str, Any]]:
    """At different places, so that none joins another."""
    spots = places()[::7][:6]
    return [
        {
            "external_id": f"RATE-{number:03d}",
            "channel": "hotline_12345",
            "kind": "complaint",
            "reported_at": AT.isoformat(),
            "title": "夜间噪声",
            "content": "沿街生鲜店每晚十一点后卸货，噪声很大",
            "location": {"lon": spot.lon, "lat": spot.lat},
        }
        for number, spot in enumerate(spots)
    ]


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


async def _at_work(town: Town) -> list[str]:
    source = await town.one.visitor("source", source="sh12345")
    answer = await source.post("/intake/v1/orders/batch", json=_orders())
    assert answer.status_code < 300, answer.text
    await town.one.drain()
    admin = await town.one.visitor("admin")
    cases = (await admin.get("/dispatch/v1/cases")).json()["items"]
    assert len(cases) >= 4, answer.text
    for action, of in (("sign", cases[:3]), ("contact", cases[:2]), ("resolve", cases[:1])):
        for case in of:
            more = {"measures": "已处置", "evidence": ["photo_before", "photo_after"]} if action == "resolve" else {}
            done = await admin.post(f"/dispatch/v1/cases/{case['case_id']}/actions", json={"action": action, **more})
            assert done.status_code == 200, done.text
    await town.one.drain()
    return [case["case_id"] for case in cases]


async def test_what_moves_tomorrows_figures_is_found_and_left_out_with_approval(town: Town) -> None:
    cases = await _at_work(town)
    page = await town.signed_in("duty_desk", "ZR-OPS")
    await page.get_by_role("link", name="三率考核", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("到期的")
    await page.get_by_label("到什么时候").select_option("quarter")
    await expect(page.locator("#list")).to_contain_text("前办结")
    await expect(page.locator("#total")).to_contain_text("最好")
    await _shot(page, "rehearsal")
    await expect(page.locator("#list a").first).to_have_attribute("href", "/cases/" + await _first(page))
    # From where it is handled, with nothing of it typed again.
    await page.goto(f"{town.address}/handling/cases/{cases[0]}")
    await page.get_by_role("link", name="报批剔除").click()
    await expect(page.get_by_label("哪个案件")).to_have_value(cases[0])
    await page.get_by_label("理由").select_option("unreasonable")
    await page.get_by_label("为什么该剔除").fill("要求超出职权")
    await page.get_by_label("证据").fill("告知书\n走访记录")
    await page.get_by_role("button", name="报批").click()
    await expect(page.get_by_text("已报批，等上级审批。")).to_be_visible()
    await _shot(page, "asked")
    district = await town.signed_in("supervisor")
    await district.goto(town.address + "/rates/exclusions")
    await district.get_by_role("button", name="批准", exact=True).click()
    await expect(district.get_by_text("已批准。")).to_be_visible()
    await district.get_by_label("看哪些").select_option("approved")
    await expect(district.locator("#list")).to_contain_text("要求超出职权")
    await _shot(district, "granted")
    await town.one.advance(timedelta(days=10))
    await district.goto(town.address + "/rates/figures")
    await district.get_by_role("combobox", name="时段", exact=True).select_option("本季")
    await expect(district.get_by_role("button", name="合计 剔除的")).to_have_text("剔除 1")
    await _shot(district, "figures")
    await district.get_by_role("button", name="合计 按期办结率 分母").click()
    await expect(district.locator("#cases")).to_contain_text("超期")
    await _shot(district, "behind")
    await district.get_by_role("combobox", name="时段", exact=True).select_option("自己写")
    await district.get_by_label("自己写的时段").fill("昨天")
    await district.get_by_role("button", name="看", exact=True).click()
    await expect(district.get_by_text("最长 366 天").first).to_be_visible()
    town.errors.clear()  # the browser itself says that the period was refused
    # Granted in error: taken back with a reason, and it counts again.
    await district.goto(town.address + "/rates/exclusions")
    await district.get_by_label("看哪些").select_option("approved")
    await district.get_by_label("为什么撤销").fill("复核发现证据不实")
    await _shot(district, "taking-back")
    await district.get_by_label("为什么撤销").press("Enter")
    await expect(district.get_by_text("已撤销，案件照常计入。")).to_be_visible()
    await expect(district.locator("#list")).to_have_text("没有。")
    await district.get_by_label("看哪些").select_option("taken_back")
    await expect(district.locator("#list")).to_contain_text("复核发现证据不实")
    await _shot(district, "taken-back")
    await page.goto(town.address + "/rates/exclusions")
    await page.get_by_label("看哪些").select_option("taken_back")
    await expect(page.locator("#list")).to_contain_text("复核发现证据不实")
    await expect(page.get_by_role("button", name="撤销", exact=True)).to_have_count(0)


async def _first(page: Page) -> str:
    told = await page.locator("#list a").first.get_attribute("href")
    assert told is not None
    return told.removeprefix("/cases/")


@pytest.mark.parametrize("size", [DESKTOP, PHONE, NARROW])
async def test_every_page_fits(town: Town, size: tuple[int, int]) -> None:
    await _at_work(town)
    page = await town.signed_in("supervisor", size=size)
    for path, name in (("/rates", "考核预演"), ("/rates/figures", "三率"), ("/rates/exclusions", "剔除")):
        await page.goto(town.address + path)
        await expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await _shot(page, f"{path.replace('/', '-')}-{size[0]}")
        assert await page.evaluate(WIDER) == []
