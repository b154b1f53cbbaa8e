"""Sealed rows open only where they belong, and show nothing."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.keyring import FIRST_KEY as KEY_ID
from services.intake.sealing import Sealer

SEALER = Sealer("a-secret-only-for-tests-" + "x" * 16)


def test_what_was_sealed_opens() -> None:
    words = {"content": "兰溪路148弄12号302室", "position": [121.4, 31.2, "wgs84"], "extra": {"a": [1, None, True]}}
    assert SEALER.open("ord_1", "content", SEALER.seal("ord_1", "content", words), KEY_ID) == words


@pytest.mark.parametrize(("row", "purpose"), [("ord_2", "content"), ("ord_1", "person")])
def test_a_seal_opens_in_no_other_row(row: str, purpose: str) -> None:
    with pytest.raises(InvalidTag):
        SEALER.open(row, purpose, SEALER.seal("ord_1", "content", {"a": "b"}), KEY_ID)


def test_a_changed_seal_does_not_open() -> None:
    sealed = bytearray(SEALER.seal("ord_1", "content", {"a": "b"}))
    sealed[-1] ^= 1
    with pytest.raises(InvalidTag):
        SEALER.open("ord_1", "content", bytes(sealed), KEY_ID)


def test_no_two_seals_are_alike_and_none_shows_its_words() -> None:
    seals = [SEALER.seal("ord_1", "person", {"phone": "13812345678"}) for _ in range(2)]
    assert seals[0] != seals[1]
    assert all(b"13812345678" not in seal for seal in seals)


@pytest.mark.parametrize(
    "way", ["138-1234-5678", "138 1234 5678", "+86 13812345678", "008613812345678", "１３８１２３４５６７８"]
)
def test_one_number_has_one_index(way: str) -> None:
    assert SEALER.phone_index(way) == SEALER.phone_index("13812345678")


def test_an_index_needs_digits_and_the_key() -> None:
    assert SEALER.phone_index("没有") is SEALER.phone_index(None) is None
    assert Sealer("b" * 40).phone_index("13812345678") != SEALER.phone_index("13812345678")


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=5))
def test_any_words_can_be_sealed(words: dict[str, str]) -> None:
    storable = {name: text for name, text in words.items() if _whole(name) and _whole(text)}
    assert SEALER.open("r", "p", SEALER.seal("r", "p", storable), KEY_ID) == storable


def _whole(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
