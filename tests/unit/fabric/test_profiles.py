"""The four cities: each loads, hangs together, and is another for the same data."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.fabric.calendar import SHANGHAI
from services.fabric.norms import Ground, judge
from services.fabric.profile import FOLDER, BadProfile, Profile, find_profile, load_profile
from services.fabric.snapshot import Fabric
from tests.harness.cities import CITIES, city, profile_of
from tests.harness.zhenru import AT, units

FRIDAY = datetime(2026, 11, 27, 16, 0, tzinfo=SHANGHAI)
LADDERS = {
    "zhenru": "微网格 居民区 综合网格 街道 区",
    "beijing": "微网格 社区 街道（乡镇） 区",
    "jinan": "微网格 社区网格 社区 街道 区",
    "dexinyuan": "小网格 网格 社区 街道 区",
}
STEPS = {
    "zhenru": "走访调研 发现问题 协调协同 解决解释 跟踪问效",
    "beijing": "走访调研 发现问题 协调协同 解决解释 跟踪问效",
    "jinan": "走访入户 收集上报 社区派单、部门接单 协助解决、限期整改 回头看",
    "dexinyuan": "问题诉求全收集 工作力量全进入 分级分类全处理 服务过程全评价",
}
NORMS = {
    "zhenru": {"community_grid_households", "micro_households", "community_workers"},
    "beijing": {"micro_households", "community_workers"},
    "jinan": {"community_grid_households", "community_workers", "micro_member"},
    "dexinyuan": {
        "community_grid_households",
        "community_workers",
        "community_grid_member",
        "community_grid_kit",
        "small_grid_households",
        "small_grid_member",
    },
}
# Class → sign and resolve, as people read them.
CLOCKS = {
    "zhenru": {
        "emergency": ("5分钟", "24小时"),
        "easy": ("2个工作小时", "2个工作日"),
        "key": ("2个工作小时", "5个工作日"),
        "hard": ("4个工作小时", "15个工作日"),
    },
    "beijing": {
        "emergency": ("1小时", "2小时"),
        "easy": ("24小时", "24小时"),
        "key": ("2小时", "7天"),
        "hard": ("24小时", "15天"),
    },
}
CLOCKS["jinan"] = CLOCKS["zhenru"]
CLOCKS["dexinyuan"] = {**CLOCKS["zhenru"], "easy": ("2个工作小时", "2天")}


@pytest.fixture(params=CITIES)
def there(request: pytest.FixtureRequest) -> Fabric:
    return city(str(request.param))


def test_every_city_is_tried() -> None:
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(CITIES)


def test_ladders_steps_norms_and_clocks_are_the_citys(there: Fabric) -> None:
    told = there.profile
    assert " ".join(level.name for level in told.ladder) == LADDERS[told.name]
    assert " ".join(step.name for step in told.steps) == STEPS[told.name]
    assert {norm.code for norm in told.norms} == NORMS[told.name]
    clocks = {name: (rules.sign.text(), rules.resolve.text()) for name, rules in told.classes.items()}
    assert clocks == CLOCKS[told.name]


def test_it_says_what_it_stands_on(there: Fabric) -> None:
    told = there.profile
    wanted = (None, None) if told.name == "zhenru" else ("zhenru", profile_of("zhenru").version)
    assert (told.extends, told.extends_version) == wanted
    assert Profile.model_validate_json(told.model_dump_json()) == told


def test_names_are_never_inherited() -> None:
    for field in ("name", "title", "home"):
        assert len({repr(getattr(profile_of(name), field)) for name in CITIES}) == len(CITIES)


def test_no_city_but_zhenru_names_zhenrus_units() -> None:
    for name in CITIES[1:]:
        assert [role.code for role in profile_of(name).roles if role.units] == []


def test_the_same_units_stand_on_every_ladder(there: Fabric) -> None:
    for unit in units():
        rung = there.profile.rung(unit.level)
        assert rung is not None, unit.level
        assert there.profile.rank(unit.level) == there.profile.rank(rung)


def test_the_ladder_climbs_rung_by_rung_to_its_top(there: Fabric) -> None:
    told = there.profile
    way = [told.ladder[0].code]
    while (above := told.level_above(way[-1])) is not None:
        way.append(above)
    assert way == [level.code for level in told.ladder]
    assert told.level_above("moon") is None


def test_villages_stand_where_communities_do() -> None:
    told = profile_of("jinan")
    assert [told.rung(level) for level in ("group", "area", "village")] == ["micro", "community_grid", "community"]
    assert told.level_name("village") == "村"
    assert told.level_above("village") == "street"


def test_roles_find_the_same_units_by_their_names_and_kinds(there: Fabric) -> None:
    wanted = {"operation": "ZR-OPS", "district": "QP", "police": "ZR-POLICE", "traffic": "QP-TRAFFIC"}
    wanted |= {"market": "ZR-MARKET", "duty": "ZR-DUTY", "housing": "ZR-HOUSING", "ecology": "QP-ECO"}
    wanted |= {"gas": "OWN-GAS", "power": "OWN-POWER", "law": "ZR-LAW", "mediation": "ZR-MEDIATION"}
    for role, unit in wanted.items():
        assert unit in {found.code for found in there.units_of(role)}, (there.profile.name, role)
    for role in there.profile.roles:
        assert there.units_of(role), (there.profile.name, role.code)


def test_one_weekend_shows_whose_time_is_of_the_calendar(there: Fabric) -> None:
    hard = there.profile.clocks("hard", "GL-02.building").resolve.due(FRIDAY, there.calendar).at
    assert hard.date().isoformat() == ("2026-12-12" if there.profile.name == "beijing" else "2026-12-18")
    easy = there.profile.clocks("easy", "CS-02.stall").resolve.due(FRIDAY, there.calendar).at
    assert easy.date().isoformat() == {"beijing": "2026-11-28", "dexinyuan": "2026-11-29"}.get(
        there.profile.name, "2026-12-01"
    )


def test_norms_find_other_faults_in_the_same_grids(there: Fabric) -> None:
    in_force = {
        code: [edition for edition in layer.editions if edition.in_force(AT)] for code, layer in there.overlays.items()
    }
    found = {norm["code"]: norm for norm in judge(there.profile, Ground(in_force, there.units))}
    assert set(found) == NORMS[there.profile.name]
    micro = len(in_force["micro"])
    if "small_grid_households" in found:
        norm = found["small_grid_households"]
        assert len(norm["outside"]) == micro
        assert norm["said"] == f"查了 {micro} 个小网格，{micro} 个不合标准。"
        assert norm["outside"][0]["by"] > 200
    if "micro_households" in found:
        assert found["micro_households"]["met"] == micro
    for code in ("community_grid_households", "community_grid_kit"):
        if code in found:
            assert (found[code]["checked"], found[code]["said"][:2]) == (0, "还没")


def _written(folder: Path, text: str, name: str = "mine") -> Path:
    file = folder / f"{name}.toml"
    head = f'extends = "jinan"\nname = "{name}"\ntitle = "我"\nversion = 3\n'
    file.write_text(f'{head}{text}\n[home]\ncity = "甲市"\ndistrict = "乙区"\n', "utf-8")
    return file


def test_ones_own_profile_on_a_shipped_one(tmp_path: Path) -> None:
    own = load_profile(_written(tmp_path, '[overlays]\nschool = "学区"'))
    assert (own.name, own.extends, own.version) == ("mine", "jinan", 3)
    assert own.overlay_name("school") == "学区"
    assert own.steps == profile_of("jinan").steps


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[classes.easy]\nsign = { amount = -1, unit = "hours" }', "classes/easy/sign/amount：不能小于 0"),
        ('[[ladder]]\ncode = "street"\nnaem = "街道"', "ladder/street/naem：不认识这一项"),
        ('[[ladder]]\ncode = "moon"', "ladder/moon/name：没有写"),
        ('[[norms]]\ncode = "micro_member"\nmeasure = "moons"', "norms/micro_member/measure：只能是"),
        ('[[norms]]\ncode = "micro_member"\nkinds = []', "标准 micro_member 要写 kinds"),
        ('[[norms]]\ncode = "n"\ntext = ""\nmeasure = "households"\noverlay = "micro"', "标准 n 没有写 least 或 most"),
        (
            '[[norms]]\ncode = "n"\ntext = ""\nmeasure = "households"\noverlay = "micro"\nleast = 3\nmost = 2',
            "标准 n 的 least 比 most 还大",
        ),
        ('[[norms]]\ncode = "n"\ntext = ""\nmeasure = "households"\noverlay = "moon"\nmost = 2', "图层 moon 没有定义"),
        ('[hold]\nlevel = "street"\nclimbs_to = "community"', "community 不比 street 高"),
        ('[hold]\nclimbs_to = "moon"', "hold 的层级 moon 没有定义"),
        ('[classes.hard.extension]\napproval = "comprehensive"', "层级 comprehensive 没有定义"),
        ('[[whistle_matters]]\nmatter = "某事"\nkind = "tin"\nunits = ["nobody"]\nground = ""', "“某事”的哨型 tin"),
        ('[[steps]]\ncode = "more"\nname = "多"\nevents = ["case.opened"]', "步骤里的事件 case.opened 写了两次"),
        ('[[ladder]]\ncode = "micro"\nalso = { village = "村" }', "层级 village 写了两次"),
        ("[hours]\nopens = 18:00:00", "opens 要早于 closes"),
        ("[hours]\nopens = 9", "hours/opens：要写成 09:00:00 这样的时间"),
        ("remove = ", "不是有效的 TOML"),
        ('[[concerns]]\ncode = "CS-01"\nclass = "funny"', "concerns/CS-01/class：只能是"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadProfile) as caught:
        load_profile(_written(tmp_path, text))
    assert said in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match=r"hold 的层级 moon.*；标准 micro_member 要写 kinds"):
        load_profile(_written(tmp_path, '[hold]\nclimbs_to = "moon"\n[[norms]]\ncode = "micro_member"\nkinds = []'))


def test_a_base_that_is_not_there_or_goes_round(tmp_path: Path) -> None:
    file = _written(tmp_path, "")
    file.write_text(file.read_text("utf-8").replace("jinan", "atlantis"), "utf-8")
    with pytest.raises(BadProfile, match="extends 写的 atlantis 找不到，请改成 beijing、dexinyuan、jinan、zhenru 之一"):
        load_profile(file)
    file.write_text(file.read_text("utf-8").replace("atlantis", "../profiles/jinan"), "utf-8")
    with pytest.raises(BadProfile, match="找不到"):
        load_profile(file)
    file.write_text(file.read_text("utf-8").replace("../profiles/jinan", "mine"), "utf-8")
    with pytest.raises(BadProfile, match="绕成了圈"):
        load_profile(file)


def test_a_name_other_than_the_files(tmp_path: Path) -> None:
    _written(tmp_path, "").rename(tmp_path / "yours.toml")
    with pytest.raises(BadProfile, match=r"yours\.toml 里的 name 写的是 mine"):
        find_profile("yours", tmp_path)


def test_a_city_tells_differences_not_copies() -> None:
    for name in CITIES[1:]:
        told: dict[str, Any] = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
        assert "concerns" not in told
        assert len((FOLDER / f"{name}.toml").read_text("utf-8").splitlines()) < 200
