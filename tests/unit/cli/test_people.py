"""Tables of people and shifts as people hand them in."""

from pathlib import Path

import pytest
import typer

from duoge.cli.people import _posting, read_rosters
from duoge.cli.tables import read_table
from tests.unit.cli.workbook import write_workbook


def write(folder: Path, *lines: str) -> Path:
    file = folder / "rosters.csv"
    file.write_text("\n".join(lines), "utf-8")
    return file


def test_a_row_a_shift(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "unit,week,day,from,to,people,valid_from,starts_on,make_up",
        "U,1,工作日,8:00,20:00,A、B,,2026-01-05,周五",
        "U,2,周六,20:00,08:00,C,,,",
        "U,,节假日,0:00,24:00,D,,,",
        "U,1,每天,08:00,20:00,E,2027-01-01,,",
        "V,1,sun,08:00,09:00,F,,,",
    )
    read = read_rosters(read_table(file))
    first, later, other = read.bodies
    day = {"from": "08:00", "to": "20:00", "people": ["A", "B"]}
    assert first == {
        "unit": "U",
        "starts_on": "2026-01-05",
        "make_up": "fri",
        "weeks": [
            {name: [day] for name in ("mon", "tue", "wed", "thu", "fri")},
            {"sat": [{"from": "20:00", "to": "08:00", "people": ["C"]}]},
        ],
        "holiday": [{"from": "00:00", "to": "24:00", "people": ["D"]}],
    }
    assert (later["valid_from"], len(later["weeks"][0]), other["unit"]) == ("2027-01-01", 7, "V")
    assert read.where("/0/weeks/1/sat/0/people/0") == "第 3 行 people/0"
    assert read.where("/0/holiday/0") == "第 4 行"
    assert read.where("/0/starts_on") == "第 2 行"
    assert read.where("/2/unit") == "第 6 行"
    assert read.where("/9/unit") == "/9/unit"


@pytest.mark.parametrize("row", ["U,1,someday,08:00,20:00,A", "U,0,mon,08:00,20:00,A", "U,x,mon,08:00,20:00,A"])
def test_what_can_not_be_placed_ends_with_its_line(
    tmp_path: Path, row: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "unit,week,day,from,to,people", "U,1,mon,08:00,20:00,A", row)
    with pytest.raises(typer.Exit):
        read_rosters(read_table(file))
    assert "第 3 行" in capsys.readouterr().err


def test_a_workbook_keeps_clocks_as_text(tmp_path: Path) -> None:
    file = tmp_path / "rosters.xlsx"
    write_workbook(file, [["unit", "day", "from", "to", "people"], ["U", "mon", "08:00:00", "9:30", "A"]])
    (body,) = read_rosters(read_table(file)).bodies
    assert body["weeks"][0]["mon"] == [{"from": "08:00", "to": "09:30", "people": ["A"]}]


def test_postings_in_a_cell() -> None:
    assert _posting("comprehensive/G4:网格长") == {"overlay": "comprehensive", "grid": "G4", "role": "网格长"}
    assert _posting("police/P/1：民警@2026-01-01~2027-01-01") == {
        "overlay": "police",
        "grid": "P/1",
        "role": "民警",
        "valid_from": "2026-01-01",
        "valid_to": "2027-01-01",
    }
    assert _posting("police/P1:民警@~2027-01-01")["valid_to"] == "2027-01-01"
    assert _posting("随便写") == "随便写"
