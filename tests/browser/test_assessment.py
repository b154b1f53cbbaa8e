"""双考核: a month's whistles in bars, every number of which opens to its whistles and their cases."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, NARROW, Town
from tests.browser.test_handling import WIDER, opened_case

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("DUOGE_SHOTS")
PATH = "/whistles/assessment"


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"assessment-{name}.png"), full_page=True)


@pytest.mark.parametrize("size", [DESKTOP, NARROW])
async def test_a_month_is_read_and_opened(town: Town, size: tuple[int, int]) -> None:
    case_id = await opened_case(town)
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    told = {
        "case_id": case_id,
        "kind": "joint_enforcement",
        "units": ["ZR-POLICE", "ZR-MARKET"],
        "need": "联合查夜间卸货",
    }
    answer = await desk.post("/dispatch/v1/whistles", json=told)
    assert answer.status_code == 201, answer.text
    whistle = f"/dispatch/v1/whistles/{answer.json()['whistle_id']}"
    assert (await desk.post(f"{whistle}/vouch", json={"unit": "ZR-POLICE"})).status_code == 200
    await town.one.advance(timedelta(hours=8))
    page = await town.signed_in("duty_desk", "ZR-OPS", size=size)
    await page.goto(town.address + PATH)
    await expect(page.get_by_role("img", name="真如派出所：按时 1")).to_be_visible()
    await expect(page.get_by_role("img", name="真如镇街道办事处吹哨率 100.0%")).to_be_visible()
    await expect(page.get_by_text("偏高")).to_be_visible()
    await _shot(page, str(size[0]))
    assert await page.evaluate(WIDER) == []
    await page.get_by_role("button", name="真如市场监管所 没到 1").press("Enter")
    await expect(page.get_by_role("heading", name="真如市场监管所 没到")).to_be_focused()
    await _shot(page, f"open-{size[0]}")
    assert await page.evaluate(WIDER) == []
    await page.get_by_role("link", name="联合查夜间卸货").click()
    await page.wait_for_url(f"{town.address}/cases/{case_id}")
    await page.goto(town.address + PATH)
    await page.get_by_label("月份").fill("2026-10")
    await expect(page.get_by_text("这个月没有吹过哨。")).to_be_visible()
    await _shot(page, f"none-{size[0]}")


async def test_a_late_answer_covers_nothing_newer(town: Town) -> None:
    page = await town.signed_in("auditor")
    await page.goto(town.address + PATH)
    await expect(page.get_by_text("这个月没有吹过哨。")).to_be_visible()
    held = []
    await page.route("**/assessment?month=2026-09", lambda route: held.append(route))
    await page.get_by_label("月份").fill("2026-09")
    await expect(page.locator("#state")).to_have_text("正在算……")
    await page.get_by_label("月份").fill("2026-08")
    await expect(page.locator("#state")).to_contain_text("2026 年 08 月")
    await held[0].continue_()
    await page.wait_for_load_state("networkidle")
    await expect(page.get_by_label("月份")).to_have_value("2026-08")
    await expect(page.locator("#state")).to_contain_text("2026 年 08 月")
