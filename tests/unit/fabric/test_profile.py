import json
import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from services.fabric.profile import BadProfile, Profile, find_profile, load_profile, parse_profile
from services.fabric.taxonomy import OTHER
from tests.harness.zhenru import OVERLAYS, ROOT, profile, zhenru

TWELVE = [f"{category}-{number:02d}" for category in ("CS", "GL", "FW", "AQ") for number in (1, 2, 3)]
SOURCE = tomllib.loads((ROOT / "profiles" / "zhenru.toml").read_text(encoding="utf-8"))


def changed(**parts: Any) -> dict[str, Any]:
    return {**SOURCE, **parts}


def test_all_twelve_concerns_and_other_have_words() -> None:
    told = profile()
    assert [concern.code for concern in told.concerns] == [*TWELVE, OTHER]
    for code in TWELVE:
        own = [entry for entry in told.lexicon if entry.concern == code and entry.weight > 0 and not entry.hint]
        assert len(own) >= 20
    assert {told.concern(code).case_class for code in TWELVE} == {"easy", "key", "hard", "emergency"}
    assert {code for code in TWELVE if told.concern(code).statutory} == {"GL-02", "FW-01"}


def test_json_round_trip() -> None:
    assert Profile.model_validate_json(profile().model_dump_json()) == profile()


def test_what_an_older_release_has_published_is_still_read() -> None:
    told = profile().model_dump(mode="json")
    told["norms"] = [{"code": "n", "text": "", "measure": "workers_per_10000_residents", "least": 18}]
    for field in ("extends", "extends_version", "component_kinds"):
        del told[field]
    assert Profile.model_validate_json(json.dumps(told)).norms[0].overlay is None
    with pytest.raises(ValidationError, match="标准 n 要写 overlay"):
        Profile.model_validate(SOURCE | {"norms": told["norms"]})


def test_counts_of_the_field() -> None:
    told = profile()
    assert sum(kind.accepted for kind in told.kinds) == 7
    assert len(told.declines) == 7
    assert [step.name for step in told.steps] == ["走访调研", "发现问题", "协调协同", "解决解释", "跟踪问效"]
    assert len(told.channels) == 19
    assert set(OVERLAYS) <= set(told.overlays)


def test_roles_name_units_that_exist() -> None:
    for role in profile().roles:
        assert zhenru().units_of(role.code), role.code


def test_whistle_matters_name_roles_that_exist() -> None:
    for matter in profile().whistle_matters:
        assert all(profile().role(code) for code in matter.units)


@pytest.mark.parametrize(
    ("case_class", "code", "clock", "text"),
    [
        ("easy", "CS-01", "resolve", "2个工作日"),
        ("key", "GL-03.unloading", "resolve", "5个工作日"),
        ("hard", "GL-02", "sign", "4个工作小时"),
        ("emergency", "AQ-02.gas", "on_site", "30分钟"),
        ("emergency", "AQ-01.plain", "on_site", "60分钟"),
        ("emergency", "AQ-01", "resolve", "24小时"),
    ],
)
def test_clocks(case_class: Any, code: str, clock: str, text: str) -> None:
    assert getattr(profile().clocks(case_class, code), clock).text() == text


def test_class_rises_with_the_sub_and_with_the_words() -> None:
    told = profile()
    assert told.concern("GL-01").class_for("GL-01.plain") == "key"
    assert told.concern("GL-01").class_for("GL-01.burning") == "emergency"
    assert told.concern("AQ-02").class_for("AQ-02.gas", "楼道里闻到煤气味") == "emergency"
    assert told.concern("AQ-02.loose").class_for("AQ-02.loose", "外墙有裂缝") == "key"


def test_the_ladder_climbs_to_its_top() -> None:
    told = profile()
    assert told.level_above("community") == "comprehensive"
    assert told.level_above("district") is None
    assert told.level_above("moon") is None
    assert told.rank("micro") < told.rank("street")


def test_steps_of_events() -> None:
    told = profile()
    names = {
        event: step.name if (step := told.step_of(event)) else None for event in ("order.joined", "whistle.met", "x")
    }
    assert names == {"order.joined": "走访调研", "whistle.met": "协调协同", "x": None}


def test_an_emergency_is_handed_over_and_a_worry_is_not() -> None:
    reason = profile().decline("emergency")
    assert reason is not None
    assert reason.hand_over
    assert reason.speaks_in("路边有人昏迷不醒快来") == "昏迷不醒"
    assert reason.speaks_in("担心发生火灾，请检查") is None
    assert reason.speaks_in("楼道堆物") is None


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("我家厨房起火了", "119"),
        ("三楼失火了，快打119", "119"),
        ("垃圾桶正在燃烧", "119"),
        ("老人摔倒了快打120", "120"),
        ("家里有人持刀砍人", "110"),
        ("快救命，说不清在哪里", "110"),
    ],
)
def test_each_cry_goes_to_its_service(text: str, service: str) -> None:
    assert profile().handover.service_for(text).code == service


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"concerns": [c for c in SOURCE["concerns"] if c["code"] != OTHER]}, "OTHER"),
        ({"hold": {**SOURCE["hold"], "climbs_to": "moon"}}, "moon"),
        ({"ladder": [*SOURCE["ladder"], SOURCE["ladder"][0]]}, "micro"),
        ({"overrides": [{"concern": "XX-99"}]}, "XX-99"),
        ({"rates": {**SOURCE["rates"], "rates": SOURCE["rates"]["rates"][:2]}}, "权重"),
        ({"unheard": 1}, "unheard"),
        ({"version": 0}, "version"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Profile.model_validate(changed(**parts))


def test_a_file_that_is_no_toml_is_refused_in_a_sentence(tmp_path: Any) -> None:
    file = tmp_path / "x.toml"
    file.write_text("name = ", encoding="utf-8")
    with pytest.raises(BadProfile, match=r"x\.toml 不是有效的 TOML"):
        load_profile(file)
    with pytest.raises(BadProfile, match="UTF-8"):
        parse_profile(b"\xff\xfe")
    with pytest.raises(BadProfile, match="有误"):
        parse_profile(b"name = 'x'")


def test_a_profile_is_found_by_its_name_beside_the_package() -> None:
    assert find_profile("zhenru") == profile()
    for name in ("none", "../pyproject", "/etc/passwd"):
        with pytest.raises(BadProfile, match="DUOGE_PROFILE 设成 beijing、dexinyuan、jinan、zhenru 之一"):
            find_profile(name)
