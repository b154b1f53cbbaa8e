"""The page of rules: looked through, changed as a draft, checked, tried, published, compared and taken back."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from services.dispatch.domain.routing.files import write_file
from services.dispatch.domain.routing.table import BUILT_IN
from tests.browser.conftest import DESKTOP, NARROW, Town

pytestmark = pytest.mark.browser
TABS = ("规则表", "历次版本", "职责清单", "判例")
# What sticks out of the page, where it can't be scrolled by itself.
WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".scroller"))
  .map((one) => one.outerHTML.slice(0, 120))"""
SHOTS = os.environ.get("DUOGE_SHOTS")


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


async def test_a_row_is_changed_checked_tried_published_and_taken_back(town: Town) -> None:
    page = await town.signed_in("duty_desk", "ZR-OPS")
    await page.get_by_role("link", name="派单规则", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("在用的是第 1 版")
    await page.get_by_label("找规则").fill("卸货")
    await expect(page.get_by_role("button", name="改 GL-03.shop")).to_be_visible()
    await _shot(page, "search")
    await page.get_by_role("button", name="改 GL-03.shop").click()
    dialog = page.get_by_role("dialog", name="改规则 GL-03.shop")
    await dialog.get_by_role("button", name="去掉 所在责任网格的单位").click()
    await dialog.get_by_role("button", name="去掉 综合行政执法队").click()
    await dialog.get_by_label("主办（按次序取第一个找得到的）").fill("所在警务责任区的单位")
    await _shot(page, "editor")
    await dialog.get_by_role("button", name="放进草稿").click()
    await expect(page.get_by_text("草稿有未发布的修改")).to_be_visible()
    # It is kept over a reload.
    await page.reload()
    await expect(page.get_by_text("草稿有未发布的修改")).to_be_visible()
    await page.get_by_role("button", name="检查", exact=True).click()
    await expect(page.get_by_text("没有要改的，示例都通过。")).to_be_visible()
    await page.get_by_role("button", name="试派", exact=True).click()
    await expect(page.get_by_text("还没有案件可以试。")).to_be_visible()
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.get_by_text("请写为什么改")).to_be_visible()
    await page.get_by_label("为什么改").fill("夜间由民警")
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.get_by_text("第 2 版已生效。")).to_be_visible()
    await page.get_by_role("link", name="历次版本").click()
    await page.get_by_role("button", name="第 2 版 和上一版比").click()
    await expect(page.get_by_text("grid:police")).to_be_visible()
    await _shot(page, "versions")
    await page.get_by_role("button", name="退回到第 1 版").click()
    await expect(page.get_by_text("草稿有未发布的修改")).to_be_visible()
    await page.get_by_label("为什么改").fill("退回")
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.get_by_text("第 3 版已生效。")).to_be_visible()


async def test_faults_are_shown_at_their_rows_and_a_file_is_read(town: Town) -> None:
    page = await town.signed_in("duty_desk", "ZR-OPS")
    await page.goto(town.address + "/rules")
    await page.get_by_role("button", name="加一行").click()
    dialog = page.get_by_role("dialog", name="加一行规则")
    await dialog.get_by_label("编号").fill("late")
    await dialog.get_by_label("优先级（小的先判断）").fill("900")
    await dialog.get_by_label("子项").fill("GL-03.shop")
    await dialog.get_by_label("主办（按次序取第一个找得到的）").fill("operation")
    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="放进草稿").click()
    await page.get_by_role("button", name="检查", exact=True).click()
    await expect(page.get_by_text("规则 late 永远用不上")).to_be_visible()
    await page.get_by_role("button", name="看规则 late").click()
    await expect(page.locator("#row-late")).to_be_in_viewport()
    await _shot(page, "faults")
    await page.get_by_role("button", name="放弃修改").click()
    await expect(page.locator("#row-late")).to_have_count(0)
    sheet = write_file(BUILT_IN, "csv")
    files = page.get_by_label("从文件读入规则表")
    await files.set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": sheet})
    await expect(page.get_by_text(f"读到 {len(BUILT_IN)} 行规则")).to_be_visible()
    bad = sheet.replace(b"grid:fire", b"=1+1", 1)
    await files.set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": bad})
    await expect(page.get_by_text("像是公式")).to_be_visible()
    town.errors.clear()  # the browser itself says that the file was refused


@pytest.mark.parametrize("size", [DESKTOP, NARROW])
async def test_every_page_fits_and_only_readers_read(town: Town, size: tuple[int, int]) -> None:
    page = await town.signed_in("auditor", size=size)
    await page.goto(town.address + "/rules")
    for name in TABS:
        await page.get_by_role("navigation", name="派单规则").get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        assert await page.evaluate(WIDER) == []
        for details in await page.locator("details.group").all():
            await details.locator("summary").click()
        await _shot(page, f"{name}-{size[0]}")
        assert await page.evaluate(WIDER) == []
        for word in ("发布", "加一行", "从文件读入规则表", "从文件读入职责清单"):
            await expect(page.get_by_role("button", name=word, exact=True)).to_have_count(0)
