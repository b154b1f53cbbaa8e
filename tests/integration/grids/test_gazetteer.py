"""The gazetteer from a district's own files: previewed, all or nothing, the same file twice changes nothing."""

from pathlib import Path

import httpx

from tests.harness.single import Single
from tests.integration.grids.steps import collection, feature, get, put, square
from tests.integration.grids.test_cli import run, url

__all__ = ["url"]
HEAD = "标准地址,小区名称,幢号,经度,纬度,类型,曾用名\n"
GOOD = (
    "普陀区兰溪路138弄,星河世纪小区,,121.4000,31.2400,住宅小区,星河新村\n"
    "普陀区兰溪路138弄3号,星河世纪小区,3,121.4002,31.2402,,\n"
    "普陀区兰溪路140号,,,121.4010,31.2410,门牌,\n"
)
BAD = "普陀区兰溪路142号,,,31.2,121.4,,\n普陀区兰溪路144号,,,东经,31.2,,\n"


async def upload(admin: httpx.AsyncClient, table: str, **parameters: bool) -> httpx.Response:
    asked = {name: str(wanted).lower() for name, wanted in parameters.items()}
    headers = {"Content-Type": "text/csv"}
    return await admin.put("/grids/v1/gazetteer", content=table.encode("gb18030"), params=asked, headers=headers)


async def test_an_export_is_previewed_and_then_taken(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/district", collection(feature("D", square(121.4, 31.24))))
    seen = (await upload(admin, HEAD + GOOD + BAD, preview=True)).json()
    assert seen["version"] == 1
    report = seen["report"]
    assert (report["new"], report["gone"], report["kinds"]) == (3, 0, {"address": 1, "building": 1, "estate": 1})
    assert [row["line"] for row in report["not_understood"]["items"]] == [5, 6]
    assert report["outside"]["count"] == 0
    assert (await get(admin, "gazetteer"))["items"] == []
    refused = await upload(admin, HEAD + GOOD + BAD)
    assert refused.status_code == 422
    assert [(error["pointer"], error["line"]) for error in refused.json()["errors"]] == [("/3", 5), ("/4/lon", 6)]
    assert (await get(admin, "gazetteer"))["items"] == []
    taken = (await upload(admin, HEAD + GOOD + BAD, skip_bad=True)).json()
    assert (taken["version"], taken["places"], taken["report"]["not_understood"]["count"]) == (2, 3, 2)
    assert (await upload(admin, HEAD + GOOD)).json() == {"version": 2, "places": 3}
    again = (await upload(admin, HEAD + GOOD, preview=True)).json()["report"]
    assert (again["new"], again["changed"], again["gone"], again["same"]) == (0, 0, 0, 3)


async def test_what_was_imported_is_found(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/district", collection(feature("D", square(121.4, 31.24))))
    assert (await upload(admin, HEAD + GOOD)).status_code == 200
    told = {
        "兰溪路138弄3号301室": ("星河世纪小区3幢", "building", False),
        "星河新村三号楼": ("星河世纪小区3幢", "former", False),
        "静安区兰溪路140号": ("兰溪路140号", "number", True),
        "兰溪路": ("兰溪路", "road", True),
    }
    for address, (name, how, triage) in told.items():
        answer = await get(admin, "resolve", address=address)
        assert (answer["match"]["name"], answer["match"]["how"], answer["triage"]) == (name, how, triage), address
        assert answer["match"]["told"]
    assert (await get(admin, "resolve", address="静安区兰溪路140号"))["match"]["elsewhere"] == "静安区"
    row = (await get(admin, "gazetteer", kind="estate"))["items"][0]
    assert (row["former"], row["aliases"]) == (["星河新村"], ["兰溪路138弄"])


async def test_a_part_leaves_the_rest(one: Single, admin: httpx.AsyncClient) -> None:
    await upload(admin, HEAD + GOOD)
    moved = "普陀区兰溪路140号,,,121.4020,31.2410,门牌,\n普陀区兰溪路150号,,,121.4030,31.2410,门牌,\n"
    seen = (await upload(admin, HEAD + moved, part=True, preview=True)).json()["report"]
    assert (seen["new"], seen["changed"], seen["gone"]) == (1, 1, 0)
    assert (await upload(admin, HEAD + moved, part=True)).json() == {"version": 2, "places": 4}
    rows = {row["name"]: row for row in (await get(admin, "gazetteer"))["items"]}
    assert rows["兰溪路140号"]["lon"] == 121.402


async def test_what_is_handed_out_can_be_handed_in(one: Single, admin: httpx.AsyncClient) -> None:
    stretch = {"low": 1, "high": 99, "parity": "odd", "to_lon": 121.41, "to_lat": 31.24}
    rows = [
        {"name": "石泉路", "kind": "road", "lon": 121.4, "lat": 31.24, **stretch},
        {"name": "甲小区", "kind": "estate", "lon": 121.4, "lat": 31.24, "former": ["乙村"], "unit": "WY-1"},
    ]
    assert await put(admin, "gazetteer", rows) == {"version": 1, "places": 2}
    assert await put(admin, "gazetteer", (await get(admin, "gazetteer"))["items"]) == {"version": 1, "places": 2}
    bad = [{**rows[1], **stretch}, {**rows[0], "low": 101}, {**rows[0], "to_lat": None}, {**rows[0], "parity": "x"}]
    refused = await admin.put("/grids/v1/gazetteer", json=bad)
    assert {error["pointer"].split("/")[1] for error in refused.json()["errors"]} == {"0", "1", "2", "3"}


async def test_the_command(one: Single, url: str, tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    table.write_text(HEAD + GOOD + BAD, "gb18030")
    seen = await run(url, "gazetteer", "import", str(table), "--preview")
    assert seen.exit_code == 0
    assert "预览 3 条" in seen.stdout
    assert "第 6 行 lon" in seen.stdout
    refused = await run(url, "gazetteer", "import", str(table))
    assert refused.exit_code == 1
    assert "第 5 行" in refused.output
    assert (await run(url, "gazetteer", "import", str(table), "--skip-bad")).exit_code == 0
    change = (await get(await one.visitor("admin"), "changes"))["items"][0]
    assert (change["what"], change["file"], change["counts"]["added"]) == ("gazetteer", "places.csv", 3)
    assert "星河世纪小区" in change["codes"]["added"]
