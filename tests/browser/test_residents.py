"""The form and the receipt on a phone: filled, clicked on the map, photographed, followed, judged; and without scripts."""

import os
import random
import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import NARROW, PHONE, Town
from tests.harness.zhenru import SHOP

pytestmark = pytest.mark.browser


async def _seen(page: Page, name: str) -> None:
    """Nothing hangs over the edge. With DUOGE_SCREENSHOTS set the page is kept there, to be looked at."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("DUOGE_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_from_the_form_to_the_thanks_on_a_phone(town: Town) -> None:
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    shop = {"code": "ZR-0138", "name": "兰溪路生鲜店", "address": "兰溪路138号"}
    at = {"location": {"lon": SHOP[0], "lat": SHOP[1]}, "guarantees": ["包卫生", "包秩序"]}
    assert (await desk.put("/intake/v1/shops", json=[shop | at])).status_code == 200
    page = await town.page(PHONE)
    await page.goto(town.address + "/report?shop=ZR-0138")
    await expect(page.get_by_role("heading", name="兰溪路生鲜店")).to_be_visible()
    await expect(page.get_by_text("黄点是店门口")).to_be_visible()
    await _seen(page, "report-shop")
    await page.goto(town.address + "/report")
    await page.get_by_label("什么事").fill("店门口每晚十一点后卸货，噪声很大，睡不着。")
    await expect(page.locator("#map path").first).to_be_visible()
    await _seen(page, "report-empty")
    await page.locator("#map").click(position={"x": 180, "y": 150})
    await expect(page.get_by_text("已在图上选了位置")).to_be_visible()
    photos = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": _noise(1200)} for n in range(2)]
    await page.get_by_label("照片", exact=False).first.set_input_files(photos)  # type: ignore[arg-type]
    await expect(page.locator("#previews li")).to_have_count(2)
    await page.get_by_role("button", name="去掉第 2 张照片").click()
    await expect(page.locator("#previews li")).to_have_count(1)
    await page.get_by_label("哪一类").select_option("complaint")
    await page.get_by_label("电话", exact=True).fill("13812345678")
    await _seen(page, "report-filled")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_text("已经收到")).to_be_visible()
    await _seen(page, "receipt-new")
    path = page.url.removeprefix(town.address)
    orders = (await desk.get("/intake/v1/orders", params={"source": "resident-form"})).json()["items"]
    kept = await desk.get(orders[0]["attachments"][0]["url"])
    # Made smaller on the way, and a photograph still.
    assert kept.headers["Content-Type"] == "image/jpeg"
    assert len(kept.content) < len(_noise(1200)) / 2
    await page.get_by_label("补充情况").fill("昨晚又来了")
    await page.get_by_role("button", name="提交补充").click()
    await expect(page.get_by_text("收到您的补充")).to_be_visible()
    await page.get_by_text("催一下").first.click()
    await page.get_by_role("button", name="催一下").click()
    await expect(page.get_by_text("收到您的催办")).to_be_visible()
    await _resolved(town)
    await page.goto(town.address + path)
    await expect(page.get_by_role("heading", name="已办结")).to_be_visible()
    await _seen(page, "receipt-resolved")
    await page.get_by_label("解决了", exact=True).check()
    await page.get_by_label("满意", exact=True).check()
    await page.get_by_label("想说的").fill("谢谢")
    await page.get_by_role("button", name="提交评价").click()
    await expect(page.get_by_text("您的评价", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="提交评价")).to_have_count(0)
    await _seen(page, "receipt-judged")


def _noise(side: int) -> bytes:
    """A PNG that no packing makes smaller, of `side` times `side` pixels."""
    rows = b"".join(b"\0" + random.Random(row).randbytes(side * 3) for row in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


async def _resolved(town: Town) -> None:
    """As the unit would, all the way."""
    await town.one.drain()
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    case = (await desk.get("/dispatch/v1/cases")).json()["items"][0]
    unit = await town.one.visitor("department", case["lead"])
    for action in (
        {"action": "sign"},
        {"action": "contact"},
        {"action": "resolve", "measures": "已劝阻，改到晚八点前卸货"},
    ):
        done = await unit.post(f"/dispatch/v1/cases/{case['case_id']}/actions", json=action)
        assert done.status_code == 200, done.text
    await town.one.drain()


async def test_by_keyboard_and_what_is_wrong_is_said(town: Town) -> None:
    page = await town.page(NARROW)
    await page.goto(town.address + "/report?shop=nonsense")
    await expect(page.get_by_text("没有找到这个商户码")).to_be_visible()
    await expect(page.locator("#map path").first).to_be_visible()
    await page.get_by_label("什么事").focus()
    await page.keyboard.type("兰溪路138号楼下井盖坏了")
    await page.locator("#map").focus()
    await page.keyboard.press("ArrowRight")
    await page.get_by_role("button", name="取图中心").press("Enter")
    await expect(page.get_by_text("已取图中心的位置")).to_be_visible()
    await page.get_by_label("电话", exact=True).fill("不告诉你")
    await page.get_by_role("button", name="提交").press("Enter")
    await expect(page.get_by_text("还有几处要改")).to_be_visible()
    await expect(page.get_by_label("什么事")).to_have_value("兰溪路138号楼下井盖坏了")
    await _seen(page, "report-wrong")
    await page.get_by_label("匿名").check()
    await expect(page.get_by_label("电话", exact=True)).to_be_disabled()
    await page.get_by_role("button", name="提交").press("Enter")
    await expect(page.get_by_text("已经收到")).to_be_visible()
    town.errors[:] = [error for error in town.errors if "422" not in error]
    await page.goto(town.address + "/receipt?code=nonsense")
    await expect(page.get_by_text("请核对")).to_be_visible()
    await _seen(page, "find-wrong")
    town.errors[:] = [error for error in town.errors if "404" not in error]


async def test_without_scripts(town: Town) -> None:
    context = await town.browser.new_context(java_script_enabled=False, locale="zh-CN")
    town.stack.push_async_callback(context.close)
    page = await context.new_page()
    await page.goto(town.address + "/report")
    await page.get_by_label("什么事").fill("兰溪路生鲜店每晚卸货噪声很大")
    await expect(page.locator("#map")).to_be_hidden()
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_text("已经收到")).to_be_visible()
    await page.get_by_label("补充情况").fill("昨晚又来了")
    await page.get_by_role("button", name="提交补充").click()
    await expect(page.get_by_text("收到您的补充")).to_be_visible()
