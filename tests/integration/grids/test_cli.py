"""The operator's commands against a running registry."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import typer
from typer.testing import CliRunner, Result

from duoge.cli import imports, keys
from duoge.demo.load import load_zhenru, make_keys
from duoge.demo.staff import load_staff
from tests.harness.listening import listening
from tests.harness.single import ADMIN, Single
from tests.harness.zhenru import DATA, OVERLAYS
from tests.integration.grids.steps import collection, feature, get, square
from tests.unit.cli.workbook import write_workbook
from tests.unit.grids.reading.making import geopackage, shape_parts


@pytest_asyncio.fixture
async def url(one: Single) -> AsyncIterator[str]:
    async with listening(one.service.app) as address:
        yield address


async def run(url: str, *words: str) -> Result:
    app = typer.Typer()
    imports.add_to(app)
    app.add_typer(keys.app, name="keys")
    environment = {"DUOGE_URL": url, "DUOGE_API_KEY": ADMIN}
    return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=environment)


async def test_imports(one: Single, url: str, tmp_path: Path) -> None:
    admin = await one.visitor("admin")
    done = await run(url, "units", "import", str(DATA / "units.csv"))
    assert done.exit_code == 0
    assert "已导入 131 个单位，网格版本 1" in done.stdout
    done = await run(url, "gazetteer", "import", str(DATA / "gazetteer.csv"))
    assert done.exit_code == 0
    seen = await run(url, "grids", "import", str(DATA / "police.geojson"), "--overlay", "police", "--preview")
    assert json.loads(seen.stdout[seen.stdout.index("{") :])["version"] == 2
    bad = tmp_path / "bad.geojson"
    bad.write_text(json.dumps(collection(feature("A", square(121.4, 31.24)), feature("", square(121.4, 31.24)))))
    refused = await run(url, "grids", "import", str(bad), "--overlay", "police")
    assert refused.exit_code == 1
    assert "第 2 个" in refused.output
    assert (await get(admin, "overlays"))["items"] == []


async def test_borders_of_every_format(one: Single, url: str, tmp_path: Path) -> None:
    admin = await one.visitor("admin")
    for name, part in shape_parts().items():
        (tmp_path / name).write_bytes(part)
    (tmp_path / "警务.gpkg").write_bytes(geopackage())
    table = tmp_path / "警务.csv"
    table.write_text("编码,名称,wkt\nPO1,一,\n,二,x\n", "gb18030")
    for file in ("police.shp", "警务.gpkg"):
        done = await run(url, "grids", "import", str(tmp_path / file), "--overlay", "police", "--preview")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout[done.stdout.index("{") :])["topology"]["grids"] == 2
    refused = await run(url, "grids", "import", str(table), "--overlay", "police", "--mend")
    assert refused.exit_code == 1
    assert "第 2 行网格 PO1 的图形是空的" in refused.output
    assert "第 3 行网格没有编码" in refused.output
    assert (await run(url, "grids", "import", str(table), "--overlay", "a/b")).exit_code == 1
    assert (await get(admin, "changes"))["items"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_bad_rows_are_named_with_their_line(one: Single, url: str, tmp_path: Path, encoding: str) -> None:
    table = tmp_path / "units.csv"
    table.write_text(
        'code,name,level,parent,aliases\nQP,普陀区,district,,"区\n里"\nZR,真如镇,planet,QP,镇、街道\n', encoding
    )
    refused = await run(url, "units", "import", str(table))
    assert refused.exit_code == 1
    assert "第 4 行 level" in refused.output
    table.write_text("code,name,level,aliases\nZR,真如镇,street,镇、街道\n", encoding)
    assert (await run(url, "units", "import", str(table))).exit_code == 0
    admin = await one.visitor("admin")
    assert (await get(admin, "units/ZR"))["aliases"] == ["镇", "街道"]
    places = tmp_path / "places.csv"
    places.write_text(
        "name,kind,lon,lat\n甲路1号,address,121.4,31.2\n甲路2号,address,x,31.2\n乙,shop,nan,31.2\n丙,shop,31.2,121.4\n",
        encoding,
    )
    refused = await run(url, "gazetteer", "import", str(places))
    assert all(place in refused.output for place in ("第 3 行 lon", "第 4 行 lon", "第 5 行"))


async def test_every_column_of_the_table(one: Single, url: str, tmp_path: Path) -> None:
    table = tmp_path / "units.xlsx"
    header = ["code", "name", "level", "parent", "hours", "channels", "aliases"]
    write_workbook(
        table,
        [
            header,
            [310107.0, "普陀区", "district"],
            ["P", "所", "street", "310107", "24x7", "sms:138;email:a@b", "甲、乙"],
        ],
    )
    assert (await run(url, "units", "import", str(table))).exit_code == 0
    unit = await get(await one.visitor("admin"), "units/P")
    assert (unit["parent"], unit["channels"], unit["aliases"]) == (
        "310107",
        {"sms": "138", "email": "a@b"},
        ["甲", "乙"],
    )
    empty = tmp_path / "empty.csv"
    empty.write_text("name,kind,lon,lat\n", "utf-8")
    assert (await run(url, "gazetteer", "import", str(empty))).exit_code == 1


async def test_keys(one: Single, url: str) -> None:
    made = await run(url, "keys", "create", "--name", "热线", "--role", "source")
    assert "dg_" in made.stdout
    assert "whsec_" in made.stderr
    admin = await one.visitor("admin")
    key_id = (await get(admin, "keys"))["items"][0]["id"]
    listed = (await run(url, "keys", "list")).stdout
    line = next(line for line in listed.splitlines() if key_id in line)
    assert all(whole in line for whole in ("热线", " source "))
    assert "…" not in listed
    assert (await run(url, "keys", "revoke", key_id)).exit_code == 0
    assert (await run(url, "keys", "revoke", key_id)).exit_code == 1
    assert (await run(url, "keys", "create", "--name", "x", "--role", "king")).exit_code == 1


async def test_an_inventory_of_components(one: Single, url: str, tmp_path: Path) -> None:
    await run(url, "units", "import", str(DATA / "units.csv"))
    survey = tmp_path / "普查.csv"
    head = "部件标识码,部件名称,经度,纬度,权属单位,部件状态,初始时间,照片\n"
    lamp = "3101070118000001,路灯,121.412390,31.240580,路灯管理所,完好,2024/5/1,a.jpg\n"
    survey.write_text(head + lamp + "3101070105000002,,121.41239,31.24058,某某公司,破损,,\n", "gb18030")
    refused = await run(url, "components", "import", str(survey), "--crs", "gcj02")
    assert refused.exit_code == 1
    assert "第 3 行 owner" in refused.stderr
    done = await run(url, "components", "import", str(survey), "--crs", "gcj02", "--mend")
    assert done.exit_code == 0
    assert "新增 2，改 0，去掉 0，不变 0；现有 2 个部件" in done.stdout
    assert "“某某公司”不在单位表里，1 个部件记成没有权属" in done.stderr
    assert "没有用到的列：照片" in done.stderr
    seen = await get(await one.visitor("admin"), "components/3101070118000001")
    assert (seen["kind"], seen["owner"], seen["valid_from"]) == ("lamp", "OWN-LAMP", "2024-04-30T16:00:00+00:00")
    assert seen["lon"] == pytest.approx(121.4078, abs=3e-4)
    whole = await run(url, "components", "import", str(DATA / "components.csv"))
    assert "去掉 2" in whole.stdout


async def test_the_demo_loads_once(one: Single) -> None:
    admin = await one.visitor("admin")
    said: list[str] = []
    await load_zhenru(admin, said.append, last_waits=False)
    assert {row["overlay"] for row in (await get(admin, "overlays"))["items"]} == set(OVERLAYS)
    count = len(said)
    await load_zhenru(admin, said.append)
    assert len(said) == count
    assert len(await make_keys(admin)) == 6


async def test_people_and_rosters(one: Single, url: str, tmp_path: Path) -> None:
    """Units with their dates, people, shifts; every bad row with its line, and nothing of a bad table."""
    admin = await one.visitor("admin")
    units = tmp_path / "units.csv"
    units.write_text(
        "code,name,level,valid_from,valid_to\nU,一组,street,,2027-01-01\nU,一大队,street,2027-01-01,\n", "utf-8"
    )
    assert (await run(url, "units", "import", str(units))).exit_code == 0
    assert (await get(admin, "units/U", at="2027-06-01T00:00:00+08:00"))["name"] == "一大队"
    people = tmp_path / "people.csv"
    head = "code,name,unit,role,channels,skills,party_member"
    people.write_text(f"{head}\nA,甲某,U,队员,phone:000-1,消防、手语,是\nB,乙某,NONE,队员,,,\n", "utf-8")
    refused = await run(url, "people", "import", str(people))
    assert (refused.exit_code, "第 3 行 unit" in refused.output) == (1, True)
    people.write_text(f"{head}\nA,甲某,U,队员,phone:000-1,消防、手语,是\nB,乙某,U,队员,,,否\n", "utf-8")
    assert (await run(url, "people", "import", str(people))).exit_code == 0
    held = await get(admin, "people/A")
    assert (held["channels"], held["skills"], held["party_member"]) == ({"phone": "000-1"}, ["fire", "手语"], True)
    shifts = tmp_path / "rosters.csv"
    shifts.write_text("unit,day,from,to,people\nU,每天,8:00,20:00,A、B\nU,每天,20:00,8:00,B、C\n", "utf-8")
    refused = await run(url, "rosters", "import", str(shifts))
    assert (refused.exit_code, "第 3 行 people/1" in refused.output) == (1, True)
    shifts.write_text("unit,day,from,to,people\nU,每天,8:00,20:00,A、B\nU,每天,20:00,8:00,B\n", "utf-8")
    assert (await run(url, "rosters", "import", str(shifts))).exit_code == 0
    assert (await get(admin, "on-duty", unit="U"))["on_duty"][0]["name"] == "甲某"


async def test_the_demonstrations_people(one: Single) -> None:
    admin = await one.visitor("admin")
    said: list[str] = []
    await load_zhenru(admin, said.append, last_waits=False)
    await load_staff(admin, said.append)
    await load_staff(admin, said.append)
    assert sum("值班表" in line for line in said) == 1
    for unit in ("ZR-OPS", "ZR-POLICE", "ZR-FIRE", "ZR-DUTY-3"):
        told = await get(admin, "on-duty", unit=unit)
        assert (told["source"], told["on_duty"][0]["name"][1:]) == ("roster", "某")
        assert "ZR-OPS" in {post["unit"] for post in [*told["on_duty"], *told["then"]]}
        assert (await get(admin, f"rosters/{unit}"))["unit"] == unit
    assert [row["code"] for row in (await get(admin, "volunteers", skill="fire", grid="G4"))["items"]] == ["VOL4-01"]
    assert (await get(admin, "people", grid="G4", role="网格长"))["items"][0]["code"] == "G4-01"
