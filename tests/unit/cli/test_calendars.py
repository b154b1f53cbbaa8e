"""A year's holidays as somebody hands them in."""

from datetime import date
from pathlib import Path

import pytest
import typer

from duoge.cli.calendars import read
from services.grids.domain.worked import faults

NOTICE = """日期,至,类型,名称
2027年1月1日,2027-01-03,休,元旦
2027/1/9,,班,元旦调休
"""


def written(folder: Path, name: str, content: str) -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def test_a_notice_as_a_table(tmp_path: Path) -> None:
    assert read(written(tmp_path, "2027.csv", NOTICE)) == {
        "2027-01-01": False,
        "2027-01-02": False,
        "2027-01-03": False,
        "2027-01-09": True,
    }


@pytest.mark.parametrize(
    "content", ['{"2027-01-01": false, "2027-01-09": true}', '{"days": {"2027-01-01": false, "2027-01-09": true}}']
)
def test_as_json(tmp_path: Path, content: str) -> None:
    assert read(written(tmp_path, "2027.json", content)) == {"2027-01-01": False, "2027-01-09": True}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", NOTICE + "2027-01-02,,班,\n", "前面已写成休"),
        ("a.csv", NOTICE + "2027-01-02,,休,\n", "写了两次"),
        ("a.csv", NOTICE + "2027-13-02,,休,\n", "读不懂"),
        ("a.csv", NOTICE + "2027-02-02,2026-02-03,休,\n", "先后和年份"),
        ("a.csv", NOTICE + "2027-02-02,2028-02-03,休,\n", "先后和年份"),
        ("a.csv", NOTICE + "2027-02-02,,也许,\n", "要写 休 或 班"),
        ("a.json", '{"2027-01-01": false, "2027-01-01": true}', "前面已写成休"),
        ("a.json", '{"2027-01-01": "maybe"}', "要写 休 或 班"),
        ("a.json", "[]", "一天也没有"),
        ("a.json", "{", "读不懂"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, said: str
) -> None:
    with pytest.raises(typer.Exit):
        read(written(tmp_path, name, content))
    assert said in capsys.readouterr().err


def test_what_the_registry_refuses() -> None:
    assert not list(faults({date(2027, 1, 1): False, date(2027, 1, 9): True}, {2027}))
    # A weekday of a published holiday may be worked here.
    assert not list(faults({date(2026, 10, 1): True}, set()))
    [(pointer, said)] = faults({date(2027, 1, 5): True}, set())
    assert (pointer, "星期二" in said) == ("/days/2027-01-05", True)
    [(pointer, said)] = faults({date(2027, 1, 9): True}, {2027})
    assert (pointer, "2027" in said) == ("/complete_years", True)
    assert not list(faults({}, {2026}))
