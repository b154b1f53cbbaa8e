"""A case handled on its page: a part given out, a slip issued, answered and struck off, shelved with a signature."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Town

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("DUOGE_SHOTS")
WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".scroller"))
  .map((one) => one.outerHTML.slice(0, 120))"""
_SHOP = (121.407887, 31.242573)
_ORDER = {
    "external_id": "E-1",
    "channel": "hotline_12345",
    "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "reported_at": "2026-11-23T08:15:00+08:00",
    "location": {"lon": _SHOP[0], "lat": _SHOP[1]},
}


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


async def opened_case(town: Town) -> str:
    source = await town.one.visitor("source", None, "sh12345")
    answer = await source.post("/intake/v1/orders", json=_ORDER)
    assert answer.status_code == 201, answer.text
    await town.one.drain()
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    [case] = (await desk.get("/dispatch/v1/cases")).json()["items"]
    return str(case["case_id"])


async def _does(page: Page, action: str, fields: dict[str, str] | None = None) -> None:
    await page.get_by_label("做什么").select_option(action)
    for label, value in (fields or {}).items():
        await page.get_by_label(label, exact=False).first.fill(value)
    await page.locator("#work form button.main").first.click()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_a_case_is_handled(town: Town, size: tuple[int, int]) -> None:
    case_id = await opened_case(town)
    page = await town.signed_in("duty_desk", "ZR-OPS", size=size)
    await page.goto(f"{town.address}/cases/{case_id}")
    await page.get_by_role("link", name="办理这个案件").click()
    await expect(page.get_by_role("heading", name="派单依据")).to_be_visible()
    await expect(page.get_by_role("heading", name="同类的事以前怎么裁的")).to_have_count(0)
    await _shot(page, f"disputed-{size[0]}")
    await _does(page, "sign")
    await expect(page.get_by_text("已签收。")).to_be_visible()
    await _does(page, "assign", {"分给哪个单位": "ZR-MARKET-1", "请它办什么": "查证照"})
    await expect(page.get_by_text("分办未完")).to_be_visible()
    await _does(page, "supervise", {"回复期限": "2030-01-01T10:00", "说明": "请说明为什么还在扰民"})
    await expect(page.get_by_role("heading", name="督办单（1）")).to_be_visible()
    await _shot(page, f"slip-{size[0]}")
    await _does(page, "resolve", {"采取的措施": "已劝导"})
    await expect(page.get_by_role("alert")).to_contain_text("分办的还没有办完")
    await page.get_by_label("第 1 号的说明").fill("店主承诺二十二时后不卸货")
    await page.get_by_role("button", name="回复", exact=True).click()
    await page.get_by_role("button", name="销号", exact=True).click()
    await expect(page.get_by_text("督办单第 1 号：已销号。")).to_be_visible()
    await _does(page, "shelve")
    await expect(page.locator("#work form textarea:invalid")).to_have_count(1)
    await _does(page, "shelve", {"说明": "等道路改造"})
    await expect(page.get_by_role("heading", name="挂账", exact=True)).to_be_visible()
    await _shot(page, f"shelved-{size[0]}")
    assert await page.evaluate(WIDER) == []
    for path, name in (("/handling", "督办单"), ("/handling/shelved", "挂账登记")):
        await page.goto(town.address + path)
        await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        await expect(page.get_by_role("link", name="卸货").first).to_be_visible()
        await _shot(page, f"{name}-{size[0]}")
        assert await page.evaluate(WIDER) == []
    town.errors.clear()  # the browser itself says that finishing was refused


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_the_desk_agrees_to_a_whistle_and_refuses_another(town: Town, size: tuple[int, int]) -> None:
    chief = await town.one.visitor("grid_chief", "ZR-G4")
    asked = {}
    for need in ("查油烟", "查噪声"):
        told = {"kind": "daily", "units": ["QP-ECO"], "need": need, "place": _ORDER["location"]}
        answer = await chief.post("/dispatch/v1/whistles", json=told)
        assert answer.status_code == 201, answer.text
        asked[need] = answer.json()["whistle_id"]
        await town.one.advance(timedelta(minutes=45))
    page = await town.signed_in("duty_desk", "ZR-OPS", size=size)
    await page.get_by_role("link", name="吹哨报到").click()
    await page.get_by_role("link", name="等同意的哨").click()
    await expect(page.get_by_role("heading", level=1, name="等同意的哨")).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="普陀区生态环境局")).to_have_count(2)
    # Whoever has waited longest stands first, with how long that is and how often an answer was asked for.
    first, second = [page.get_by_role("row").nth(place) for place in (1, 2)]
    await expect(first).to_contain_text("1 小时 30 分")
    await expect(first).to_contain_text("已催 1 次")
    await expect(second).to_contain_text("45 分")
    await expect(second).not_to_contain_text("已催")
    await _shot(page, f"nods-{size[0]}")
    assert await page.evaluate(WIDER) == []
    first = page.get_by_role("row").filter(has_text="查油烟")
    await first.get_by_label("查油烟 的说明").fill("确属区级权限")
    await first.get_by_role("button", name="同意", exact=True).click()
    await expect(page.get_by_text("已同意，哨已吹响")).to_be_visible()
    await page.get_by_role("row").filter(has_text="查噪声").get_by_role("button", name="不同意").click()
    await expect(page.get_by_text("现在没有等同意的哨。")).to_be_visible()
    desk = await town.one.visitor("duty_desk", "ZR-OPS")
    nods = {need: (await desk.get(f"/dispatch/v1/whistles/{one}")).json()["nod"] for need, one in asked.items()}
    assert (nods["查油烟"]["state"], nods["查油烟"]["note"]) == ("given", "确属区级权限")
    assert nods["查噪声"]["state"] == "refused"


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_rulings_that_fit_are_shown_wherever_a_case_is(town: Town, size: tuple[int, int]) -> None:
    """A like matter was ruled three times the same way; the next one shows it, with the change of the table to the desk."""
    ruled = await opened_case(town)
    desk, source = await town.one.visitor("duty_desk", "ZR-OPS"), await town.one.visitor("source", None, "sh12345")
    ruling = {"action": "rule", "lead": "ZR-POLICE-4", "ground": "人为喧哗，治安管理处罚法"}
    for _ in range(3):
        assert (await desk.post(f"/dispatch/v1/cases/{ruled}/actions", json=ruling)).status_code == 200
    elsewhere = {"lon": _SHOP[0] + 0.002, "lat": _SHOP[1]}
    told = _ORDER | {"external_id": "E-2", "location": elsewhere, "content": "另一家店夜里装卸货物,噪声扰民"}
    assert (await source.post("/intake/v1/orders", json=told)).status_code == 201
    await town.one.drain()
    listed = (await desk.get("/dispatch/v1/cases")).json()["items"]
    [case_id] = [case["case_id"] for case in listed if case["case_id"] != ruled]
    page = await town.signed_in("duty_desk", "ZR-OPS", size=size)
    for address in (f"/cases/{case_id}", f"/handling/cases/{case_id}"):
        await page.goto(town.address + address)
        await expect(page.get_by_role("heading", name="同类的事以前怎么裁的")).to_be_visible()
        await expect(page.get_by_text("建议改规则：裁定 3 次同向")).to_be_visible()
        await _shot(page, f"rulings-{address.split('/')[1]}-{size[0]}")
        assert await page.evaluate(WIDER) == []
    lead = next(case["lead"] for case in listed if case["case_id"] == case_id)
    squad = await town.signed_in("department", lead, size=size)
    await squad.goto(f"{town.address}/handling/cases/{case_id}")
    await expect(squad.get_by_role("heading", name="同类的事以前怎么裁的")).to_be_visible()
    await expect(squad.get_by_text("建议改规则")).to_have_count(0)
