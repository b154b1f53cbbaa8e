"""A household is not to be found from what leaves intake; a road and its number are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.masking.doors import public_address, without_doors

FREE = [
    ("我住兰溪路148弄12号302室", "我住兰溪路148弄"),
    ("兰溪路148弄12号302漏水", "兰溪路148弄漏水"),
    ("兰溪路148弄12-302", "兰溪路148弄"),
    ("真光一坊小区3号楼2单元501室", "真光一坊小区某室"),
    ("三号楼二单元五零一室", "某室"),
    ("12幢302室", "某室"),
    ("5号楼1201", "某室"),
    ("兰溪路138号302", "兰溪路138号"),
    ("门牌号是12-302", "门牌号是某室"),
    ("楼上402漏水", "楼上某室漏水"),
    ("家住1203", "家住某室"),
    ("房号：1203", "房号：某室"),
    # What is needed to find a lift or a roof, and what is no door, stays.
    ("3号楼电梯坏了", "3号楼电梯坏了"),
    ("兰溪路138号门口", "兰溪路138号门口"),
    ("住了300人", "住了300人"),
    ("楼下200米", "楼下200米"),
    ("兰溪路138号2000元", "兰溪路138号2000元"),
]
ADDRESSES = [
    ("兰溪路148弄12号302室", "兰溪路148弄"),
    ("真光一坊小区3号楼2单元501室", "真光一坊小区"),
    ("真光一坊12号302", "真光一坊"),
    ("梅川路1247号5楼", "梅川路1247号"),
    ("清涧新村12-302", "清涧新村"),
    ("兰溪路138号", "兰溪路138号"),
    ("兰溪路生鲜店", "兰溪路生鲜店"),
    ("302室", ""),
]


@pytest.mark.parametrize(("text", "shown"), FREE)
def test_doors_go_from_free_text(text: str, shown: str) -> None:
    assert without_doors(text) == shown


@pytest.mark.parametrize(("text", "shown"), ADDRESSES)
def test_addresses_end_at_the_street_door(text: str, shown: str) -> None:
    assert public_address(text) == shown


_PARTS = st.lists(
    st.sampled_from(
        ["兰溪路", "138号", "148弄", "12号", "3号楼", "2单元", "501室", "302", "5楼", "真光一坊小区", "-", "住", " "]
    ),
    max_size=7,
).map("".join)


@given(_PARTS)
def test_an_address_shown_once_is_shown_the_same_again(text: str) -> None:
    assert public_address(public_address(text)) == public_address(text)


@given(_PARTS)
def test_free_text_without_doors_is_stable(text: str) -> None:
    assert without_doors(without_doors(text)) == without_doors(text)


@given(st.integers(1, 99), st.integers(1, 30), st.integers(101, 3999))
def test_no_room_survives_in_an_address(lane: int, house: int, room: int) -> None:
    assert public_address(f"兰溪路{lane}弄{house}号{room}室") == f"兰溪路{lane}弄"
