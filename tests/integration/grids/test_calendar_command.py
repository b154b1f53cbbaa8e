"""`duoge calendar` against a running registry."""

import asyncio
from pathlib import Path

import typer
from typer.testing import CliRunner, Result

from duoge.cli import calendars
from tests.harness.single import ADMIN, Single
from tests.integration.grids.test_cli import url

__all__ = ["url"]


async def run(at: str, *words: str) -> Result:
    app = typer.Typer()
    app.add_typer(calendars.app, name="calendar")
    environment = {"DUOGE_URL": at, "DUOGE_API_KEY": ADMIN}
    return await asyncio.to_thread(CliRunner().invoke, app, ["calendar", *words], env=environment)


async def test_a_year_is_loaded_and_others_stay(one: Single, url: str, tmp_path: Path) -> None:
    first, second, wrong = tmp_path / "2027.csv", tmp_path / "2028.json", tmp_path / "wrong.csv"
    first.write_text("日期,至,类型\n2027-01-01,2027-01-03,休\n2027-01-09,,班\n", encoding="utf-8")
    second.write_text('{"2028-01-03": false}', encoding="utf-8")
    wrong.write_text("日期,类型\n2027-01-05,班\n2027-01-01,休\n", encoding="utf-8")
    told = await run(url, "import", str(first))
    assert told.exit_code == 0, told.output
    assert "2027 年的 4 天" in told.output
    assert (await run(url, "import", str(second))).exit_code == 0
    refused = await run(url, "import", str(wrong))
    assert refused.exit_code == 1
    assert "星期二" in refused.output
    held = (await (await one.visitor("admin")).get("/grids/v1/calendar")).json()
    assert held["complete_years"] == [2027, 2028]
    assert held["days"] == {
        "2027-01-01": False, "2027-01-02": False, "2027-01-03": False, "2027-01-09": True, "2028-01-03": False,
    }  # fmt: skip
    shown = await run(url, "show")
    assert "已知到 2028 年" in shown.output
