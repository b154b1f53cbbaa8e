"""`duoge rules check|show`, `duoge simulate` without a running system."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from duoge.cli import app
from services.dispatch.domain.routing.files import Form, write_file
from services.dispatch.domain.routing.table import BUILT_IN
from tests.harness.zhenru import ROOT, SHOP

SHIPPED = ROOT / "services" / "dispatch" / "rules" / "zhenru.toml"


WITHOUT_A_SYSTEM = {"DUOGE_API_KEY": None, "DUOGE_ADMIN_KEY": None}


def _run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words], env=WITHOUT_A_SYSTEM)
    return done.exit_code, done.output


def _police(tmp_path: Path) -> Path:
    rows = [row.as_json() | ({"lead": ["grid:police"]} if row.id == "GL-03.shop" else {}) for row in BUILT_IN.written]
    file = tmp_path / "police.json"
    file.write_text(json.dumps({"rows": rows}, ensure_ascii=False), "utf-8")
    return file


def test_check() -> None:
    assert _run("rules", "check", SHIPPED) == (0, f"规则表没有问题：{len(BUILT_IN)} 行，0 个示例全部通过\n")


def test_check_names_every_fault(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text(SHIPPED.read_text("utf-8").replace('concern = ["FW-03"]', 'concern = ["FW-09"]'), "utf-8")
    code, said = _run("rules", "check", file)
    assert code == 1
    assert "规则 FW-03 的事项“FW-09”不存在" in said
    file.write_text("rows = [", "utf-8")
    code, said = _run("rules", "check", file)
    assert code == 1
    assert "读不懂" in said


def test_what_a_file_gets_wrong_is_said_in_chinese(tmp_path: Path) -> None:
    table, orders = tmp_path / "x.json", tmp_path / "orders.csv"
    table.write_text(
        json.dumps({"rows": [{"id": "a", "priority": "高", "lead": ["=1+1"]}]}, ensure_ascii=False), "utf-8"
    )
    orders.write_text("content,reported_at\n路灯不亮,昨天\n", "utf-8")
    for said in (_run("rules", "check", table)[1], _run("simulate", "--rules", SHIPPED, "--orders", orders)[1]):
        assert "不对" in said
        assert "should" not in said


def test_show_may_be_checked_again(tmp_path: Path) -> None:
    code, said = _run("rules", "show", "--json")
    assert code == 0
    file = tmp_path / "shown.json"
    file.write_text(said, "utf-8")
    assert _run("rules", "check", file)[0] == 0
    code, said = _run("rules", "show", file)
    assert code == 0
    assert "GL-03.shop" in said


def test_the_tables_of_work_are_printed() -> None:
    code, said = _run("rules", "actions")
    assert code == 0
    assert "assign | signed in_progress statutory | dispatcher lead | 不变 | case.progressed" in said
    assert "close | replied | 签发一级 | closed | case.slip_closed" in said
    code, said = _run("rules", "dispatches")
    assert code == 0
    assert "居民区（社区） | 部门、物业、权属单位、志愿者、网格、街道城运中心 | 是" in said
    assert _run("rules", "dispatches", "--profile", "beijing")[0] == 0
    assert _run("rules", "dispatches", "--profile", "nowhere")[0] == 1


@pytest.mark.parametrize("suffix", ["csv", "json", "ndjson"])
def test_simulate(tmp_path: Path, suffix: str) -> None:
    rows = [
        {"content": "卸货噪声", "concern": "GL-03.unloading", "lon": SHOP[0], "lat": SHOP[1]},
        {"content": "共享单车乱停在兰溪路2号门口", "reported_at": "2026-11-23T08:15:00+08:00"},
    ]
    file = tmp_path / f"orders.{suffix}"
    if suffix == "csv":
        lines = ["content,concern,lon,lat,reported_at", f"卸货噪声,GL-03.unloading,{SHOP[0]},{SHOP[1]},"]
        lines.append("共享单车乱停在兰溪路2号门口,,,,2026-11-23T08:15:00+08:00")
        file.write_text("\n".join(lines), "utf-8-sig")
    elif suffix == "json":
        file.write_text(json.dumps(rows), "utf-8")
    else:
        file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    output = tmp_path / "out.csv"
    code, said = _run("simulate", "--orders", file, "--rules", _police(tmp_path), "-o", output)
    assert code == 0, said
    assert "试派 2 件：变化 1 件，街道托底 0 件，读不懂 0 件" in said
    assert "第 1 件：ZR-DUTY-5 → ZR-POLICE-4。" in said
    assert len(output.read_text("utf-8-sig").splitlines()) == 3


def test_simulate_names_the_line_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("content,lon,lat\n噪声,x,31\n", "utf-8")
    code, said = _run("simulate", "--orders", file, "--rules", SHIPPED)
    assert code == 1
    assert "第 2 行的 lon 不对" in said


@pytest.mark.parametrize("form", ["xlsx", "csv", "json"])
def test_a_spreadsheet_is_judged_as_any_table(tmp_path: Path, form: Form) -> None:
    rules = tmp_path / f"rules.{form}"
    rules.write_bytes(write_file(BUILT_IN, form))
    code, said = _run("rules", "check", rules)
    assert code == 0, said
    assert f"规则表没有问题：{len(BUILT_IN)} 行" in said
    orders = tmp_path / "orders.json"
    orders.write_text(json.dumps([{"concern": "GL-03.shop", "lon": SHOP[0], "lat": SHOP[1]}]), "utf-8")
    code, said = _run("simulate", "--orders", orders, "--rules", rules)
    assert (code, said.splitlines()[0]) == (0, "试派 1 件：变化 0 件，街道托底 0 件，读不懂 0 件")


def test_a_bad_cell_is_said_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("规则编号,优先级,主办\na,很先,operation\n", "utf-8")
    code, said = _run("rules", "check", file)
    assert code == 1
    assert "第 2 行“优先级”要写整数。" in said


def test_simulate_wants_orders_or_a_number(tmp_path: Path) -> None:
    code, said = _run("simulate", "--rules", SHIPPED)
    assert code == 2
    assert "--last" in said
