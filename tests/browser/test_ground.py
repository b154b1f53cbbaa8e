"""The page of standards: the profile in force, norms and what is outside them, the card of a grid with its figures."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import NARROW, Site, Town
from tests.browser.crowd import crowd
from tests.harness.zhenru import profile

pytestmark = pytest.mark.browser
TABS = ("标准与城市方案", "边界导入", "变更记录", "三不管地带", "单位与值班", "地名地址与部件")


async def test_profile_norms_and_a_card_over_the_map(town: Town) -> None:
    page = await town.signed_in("duty_desk", "ZR-OPS")
    await page.get_by_role("link", name="网格管理", exact=True).click()
    await expect(page.get_by_text(f"zhenru 第 {profile().version} 版")).to_be_visible()
    await expect(page.get_by_text("微网格 → 居民区 → 综合网格 → 街道 → 区")).to_be_visible()
    await expect(page.get_by_text("查了 120 个微网格，都合标准。")).to_be_visible()
    # Before its script has come the page leads to the card's own page instead of opening it over the map.
    await expect(page.locator("#map path").first).to_be_visible()
    await page.get_by_role("link", name="兰溪综合网格").click()
    card = page.get_by_role("dialog", name="网格卡片")
    await expect(card.get_by_role("heading", name="兰溪综合网格")).to_be_visible()
    await expect(card.get_by_text("慈善互助民主协商")).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(card).to_have_count(0)
    # Seven thousand households and not one worker: every community is outside the norm, and red.
    await page.get_by_role("button", name="在图上看这").first.click()
    await expect(page.locator("#map path[stroke='#b71c1c']").first).to_be_visible()
    await page.locator("#map path[stroke='#b71c1c']").first.click()
    await expect(card.get_by_text("责任单位")).to_be_visible()


async def test_the_figures_of_a_card_are_the_consoles_own(site: Site) -> None:
    await site.one.publish(*crowd(60))
    page = await site.signed_in("duty_desk", "ZR-OPS")
    await page.goto(site.address + "/ground/comprehensive/G4")
    await expect(page.get_by_role("heading", name="兰溪综合网格")).to_be_visible()
    await expect(page.get_by_text("兰溪街区党支部")).to_be_visible()
    await expect(page.get_by_label("三率")).to_contain_text("响应率")
    await expect(page.get_by_text("绿灯")).to_be_visible()


async def test_a_card_opens_over_the_command_screens_map(site: Site) -> None:
    page = await site.signed_in("duty_desk", "ZR-OPS")
    await page.locator(".map path.leaflet-interactive").first.click()
    card = page.get_by_role("dialog", name="网格卡片")
    await expect(card.get_by_text("一格一品")).to_be_visible()
    await card.get_by_role("button", name="关闭").click()
    await expect(card).to_have_count(0)


async def test_a_community_grids_card_has_no_rates(site: Site) -> None:
    page = await site.signed_in("department", "ZR-POLICE")
    await page.goto(site.address + "/ground/community/C05")
    await expect(page.get_by_role("heading", name="真光五坊居民区")).to_be_visible()
    await expect(page.get_by_label("三率")).to_have_count(0)


async def test_every_page_fits_a_phone_and_names_what_it_has(town: Town) -> None:
    page = await town.signed_in("admin", size=NARROW)
    await page.goto(town.address + "/ground")
    for name in TABS:
        await page.get_by_role("navigation", name="网格管理").get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await _named(page)


async def _named(page: Page) -> None:
    """What can be filled in or pressed says what it is; ids are there once; one main, one first heading."""
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, textarea, [role=region]")]
          .filter((one) => one.checkVisibility())
          .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length))
          .map((one) => one.outerHTML.slice(0, 200))"""
    )
    assert nameless == []
    ids = await page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    assert await page.locator("main").count() == await page.locator("h1").count() == 1
    assert await page.evaluate("document.documentElement.lang") == "zh-CN"
