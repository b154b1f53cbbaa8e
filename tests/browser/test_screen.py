"""The command screen as somebody of the street uses it."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Site
from tests.integration.console.story import HOUR, Story, clock

pytestmark = pytest.mark.browser


async def test_a_case_appears_moves_and_goes_without_a_reload(site: Site) -> None:
    page = await site.signed_in("duty_desk", "ZR-OPS")
    await expect(page).to_have_title("指挥屏 · 多格合一")
    await expect(page.get_by_text("11月23日 10:00")).to_be_visible()
    await expect(page.get_by_text("眼下没有案件")).to_be_visible()
    story = Story()
    await site.one.publish(*story.opened())
    row = page.locator("[data-case=case_a]")
    await expect(row).to_contain_text("夜间噪声")
    await expect(row).to_contain_text("待签收")
    await expect(row).to_contain_text("真如责任网格3组")
    await expect(row).to_contain_text("签收 还剩 2 小时")
    await expect(page.locator(".tile", has_text="在办")).to_contain_text("1")
    site.one.clock.advance(HOUR * 3)
    await expect(row).to_contain_text("签收 已超 1 小时")
    late = clock("sign", story.at, story.at + 2 * HOUR, "overdue")
    await site.one.publish(story.step("case.overdue", 2 * HOUR, light="red", clock=late))
    await expect(row.locator(".light.red")).to_be_visible()
    await site.one.publish(story.step("case.closed", HOUR, state="closed", clock=None))
    await expect(row).to_have_count(0)
    await page.get_by_label("状态").select_option("closed")
    await expect(row).to_contain_text("已结案")
