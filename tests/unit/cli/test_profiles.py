"""`duoge profile check|show`."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from duoge.cli import app
from services.fabric.profile import FOLDER
from tests.harness.cities import CITIES
from tests.harness.zhenru import DATA

HEAD = 'extends = "jinan"\nname = "{name}"\ntitle = "某市"\nversion = 1\n[home]\ncity = "某市"\ndistrict = "某区"\n'


def _run(*words: str | Path) -> tuple[int, str]:
    nobody = {"DUOGE_API_KEY": None, "DUOGE_ADMIN_KEY": None}
    done = CliRunner().invoke(app, ["profile", *(str(word) for word in words)], env=nobody)
    return done.exit_code, done.output


def _written(folder: Path, more: str = "", name: str = "mine") -> Path:
    file = folder / "mine.toml"
    file.write_text(HEAD.format(name=name) + more, "utf-8")
    return file


@pytest.mark.parametrize("name", CITIES)
def test_the_shipped_ones_are_sound_with_the_demos_data(name: str) -> None:
    code, said = _run("check", FOLDER / f"{name}.toml", "--data", DATA)
    assert code == 0, said
    assert f"{name}.toml 没有问题" in said
    assert "查了 36 个" in said


def test_ones_own_says_what_it_stands_on_and_whose_rules_it_takes(tmp_path: Path) -> None:
    code, said = _run("check", _written(tmp_path))
    assert code == 0, said
    assert "某市（mine 第 1 版，以 jinan 第 1 版为底）" in said
    assert "城市方案 mine 没有自己的派单规则，先用软件带的 jinan 规则" in said


@pytest.mark.parametrize(
    ("more", "name", "told"),
    [
        ('[hold]\nlevel = "moon"\n', "mine", "hold 的层级 moon 没有定义"),
        ("", "yours", "name 写的是 yours，和文件名不一样"),
        ("[classes.easy]\nsign = 3\n", "mine", "classes/easy/sign：要写成一张表"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, more: str, name: str, told: str) -> None:
    code, said = _run("check", _written(tmp_path, more, name))
    assert code == 1
    assert told in said


def test_a_table_that_names_what_the_profile_has_not(tmp_path: Path) -> None:
    file = _written(tmp_path)
    file.write_text('remove = ["roles/lamp"]\n' + file.read_text("utf-8"), "utf-8")
    code, said = _run("check", file)
    assert code == 1
    assert "规则 CS-03.lamp 的权属角色“lamp”不存在" in said


def test_units_and_roles_that_do_not_fit(tmp_path: Path) -> None:
    more = '[[roles]]\ncode = "law"\nkinds = []\nwords = ["没有这样的单位"]\n[[ladder]]\ncode = "street"\nalso = {}\n'
    file = _written(tmp_path, more)
    file.write_text('remove = ["ladder/street/also"]\n' + file.read_text("utf-8"), "utf-8")
    code, said = _run("check", file, "--data", DATA)
    assert code == 1
    assert "单位 ZR-G1（真光综合网格）的层级 comprehensive 不在 ladder 里" in said
    assert "角色 law（公共法律服务）一个单位也找不到" in said


def test_show() -> None:
    code, said = _run("show", "dexinyuan")
    assert code == 0
    assert "层级  小网格 → 网格 → 社区 → 街道 → 区" in said
    code, said = _run("show", "atlantis")
    assert code == 1
    assert "找不到城市方案 atlantis" in said
