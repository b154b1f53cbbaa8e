"""The command screen as somebody of the street uses it."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Site
from tests.browser.crowd import crowd
from tests.integration.console.story import HOUR, Story, clock, order

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


async def test_hundreds_of_cases_filters_and_the_map(site: Site) -> None:
    await site.one.publish(*crowd(300))
    page = await site.signed_in("duty_desk", "ZR-OPS")
    await expect(page.locator("[data-case]")).to_have_count(100)
    await page.get_by_role("button", name="再显示").click()
    await expect(page.locator("[data-case]")).to_have_count(200)
    await expect(page.locator(".map path.leaflet-interactive")).not_to_have_count(0)
    await expect(page.locator(".grid-label")).to_have_count(6)
    await page.get_by_label("图层").select_option("police")
    await expect(page.locator(".grid-label")).to_have_count(8)
    await page.locator(".tile", has_text="红灯").click()
    await expect(page.locator("[data-case] .light:not(.red)")).to_have_count(0)
    red = int(await page.locator(".tile.red strong").inner_text())
    await expect(page.locator(".count")).to_have_text(f"{red} 件")
    await page.get_by_label("灯").select_option("")
    await page.get_by_label("查找").fill("走失")
    await expect(page.locator("[data-case]").first).to_contain_text("老人走失")
    await page.get_by_label("查找").fill("没有这样的事")
    await expect(page.get_by_text("没有符合条件的案件")).to_be_visible()
    await expect(page.locator(".whistle").first).to_contain_text("已升级到 真如市场监管所")


async def test_the_rates_stand_with_their_parts_and_their_formula(site: Site) -> None:
    await site.one.publish(*crowd(60))
    page = await site.signed_in("supervisor", "QP")
    rates = page.get_by_label("三率")
    await expect(rates).to_contain_text("响应率 · 权重 20%")
    await expect(rates).to_contain_text("按时先行联系的件数 ÷ 应先行联系的件数")
    await expect(rates).to_contain_text("总分 = 响应率×20% + 解决率×40% + 满意率×40%")
    month = await rates.inner_text()
    await page.get_by_label("统计时段").select_option("day")
    await expect(rates).not_to_have_text(month)


async def test_a_case_page_moves_on_by_itself(site: Site) -> None:
    story = Story()
    await site.one.publish(order("order.accepted", "ord_case_a"), *story.opened())
    page = await site.signed_in("duty_desk", "ZR-OPS")
    await page.get_by_role("link", name="夜间噪声").click()
    await expect(page.get_by_role("heading", name="夜间噪声")).to_be_visible()
    for step in ("走访调研", "发现问题", "协调协同", "解决解释", "跟踪问效"):
        await expect(page.get_by_role("heading", name=step)).to_be_visible()
    await expect(page.locator(".clocks")).to_contain_text("还剩 2 小时")
    site.one.clock.advance(HOUR)
    await expect(page.locator(".clocks")).to_contain_text("还剩 1 小时")
    called = [{"unit": "ZR-POLICE-5", "state": "missing", "escalated_to": ["ZR-POLICE"]}]
    await site.one.publish(story.step("whistle.blown", HOUR, whistle_state="partly_met", calls=called))
    await expect(page.locator(".whistle")).to_contain_text("真如警务责任区5组未到已升级到 真如派出所")
    await site.one.publish(story.step("case.resolved", HOUR, state="resolved", measures="店家承诺不再夜间卸货"))
    await expect(page.locator(".facts")).to_contain_text("店家承诺不再夜间卸货")
    await expect(page.locator(".orders")).to_contain_text("SH12345-20261123-000123")


async def test_a_unit_sees_its_own_and_a_friendly_no(site: Site) -> None:
    await site.one.publish(*Story("case_a").opened(), *Story("case_b").opened(lead="ZR-FIRE-1", assists=[]))
    page = await site.signed_in("department", "ZR-FIRE")
    await expect(page.locator("[data-case]")).to_have_count(1)
    await expect(page.get_by_text("真如消防救援站 · 部门")).to_be_visible()
    answer = await page.goto(site.address + "/cases/case_a")
    assert answer is not None
    assert answer.status == 404
    await expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    site.errors.clear()  # the browser reports the 404 itself


async def test_wrong_key_then_the_page_that_was_wanted_then_out(site: Site) -> None:
    await site.one.publish(*Story().opened())
    page = await site.page()
    await page.goto(site.address + "/cases/case_a")
    await page.get_by_label("密钥").fill("not-a-key")
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("alert")).to_have_text("密钥不对或已停用，请检查是否复制完整，或向管理员要新的")
    site.errors.clear()  # the browser reports the 401 itself
    key = await site.key("duty_desk", "ZR-OPS")
    await page.get_by_label("密钥").fill(key)
    await page.keyboard.press("Enter")
    await page.wait_for_url(site.address + "/cases/case_a")
    assert all(key not in cookie["value"] for cookie in await page.context.cookies())
    assert key not in await page.content()
    await page.get_by_role("button", name="退出").click()
    await page.wait_for_url(site.address + "/login")
    await page.goto(site.address + "/")
    await expect(page.get_by_label("密钥")).to_be_visible()


async def test_signing_out_in_one_tab_closes_the_other(site: Site) -> None:
    first = await site.signed_in("duty_desk", "ZR-OPS")
    second = await first.context.new_page()
    await second.goto(site.address + "/")
    await expect(second.get_by_text("眼下没有案件")).to_be_visible()
    await first.get_by_role("button", name="退出").click()
    await second.wait_for_url(site.address + "/login")


async def test_by_keyboard_alone(site: Site) -> None:
    await site.one.publish(*Story().opened())
    page = await site.signed_in("duty_desk", "ZR-OPS")
    await expect(page.locator("[data-case]")).to_have_count(1)
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent") == "夜间噪声":
            break
    await page.keyboard.press("Enter")
    await page.wait_for_url(site.address + "/cases/case_a")


async def test_on_a_phone_nothing_runs_out_of_the_screen(site: Site) -> None:
    await site.one.publish(*crowd(40))
    page = await site.signed_in("grid_chief", "ZR-G4", PHONE)
    await expect(page.locator("[data-case]").first).to_be_visible()
    for path in ("/", "/cases/case_0003", "/wall", "/nothing"):
        await page.goto(site.address + path)
        await page.wait_for_load_state("networkidle")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], path
    site.errors.clear()  # the browser reports the 404s itself
