"""`duoge classify`: ledgers of every form, one JSON line on stdout, everything else on stderr; bad ones are said."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner

from duoge.cli.classify import app
from duoge.learning.ledger import read_ledger, read_names
from services.kit.files.bad import BadFile
from tests.unit.intake.learned_made import ledger

HEADER = ["content", "category1", "concern"]


def _rows() -> list[list[str]]:
    samples, labels = ledger()
    return [[sample.text, f"类{label}", label] for sample, label in zip(samples, labels, strict=True)]


def _csv(rows: list[list[str]], header: list[str] = HEADER) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue()


def _written(folder: Path, form: str, rows: list[list[str]]) -> Path:
    file = folder / f"ledger.{form}"
    if form == "xlsx":
        with xlsxwriter.Workbook(str(file)) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([HEADER, *rows]):
                sheet.write_row(number, 0, row)
    elif form == "csv.gz":
        file.write_bytes(gzip.compress(_csv(rows).encode()))
    else:
        file.write_bytes(_csv(rows).encode("gb18030" if form == "gb.csv" else "utf-8-sig"))
    return file


def _run(*arguments: object) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, [str(one) for one in arguments])
    return found.exit_code, found.stdout, found.stderr


@pytest.mark.parametrize("form", ["csv", "csv.gz", "xlsx", "gb.csv"])
def test_a_ledger_of_any_form_is_learned_and_judged(tmp_path: Path, form: str) -> None:
    file, model = _written(tmp_path, form, _rows()), tmp_path / "model.npz"
    code, out, err = _run("train", file, "--label", "concern", "-o", model)
    assert (code, out) == (0, ""), err
    assert "首选对" in err
    code, out, err = _run("evaluate", file, "--label", "concern", "--model", model, "--report")
    assert code == 0
    told = json.loads(out)
    assert set(told) == {"n", "top1", "top3", "macro_f1"}
    assert (told["n"], told["top3"]) == (72, 1.0)
    assert told["top1"] > 0.9
    assert "召回率" in err


def test_a_ledger_is_checked_without_a_model(tmp_path: Path) -> None:
    file = _written(tmp_path, "csv", [*_rows(), ["说不清的一件事", "类", ""]])
    code, out, err = _run("check", file, "--label", "concern", "--rounds", 1, "--seed", 3, "--report")
    assert code == 0, err
    told = json.loads(out)
    assert (told["n"], told["random"]["splits"], told["latest"]["n"]) == (72, 5, 15)
    assert 0.8 < told["random"]["top1"]["min"] <= told["random"]["top1"]["mean"] <= told["random"]["top1"]["max"] <= 1.0
    assert told["random"]["top3"]["mean"] == told["latest"]["top3"] == 1.0
    assert "按时间的最后五分之一" in err
    assert _run("check", file, "--label", "concern", "--rounds", 1, "--seed", 3)[1] == out
    assert list(tmp_path.iterdir()) == [file]


def test_rows_without_a_label_are_not_learned_yet_judged_wrong(tmp_path: Path) -> None:
    rows = _rows()
    bad = [["说不清的一件事", "类", ""], ["没见过的标签", "类", "ZZ-99"]]
    model = tmp_path / "model.npz"
    assert _run("train", _written(tmp_path, "csv", rows + bad[:1]), "--label", "concern", "-o", model)[0] == 0
    out = _run("evaluate", _written(tmp_path, "csv", bad), "--label", "concern", "--model", model)[1]
    assert json.loads(out) == {"n": 2, "top1": 0.0, "top3": 0.0, "macro_f1": 0.0}


def test_corrections_are_learned_too(tmp_path: Path) -> None:
    file, model = _written(tmp_path, "csv", _rows()), tmp_path / "model.npz"
    told = tmp_path / "corrections.csv"
    told.write_text(_csv([["外墙渗水发霉没人修", "x", "FW-02"]] * 5, ["content", "was", "concern"]), "utf-8")
    assert _run("train", file, "--label", "concern", "-o", model, "--corrections", told)[0] == 0
    asked = tmp_path / "asked.csv"
    asked.write_text(_csv([["北楼外墙渗水发霉", "FW-02"]], ["content", "concern"]), "utf-8")
    assert json.loads(_run("evaluate", asked, "--label", "concern", "--model", model)[1])["top1"] == 1.0


def test_what_was_decided_beforehand_is_read_beside_the_text(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("title,content,address,category1,unit,date\n标题,内容,兰溪路,类,甲,20260101\n", "utf-8")
    (sample,) = read_ledger(file, "unit").samples
    assert (sample.text, dict(sample.columns)) == ("标题\n内容", {"address": "兰溪路", "category1": "类"})
    assert read_ledger(file, "unit", content_only=True).samples[0].columns == {}


def test_one_category_is_no_hint_for_another(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("content,category1,category2,address\n内容,甲,乙,兰溪路\n", "utf-8")
    assert dict(read_ledger(file, "category1").samples[0].columns) == {"address": "兰溪路"}


def test_two_names_of_one_unit_are_learned_and_judged_as_one(tmp_path: Path) -> None:
    rows = [
        [content, kind, "食药监" if n % 2 and label == "FW-01" else label]
        for n, (content, kind, label) in enumerate(_rows())
    ]
    file, same, model = _written(tmp_path, "csv", rows), tmp_path / "same.csv", tmp_path / "model.npz"
    same.write_text("写法,名称\n食药监,FW-01\n", "utf-8")
    assert _run("train", file, "--label", "concern", "-o", model, "--same", same)[0] == 0
    apart, together = (
        json.loads(_run("evaluate", file, "--label", "concern", "--model", model, *more)[1])["top1"]
        for more in ([], ["--same", same])
    )
    assert apart < 0.9 < together
    assert json.loads(_run("check", file, "--label", "concern", "--same", same, "--rounds", 1)[1])["n"] == 72


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("写法,名称\n工商局,\n", "第 2 行"),
        ("写法\n工商局\n", "第 2 行"),
        ("写法,名称\n工商局,甲\n工商局,乙\n", "第 3 行"),
        ("写法,名称\n甲,乙\n乙,丙\n", "最后的名称"),
    ],
)
def test_a_bad_table_of_names_is_said(tmp_path: Path, raw: str, said: str) -> None:
    file = tmp_path / "same.csv"
    file.write_text(raw, "utf-8")
    with pytest.raises(BadFile, match=said):
        read_names(file)
    code, _, err = _run("check", _written(tmp_path, "csv", _rows()), "--label", "concern", "--same", file)
    assert code == 1
    assert said in err


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "没有数据"),
        (b"content,unit\n", "没有数据"),
        ("content,部门\n内容,甲\n".encode(), "unit"),
        ("原话,unit\n内容,甲\n".encode(), "content"),
        (b"PK\x03\x04 no workbook", "打不开"),
        (b"\x1f\x8b no gzip", "解不开"),
        ("content,unit\n内".encode() + b"\xff\xfe\xff" + "容,甲\n".encode(), "编码"),
    ],
)
def test_what_is_no_ledger_is_said(tmp_path: Path, raw: bytes, said: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(raw)
    with pytest.raises(BadFile, match=said):
        read_ledger(file, "unit")
    code, out, err = _run("train", file, "--label", "unit", "-o", tmp_path / "m.npz")
    assert (code, out) == (1, "")
    assert said in err
    assert not (tmp_path / "m.npz").exists()


def test_too_little_and_no_model_are_said(tmp_path: Path) -> None:
    file, model = _written(tmp_path, "csv", _rows()[:3]), tmp_path / "model.npz"
    assert _run("train", file, "--label", "concern", "-o", model)[0] == 1
    code, _, err = _run("check", file, "--label", "concern")
    assert code == 1
    assert "至少" in err
    model.write_bytes(b"nothing")
    code, out, err = _run("evaluate", file, "--label", "concern", "--model", model)
    assert (code, out) == (1, "")
    assert "重新训练" in err
