"""The pages that call the registry themselves, with the session's pass: imports, changes, ownerless ground, duty, addresses."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from shapely.affinity import translate
from shapely.geometry import mapping, shape

from services.grids.repository import publications
from tests.browser.conftest import Town
from tests.harness.zhenru import DATA

pytestmark = pytest.mark.browser


def _police() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((DATA / "police.geojson").read_text("utf-8"))
    return told


def _moved() -> dict[str, Any]:
    """PO4 two hundred metres to the east, over its neighbour; PO5 is another team's."""
    told = _police()
    for feature in told["features"]:
        if feature["properties"]["code"] == "PO4":
            feature["geometry"] = mapping(translate(shape(feature["geometry"]), 0.002, 0))
        if feature["properties"]["code"] == "PO5":
            feature["properties"]["unit"] = "ZR-POLICE-3"
    return told


def _crossed() -> dict[str, Any]:
    """The third grid crosses itself, the fifth has no name."""
    told = _police()
    ring = told["features"][2]["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    told["features"][4]["properties"]["name"] = ""
    return told


async def _choose(page: Page, tmp_path: Path, name: str, told: dict[str, Any]) -> None:
    file = tmp_path / name
    file.write_text(json.dumps(told), encoding="utf-8")
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="预览").click()


async def test_an_import_is_previewed_mended_applied_and_recorded(town: Town, tmp_path: Path) -> None:
    page = await town.signed_in("admin")
    await page.goto(town.address + "/ground/import")
    await page.get_by_label("图层", exact=True).select_option("police")
    apply = page.get_by_role("button", name="生效")
    await _choose(page, tmp_path, "crossed.geojson", _crossed())
    await expect(page.get_by_text("有 2 处要改正")).to_be_visible()
    await expect(page.get_by_text("第 3 个网格 PO3 的图形无效（自相交）")).to_be_visible()
    await expect(apply).to_be_disabled()
    await page.get_by_role("button", name="在图上看").click()
    await expect(page.locator("#map path[stroke='#fff']")).to_be_visible()

    await _choose(page, tmp_path, "moved.geojson", _moved())
    await expect(page.get_by_text("预览好了")).to_be_visible()
    await expect(page.get_by_text("PO4 和 PO5 重叠")).to_be_visible()
    await expect(page.get_by_text("新增 0，改变 2，去掉 0，不变 6")).to_be_visible()
    ways = page.get_by_role("region", name="从、到、面积、户数")
    await expect(ways).to_contain_text("PO5（真如警务责任区3组）")
    await expect(page.get_by_role("heading", name="各单位前后")).to_be_visible()
    await expect(page.locator("#map path[stroke='#0b57a4']")).to_have_count(2)
    await expect(page.locator("#map path[stroke='#d35400']")).to_have_count(2)
    # Looked at is not yet in force.
    admin = await town.one.visitor("admin")
    assert (await admin.get("/grids/v1/grids/police/PO5")).json()["unit"] == "ZR-POLICE-5"

    await apply.click()
    await expect(page.get_by_text("已经生效，现在是第")).to_be_visible()
    assert (await admin.get("/grids/v1/grids/police/PO5")).json()["unit"] == "ZR-POLICE-3"
    await expect(apply).to_be_disabled()
    await page.get_by_role("link", name="变更记录").click()
    newest = page.get_by_role("region", name="变更记录").get_by_role("row").nth(1)
    await expect(newest).to_contain_text("警务责任区")
    await expect(newest).to_contain_text("moved.geojson")
    await expect(newest).to_contain_text("admin")


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(town: Town, tmp_path: Path) -> None:
    page = await town.signed_in("admin")
    await page.goto(town.address + "/ground/import")
    await page.get_by_label("图层", exact=True).select_option("police")
    await _choose(page, tmp_path, "moved.geojson", _moved())
    await expect(page.get_by_text("预览好了")).to_be_visible()
    other = _police()
    other["features"][0]["properties"]["unit"] = "ZR-POLICE-2"
    admin = await town.one.visitor("admin")
    assert (await admin.put("/grids/v1/overlays/police", json=other)).status_code == 200
    await page.get_by_role("button", name="生效").click()
    await expect(page.get_by_text("别人刚改过")).to_be_visible()
    assert (await admin.get("/grids/v1/grids/police/PO5")).json()["unit"] == "ZR-POLICE-5"


async def test_an_import_behind_another_says_that_it_waits(town: Town, tmp_path: Path) -> None:
    page = await town.signed_in("admin")
    await page.goto(town.address + "/ground/import")
    await page.get_by_label("图层", exact=True).select_option("police")
    await _choose(page, tmp_path, "moved.geojson", _moved())
    await expect(page.get_by_text("预览好了")).to_be_visible()
    grids = next(service for service in town.one.whole.services if service.name == "grids")
    async with grids.db.transaction() as tx:
        await publications.lock(tx)
        await page.get_by_role("button", name="生效").click()
        await expect(page.get_by_text("另一个导入还在办，排队等着")).to_be_visible()
    await expect(page.get_by_text("已经生效，现在是第")).to_be_visible()


async def test_ownerless_ground_is_ruled(town: Town) -> None:
    admin = await town.one.visitor("admin")
    assert (await admin.put("/grids/v1/overlays/police", json=_moved(), params={"wait": "true"})).status_code == 200
    await town.one.drain()
    page = await town.signed_in("duty_desk", "ZR-OPS")
    await page.goto(town.address + "/ground/ownerless")
    await page.get_by_role("button", name="PO4、PO5").click()
    await page.locator("summary", has_text="裁定归属").click()
    await page.get_by_label("归哪个单位").select_option("ZR-POLICE-3")
    await page.get_by_label("依据").fill("两个责任区会商：以兰溪路为界")
    await page.get_by_role("button", name="裁定归属").click()
    await expect(page.get_by_text("已经裁定，新的案件按裁定派")).to_be_visible()
    await expect(page.get_by_role("region", name="三不管地带台账")).to_contain_text("已裁定")
    await expect(page.get_by_text("裁定前 0 件，裁定后 0 件")).to_be_visible()
    (told,) = (await admin.get("/grids/v1/ownerless")).json()["items"]
    assert told["ruling"]["unit"] == "ZR-POLICE-3"


async def test_who_may_only_read_is_told_so(town: Town) -> None:
    page = await town.signed_in("department", "ZR-POLICE")
    await page.goto(town.address + "/ground/import")
    await expect(page.get_by_text("只有管理员的密钥能导入边界")).to_be_visible()
    await expect(page.locator("#file")).to_have_count(0)
    await page.goto(town.address + "/ground/ownerless")
    await expect(page.get_by_text("没有这样的地方")).to_be_visible()
    await page.goto(town.address + "/ground/units")
    await expect(page.get_by_role("heading", name="真如派出所")).to_be_visible()  # its own unit, unasked


async def test_who_is_on_duty_and_the_week(town: Town) -> None:
    admin = await town.one.visitor("admin")
    people = [
        {"code": f"P{n}", "name": name, "unit": "ZR-POLICE", "role": "民警", "channels": {"phone": f"000-0000000{n}"}}
        for n, name in enumerate(("甲某", "乙某"))
    ]
    assert (await admin.put("/grids/v1/people", json=people)).status_code == 200
    day = [{"from": "08:00", "to": "20:00", "people": ["P0", "P1"]}, {"from": "20:00", "to": "08:00", "people": ["P1"]}]
    weeks = [dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), day)]
    roster = {"weeks": weeks, "starts_on": "2026-11-23"}
    answer = await admin.put("/grids/v1/rosters/ZR-POLICE", json=roster, params={"wait": "true"})
    assert answer.status_code == 201, answer.text
    page = await town.signed_in("duty_desk", "ZR-OPS")
    await page.goto(town.address + "/ground/units")
    await page.get_by_label("找单位").fill("真如派出所")
    await page.get_by_role("button", name="真如派出所").click()
    duty = page.get_by_role("region", name="值班", exact=True)
    await expect(duty.get_by_role("row").nth(1)).to_contain_text("甲某")
    await expect(duty.get_by_role("row").nth(1)).to_contain_text("000-00000000")
    await expect(duty.get_by_role("row").nth(2)).to_contain_text("乙某")
    week = page.get_by_role("region", name="本周值班表")
    await expect(week.get_by_role("row")).to_have_count(8)
    await expect(week).to_contain_text("08:00–20:00 甲某、乙某")
    await expect(page.get_by_role("heading", name="民警（2）")).to_be_visible()


async def test_an_address_is_found_and_told_how(town: Town, tmp_path: Path) -> None:
    page = await town.signed_in("admin")
    await page.goto(town.address + "/ground/places")
    await page.get_by_label("地址或叫法").fill("上海市普陀区兰溪路１２０弄５号")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("兰溪路120号（门牌）")).to_be_visible()
    await expect(page.get_by_text("90%")).to_be_visible()
    await expect(page.get_by_role("region", name="归谁管")).to_contain_text("兰溪综合网格")
    await page.get_by_label("地址或叫法").fill("北极光大厦")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("没有认出来")).to_be_visible()

    file = tmp_path / "places.csv"
    rows = ["标准地址,类型,经度,纬度", "北极光大厦,楼宇,121.4079,31.2426", "坏的一行,楼宇,,"]
    file.write_text("\n".join(rows), encoding="utf-8")
    form = page.locator("#wish")
    await page.locator("#file").set_input_files(file)
    await form.get_by_label("部分").check()
    await form.get_by_role("button", name="预览").click()
    await expect(page.get_by_text("读不懂的地方（2）")).to_be_visible()
    await expect(form.get_by_role("button", name="生效")).to_be_disabled()
    await form.get_by_label("读不懂的行略过").check()
    await form.get_by_role("button", name="预览").click()
    await form.get_by_role("button", name="生效").click()
    await expect(page.get_by_text("已经生效：")).to_be_visible()
    await page.get_by_role("button", name="查", exact=True).click()
    await expect(page.get_by_text("北极光大厦（办公楼）")).to_be_visible()


async def test_an_inventory_of_components_is_previewed_mended_and_put_in_force(town: Town, tmp_path: Path) -> None:
    page = await town.signed_in("admin")
    await page.goto(town.address + "/ground/places")
    form = page.locator("#parts-wish")
    apply = form.get_by_role("button", name="生效")
    survey = tmp_path / "普查.csv"
    head = "部件标识码,部件名称,经度,纬度,权属单位,照片\n"
    survey.write_text(
        head + "N-1,路灯,121.4079,31.2426,路灯管理所,\nN-2,路灯,121.4079,31.2427,某某公司,a.jpg\n", "gb18030"
    )
    await page.locator("#parts-file").set_input_files(survey)
    await form.get_by_label("部分").check()
    await form.get_by_role("button", name="预览").click()
    await expect(page.get_by_text("第 3 行 owner：权属单位“某某公司”不在单位表里")).to_be_visible()
    await expect(apply).to_be_disabled()
    await form.get_by_label("修补").check()
    await form.get_by_role("button", name="预览").click()
    report = page.locator("#parts-report")
    await expect(report).to_contain_text("2：N-1、N-2")
    await expect(report).to_contain_text("某某公司：1 个部件记成没有权属")
    await expect(report).to_contain_text("照片")
    admin = await town.one.visitor("admin")
    assert (await admin.get("/grids/v1/components/N-1")).status_code == 404
    await apply.click()
    await expect(page.get_by_text("已经生效，现在是第")).to_be_visible()
    assert (await admin.get("/grids/v1/components/N-1")).json()["owner"] == "OWN-LAMP"
    await expect(apply).to_be_disabled()
