"""The page of the ground: the profile in force, norms and what is outside them, the card of a grid with its figures."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Site
from tests.browser.crowd import crowd

pytestmark = pytest.mark.browser


async def test_profile_norms_and_a_card(site: Site) -> None:
    await site.one.publish(*crowd(60))
    page = await site.signed_in("duty_desk", "ZR-OPS")
    await page.get_by_role("link", name="网格", exact=True).click()
    await expect(page.get_by_text("zhenru 第 1 版")).to_be_visible()
    await expect(page.get_by_text("微网格 → 居民区 → 综合网格 → 街道 → 区")).to_be_visible()
    await expect(page.get_by_text("查了 120 个微网格，都合标准。")).to_be_visible()
    outside = page.get_by_role("link", name="人/万人，比标准下限 18 人/万人少")
    await expect(outside).to_have_count(3)
    await page.get_by_role("link", name="兰溪综合网格").click()
    await expect(page.get_by_role("heading", name="兰溪综合网格")).to_be_visible()
    await expect(page.get_by_text("慈善互助民主协商")).to_have_count(2)
    await expect(page.get_by_text("兰溪街区党支部")).to_be_visible()
    await expect(page.get_by_label("三率")).to_contain_text("响应率")
    await expect(page.get_by_text("绿灯")).to_be_visible()


async def test_a_community_grids_card_is_found_from_the_norm(site: Site) -> None:
    page = await site.signed_in("department", "ZR-POLICE")
    await page.goto(site.address + "/ground")
    await page.get_by_role("link", name="真光五坊居民区：").click()
    await expect(page.get_by_role("heading", name="真光五坊居民区")).to_be_visible()
    await expect(page.get_by_label("三率")).to_have_count(0)
