"""How like two orders are: the same both ways, never more for being farther or later, and sure only in all of it."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric.metric import distance
from services.fabric.profile import find_profile
from services.intake.domain.cells import cell_of, cells_within
from services.intake.domain.matter import Sign, building_in, compare, recurs, same_callers
from services.intake.domain.words import grams, likeness

LIMITS = find_profile("zhenru").thresholds
AT = datetime(2026, 11, 23, tzinfo=UTC)
WORDS = "每晚十一点后卸货,噪声很大"
SHOP = Sign("GL-03", "GL", "GL-03.unloading", AT, 121.4, 31.24, telling=frozenset({"卸货"}), words=WORDS)
_METRE = 1 / 111_195  # degrees of latitude

texts = st.text(alphabet="卸货噪声很大半夜吵饭店油烟楼道电梯坏了门口停车", max_size=30)
signs = st.builds(
    Sign,
    concern=st.sampled_from(["GL-03", "FW-02"]),
    category=st.just("GL"),
    sub=st.sampled_from([None, "GL-03.unloading", "GL-03.shop"]),
    at=st.integers(0, 40 * 24).map(lambda hours: AT + timedelta(hours=hours)),
    lon=st.floats(121.4, 121.403),
    lat=st.floats(31.24, 31.243),
    place=st.sampled_from([None, "生鲜店", "水果店"]),
    coarse=st.booleans(),
    building=st.sampled_from([None, "a", "b"]),
    telling=st.frozensets(st.sampled_from(["卸货", "油烟"])),
    words=texts,
)


@given(signs, signs)
def test_the_same_both_ways(one: Sign, other: Sign) -> None:
    assert compare(one, other, LIMITS) == compare(other, one, LIMITS)
    assert recurs(one, other, LIMITS) == recurs(other, one, LIMITS)
    assert same_callers(one, other, LIMITS) == same_callers(other, one, LIMITS)
    assert 0 <= compare(one, other, LIMITS).score <= 1


@given(signs, signs, st.floats(0, 400), st.floats(0, 400))
def test_never_more_for_being_farther(one: Sign, other: Sign, a: float, b: float) -> None:
    near, far = (
        compare(one, replace(other, lon=one.lon, lat=one.lat + metres * _METRE), LIMITS) for metres in sorted((a, b))
    )
    assert near.score >= far.score
    assert near.sure >= far.sure


@given(signs, signs, st.floats(0, 1000), st.floats(0, 1000))
def test_never_more_for_being_later(one: Sign, other: Sign, a: float, b: float) -> None:
    soon, late = (compare(one, replace(other, at=one.at + timedelta(hours=h)), LIMITS) for h in sorted((a, b)))
    assert soon.score >= late.score
    assert soon.sure >= late.sure


@given(signs)
def test_alike_to_itself(one: Sign) -> None:
    assert compare(one, one, LIMITS).spot
    if len(one.grams) > 0:
        assert compare(one, one, LIMITS).sure


@pytest.mark.parametrize(
    "other",
    [
        {"building": "b"},
        {"place": "水果店"},
        {"lat": 31.24 + 60 * _METRE, "place": None},
        {"lat": 31.24 + 90 * _METRE},
        {"at": AT + timedelta(days=16)},
        {"words": "空调外机整天嗡嗡响", "telling": frozenset()},
        {"concern": "FW-01", "sub": None},
        {"coarse": True, "words": "夜里卸货声音太大"},
        {"emergency": True, "words": "夜里卸货声音太大"},
    ],
)
def test_much_of_one_never_makes_up_for_a_lack_of_another(other: dict[str, object]) -> None:
    here = replace(SHOP, place="生鲜店", building="a")
    assert compare(here, replace(here, words="半夜卸货吵得睡不着"), LIMITS).sure
    assert not compare(here, replace(here, **other), LIMITS).sure


def test_a_house_is_told_only_where_one_is_named() -> None:
    assert building_in(["兰溪路148弄12号楼", "12栋楼上半夜装修"]) == "12"
    assert building_in(["3号楼和5号楼之间"]) is None
    assert building_in([None, "兰溪路138号"]) is None


@given(texts, texts)
def test_likeness_is_that_of_sets(one: str, other: str) -> None:
    a, b = grams(one), grams(other)
    assert likeness(a, b) == likeness(b, a)
    assert 0 <= likeness(a, b) <= 1 + 1e-9
    if a:
        assert math.isclose(likeness(a, a), 1)


def test_stock_phrases_and_masks_are_no_words() -> None:
    assert grams("请相关部门尽快处理，谢谢！[电话]") == grams("")


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(0, 360), st.floats(0, 1))
def test_cells_cover_the_ground_around(lon: float, lat: float, angle: float, share: float) -> None:
    metres = 150.0
    up = share * metres * math.sin(math.radians(angle)) * _METRE
    aside = share * metres * math.cos(math.radians(angle)) * _METRE / math.cos(math.radians(lat))
    cells = cells_within(lon, lat, metres * 1.01)
    assert cell_of(lon, lat) in cells
    assert distance(lon, lat, lon + aside, lat + up) < metres * 1.01
    assert cell_of(lon + aside, lat + up) in cells
    assert len(cells) <= 16
