"""Which row of the catalogue fits, and whom it calls at a place."""

import pytest

from services.dispatch.domain.routing.directory import directory_of
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.site import Site, sites
from services.dispatch.domain.whistle.catalogue import doubts, fitting, units_of
from services.fabric.profile import FOLDER, load_profile
from tests.harness.staffed import staffed
from tests.harness.zhenru import AT, SHOP, profile


def shop() -> Site:
    return sites(staffed(), directory_of(staffed()), [Matter("OTHER", lon=SHOP[0], lat=SHOP[1])], AT)[0]


@pytest.mark.parametrize(
    ("matter", "text", "kind", "best"),
    [
        ("GL-03.unloading", "", None, "night_shop"),
        ("GL-02.building", "", None, "illegal_building"),
        ("AQ-01", "", None, "lost_person"),
        ("AQ-01.plain", "老人走失", None, "lost_person"),
        (None, "生鲜店夜里卸货", None, "night_shop"),
        ("OTHER", "请各单位做好大型活动保障任务", None, "key_event"),
        ("GL-03.unloading", "楼道充电", "emergency", None),
        ("CS-01", "", None, None),
        (None, "", None, None),
    ],
)
def test_by_the_concern_and_by_words(matter: str | None, text: str, kind: str | None, best: str | None) -> None:
    found = fitting(profile(), matter, text, kind)
    assert (found[0].code if found else None) == best


def test_the_very_sub_concern_goes_before_words() -> None:
    found = [row.code for row in fitting(profile(), "GL-01.escape_route", "店铺油烟")]
    assert found == ["blocked_escape", "night_shop"]


def test_each_role_is_whoever_stands_for_it_at_the_place() -> None:
    site = shop()
    row = profile().whistle_matter("blocked_escape")
    assert row is not None
    found = units_of(staffed(), row, site, "ZR-OPS")
    assert found[:3] == [site.units["duty"], site.units["police"], site.units["fire"]]
    assert site.units["police"] not in units_of(staffed(), row, site, site.units["police"])
    lost = profile().whistle_matter("lost_person")
    assert lost is not None
    assert units_of(staffed(), lost, site, None) == [site.units["police"], site.units["community"], "ZR-G4-VOL"]


def test_what_stands_in_no_row_is_doubted_and_not_refused() -> None:
    daily = profile().whistle_kind("daily")
    assert daily is not None
    assert "请写明" in doubts(profile(), daily, None, "")[0]
    assert "请核对" in doubts(profile(), daily, None, "修井盖")[0]
    assert doubts(profile(), daily, "ownerless_facility", "修井盖") == []
    assert "没有写" in doubts(profile(), daily, "ownerless_facility", "")[0]
    assert "不吹日常哨" in doubts(profile(), daily, "night_shop", "查夜间卸货")[0]


@pytest.mark.parametrize("city", ["beijing", "dexinyuan", "jinan", "zhenru"])
def test_every_city_has_a_catalogue_whose_roles_it_knows(city: str) -> None:
    found = load_profile(FOLDER / f"{city}.toml")
    assert {row.kind for row in found.whistle_matters} >= {"joint_enforcement", "emergency", "daily", "volunteer"}
    for row in found.whistle_matters:
        assert row.code
        assert all(found.role(role) is not None for role in row.units)
        assert row.concerns or row.words
