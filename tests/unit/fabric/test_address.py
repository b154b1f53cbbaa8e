import pytest

from services.fabric.address import match
from services.fabric.gazetteer import Gazetteer
from services.fabric.metric import distance
from services.fabric.model import GazetteerEntry
from services.fabric.placetext import normalise
from tests.harness.zhenru import places, profile

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
