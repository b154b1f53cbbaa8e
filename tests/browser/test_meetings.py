"""会商: what waits is read on the page, printed for the room, and decided there, by keyboard or on a telephone."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, NARROW, Town
from tests.browser.test_follow_up import WIDER, redone, resolved, typed

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("DUOGE_SHOTS")
PATH = "/follow-up/meetings"


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"meeting-{name}.png"), full_page=True)


async def waiting(town: Town) -> dict[str, Any]:
    """A case whose citizen was not content twice."""
    case = await resolved(town)
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    actions = f"/dispatch/v1/cases/{case['case_id']}/actions"
    for _ in range(2):
        answer = await desk.post(actions, json={"action": "callback", "resolved": False})
        assert answer.status_code == 200, answer.text
        if answer.json()["waits_for_meeting"] is None:
            await redone(town, case)
    await town.one.drain()
    return case


@pytest.mark.parametrize("size", [DESKTOP, NARROW])
async def test_a_meeting_reads_prints_and_decides(town: Town, size: tuple[int, int]) -> None:
    case = await waiting(town)
    page = await town.signed_in("duty_desk", "ZR-OPS", size=size)
    await page.goto(town.address + PATH)
    matter = page.get_by_role("article", name="兰溪路生鲜店")
    await expect(matter.get_by_text("市民 2 次不认可")).to_be_visible()
    await expect(matter.get_by_text("督办单第1号")).to_have_count(2)
    await expect(matter.get_by_role("heading", name="经过")).to_be_visible()
    await expect(page.get_by_role("button", name="去掉 真如镇街道城运中心")).to_be_visible()
    await _shot(page, str(size[0]))
    assert await page.evaluate(WIDER) == []
    # On paper: the case and room to write, nothing to click.
    await page.emulate_media(media="print")
    await expect(matter.get_by_text("由谁落实：", exact=True)).to_be_visible()
    for gone in (page.get_by_role("banner"), page.get_by_role("button"), page.get_by_text("议定还没有办结的")):
        assert [await one.is_visible() for one in await gone.all()] == [False] * await gone.count()
    await _shot(page, f"paper-{size[0]}")
    await page.emulate_media(media="screen")
    await matter.get_by_label("这次会上议").uncheck()
    await expect(matter.get_by_role("heading", name="经过")).to_be_hidden()
    await matter.get_by_label("这次会上议").check()
    # Entered there, from the keyboard; what is missing is said in one sentence.
    await page.get_by_role("button", name="去掉 真如镇街道城运中心").click()
    await matter.get_by_label("定了什么").fill("城管和市场所联合夜查，一周见效")
    await matter.get_by_label("什么时候前落实").fill(typed(town.one.clock.now() + timedelta(days=7)))
    await matter.get_by_role("button", name="登记会商结果").press("Enter")
    await expect(matter.get_by_role("alert")).to_have_text("请在上面填写到会的单位")
    await page.get_by_label("到会的单位", exact=True).first.fill("ZR-DUTY")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="各件的主办都到了").click()
    # Somebody was at the case meanwhile: it is said, nothing is lost, and it can be entered again.
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    actions = f"/dispatch/v1/cases/{case['case_id']}/actions"
    assert (await desk.post(actions, json={"action": "urge"})).status_code == 200
    await matter.get_by_role("button", name="登记会商结果").click()
    await expect(matter.get_by_role("alert")).to_be_visible()
    await expect(matter.get_by_label("定了什么")).to_have_value("城管和市场所联合夜查，一周见效")
    await matter.get_by_role("button", name="登记会商结果").click()
    await expect(page.get_by_text("已登记会商结果，落实单位会收到")).to_be_visible()
    await expect(page.get_by_text("街道会商（").first).to_be_visible()
    [held] = (await desk.get(f"/dispatch/v1/cases/{case['case_id']}")).json()["meetings"]
    assert (held["units"][0], held["kind"]) == ("ZR-DUTY", "street")
    await page.reload()
    await expect(page.get_by_text("没有等会商的案件。")).to_be_visible()
    await _shot(page, f"none-{size[0]}")
    town.errors.clear()  # the browser itself says that the stale one was refused


async def test_whoever_only_reads_enters_nothing(town: Town) -> None:
    await waiting(town)
    page = await town.signed_in("auditor")
    await page.goto(town.address + PATH)
    await expect(page.get_by_role("article", name="兰溪路生鲜店")).to_be_visible()
    await expect(page.get_by_role("button", name="打印材料")).to_be_visible()
    await expect(page.get_by_role("button", name="登记会商结果")).to_have_count(0)
