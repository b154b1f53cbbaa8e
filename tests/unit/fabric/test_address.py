import csv
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric.address import HOW_TOLD, SURE_ENOUGH, match
from services.fabric.gazetteer import Gazetteer
from services.fabric.metric import distance
from services.fabric.model import GazetteerEntry
from services.fabric.placetext import normalise
from tests.harness.zhenru import places, profile
from tests.unit.fabric.golden import Golden, gazetteer, golden

GAZETTEER = Gazetteer(places(), profile().home)


@pytest.mark.parametrize(
    ("text", "name", "least"),
    [
        ("兰溪路生鲜店", "兰溪路生鲜店", 1.0),
        ("兰溪路生鲜店每晚十一点后卸货,噪声很大", "兰溪路生鲜店", 0.9),
        ("兰溪路上的那家生鲜店太吵了", "兰溪路生鲜店", 0.7),
        ("上海市普陀区真如镇街道兰溪路138号", "兰溪路138号", 0.95),
        ("上海市普陀区兰溪路138号楼下有人打架", "兰溪路138号", 0.9),
        ("兰溪路１３８弄５号３０２室", "兰溪路138号", 0.85),
        ("兰溪路一百三十八号对面", "兰溪路138号", 0.8),
        ("兰 溪 路 138 号", "兰溪路138号", 0.9),
        ("南石一路4号门口", "南石一路4号", 0.9),
        ("星河世纪小区3号楼楼道堆物", "星河世纪小区", 0.9),
        ("星河世纪8号楼电梯坏了", "星河世纪小区", 0.7),
        ("星河世记小区漏水", "星河世纪小区", 0.5),
        ("兰西路58号有人摆摊", "兰溪路58号", 0.5),
        ("有个老人在上海西站门口走失", "上海西站", 0.9),
        ("真如寺旁边积水", "真如寺", 0.8),
        ("真光路铜川路路口红绿灯坏了", "真光路铜川路路口", 0.7),
        ("铜川路近真光路井盖没了", "铜川路真光路路口", 0.7),
    ],
)
def test_places_are_found(text: str, name: str, least: float) -> None:
    found = match(GAZETTEER, text)
    assert found is not None
    assert found.name == name
    assert found.confidence >= least


@pytest.mark.parametrize(
    "text",
    [
        "兰溪路有人跳广场舞",
        "兰溪路99999号",
        "兰溪路10点以后有人吵闹",
        "兰溪路20多辆车乱停",
        "杭州市西湖区兰溪路10号",
        "静安区兰溪路12号",
        "东兰溪路10号",
        "清涧五小区停车乱",
        "小区里有人吵架",
        "你好",
        "",
    ],
)
def test_what_is_unclear_goes_to_triage(text: str) -> None:
    found = match(GAZETTEER, text)
    assert found is None or found.confidence < 0.5


def test_a_number_between_known_ones_lies_between_them_on_its_side() -> None:
    entries = [
        GazetteerEntry("新路1号", "address", 121.4, 31.2),
        GazetteerEntry("新路9号", "address", 121.408, 31.2),
        GazetteerEntry("新路2号", "address", 121.4, 31.21),
        GazetteerEntry("新路10号", "address", 121.408, 31.21),
    ]
    road = Gazetteer(entries)
    odd, even = match(road, "新路5号"), match(road, "新路6号")
    assert odd is not None
    assert even is not None
    assert (odd.lon, odd.lat) == pytest.approx((121.404, 31.2))
    assert (even.lon, even.lat) == pytest.approx((121.404, 31.21))
    assert 0.5 < odd.confidence < 0.9


def test_a_name_of_two_places_is_unclear_and_names_both() -> None:
    entries = [GazetteerEntry("便民菜场", "shop", 121.40, 31.24), GazetteerEntry("便民菜场", "shop", 121.42, 31.25)]
    found = match(Gazetteer(entries), "便民菜场有异味")
    assert found is not None
    assert found.confidence < 0.5
    assert [other.lon for other in found.alternatives] == [121.42]


def test_two_places_far_apart_make_less_sure() -> None:
    sure = match(GAZETTEER, "兰溪路138号")
    torn = match(GAZETTEER, "兰溪路138号，车站新村小区")
    assert sure is not None
    assert torn is not None
    assert torn.name == "兰溪路138号"
    assert torn.confidence < sure.confidence
    assert "车站新村小区" in [other.name for other in torn.alternatives]


def test_an_alias_finds_its_place() -> None:
    found = match(Gazetteer([GazetteerEntry("天汇广场", "office", 121.4, 31.2, ("天汇商务楼",))]), "天汇商务楼五楼")
    assert found is not None
    assert (found.name, found.kind) == ("天汇广场", "office")


def test_every_place_of_the_gazetteer_finds_itself() -> None:
    for place in places():
        found = match(GAZETTEER, f"上海市普陀区{place.name}")
        assert found is not None
        assert found.confidence == 1.0
        assert distance(found.lon, found.lat, place.lon, place.lat) < 1


@pytest.mark.parametrize("row", golden(), ids=lambda row: row.text)
def test_the_golden_table(row: Golden) -> None:
    found = match(gazetteer(), row.text)
    sure = found.confidence if found else 0.0
    assert row.least <= sure <= row.most, found
    if row.place:
        assert found is not None
        assert (found.name, found.how) == (row.place, row.how)
        assert row.at is None or distance(found.lon, found.lat, *row.at) <= row.metres


def test_the_golden_table_covers_every_way_of_matching() -> None:
    assert len(golden()) >= 150
    assert {row.how for row in golden() if row.how} == set(HOW_TOLD)


NOISE = st.sampled_from(["", "上海市", "普陀区", "上海市普陀区真如镇街道", "请问", "反映：", "地址是"])
AFTER = st.sampled_from(["", "附近", "有人吵闹", "门口堆物", "，请处理", "。", "302室", "楼道里", "对面"])


@given(st.sampled_from(golden()), NOISE, AFTER)
def test_noise_never_makes_surer(row: Golden, before: str, after: str) -> None:
    plain, noisy = match(gazetteer(), row.text), match(gazetteer(), f"{before}{row.text}{after}")
    assert (noisy.confidence if noisy else 0.0) <= (plain.confidence if plain else 0.0) + 0.011


WIDE = str.maketrans({chr(half): chr(half + 0xFEE0) for half in range(0x21, 0x7F)})


@given(st.sampled_from(golden()))
def test_wide_letters_and_spaces_change_nothing(row: Golden) -> None:
    plain = match(gazetteer(), row.text)
    assert match(gazetteer(), row.text.translate(WIDE)) == plain
    assert match(gazetteer(), " ".join(row.text)) == plain


PIECES = st.sampled_from(
    [
        "兰溪路",
        "曹杨路",
        "真如寺",
        "星河世纪小区",
        "全家便利店",
        "138",
        "号",
        "弄",
        "幢",
        "室",
        "(",
        ")",
        "-",
        "、",
        "到",
        "从",
        "近",
        "与",
        "静安区",
        "上海市",
        "附近",
        "路口",
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join)))
def test_any_text_is_answered(text: str) -> None:
    found = match(gazetteer(), text)
    assert found is None or (0 < found.confidence <= 1 and found.matched in normalise(text))


@pytest.mark.parametrize("district", ["静安区", "浙江省杭州市西湖区", "浦东新区", "上海市嘉定区江桥镇"])
@given(row=st.sampled_from(golden()))
def test_no_place_of_another_district_is_sure(row: Golden, district: str) -> None:
    found = match(gazetteer(), f"{district}{row.text}")
    if not row.text.startswith(("上海", "普陀", "真如", "中国", "我住", "本人", "从")) and row.form not in (
        "长文",
        "多处",
    ):
        assert found is None or found.confidence < 0.5 or not found.matched or row.text.find(found.matched) > 0


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("三号", "3号"),
        ("二十号", "20号"),
        ("一百零五弄", "105弄"),
        ("一三八号", "138号"),
        ("十一点", "十一点"),
        ("１号", "1号"),
    ],
)
def test_numbers_in_characters(written: str, plain: str) -> None:
    assert normalise(written) == plain


REAL = os.environ.get("DUOGE_REAL_DATA")


@pytest.mark.skipif(not REAL, reason="DUOGE_REAL_DATA 没有指向真实数据")
@pytest.mark.parametrize("name", ["haikou_12345.csv.gz", "teddy_messages.csv.gz"])
def test_orders_of_other_cities_are_nowhere_here(name: str) -> None:
    with gzip.open(Path(REAL or "") / name, "rt", encoding="utf-8") as file:
        found = [match(gazetteer(), row["content"]) for row in csv.DictReader(file)]
    assert sum(one is not None and one.confidence >= SURE_ENOUGH for one in found) <= len(found) / 1000
