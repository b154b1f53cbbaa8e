"""Passes: read by every service of the house, worthless when over, changed or another house's."""

import base64
from datetime import timedelta

import pytest

from services.kit.passes import PREFIX, Passes, is_pass

DIGEST = bytes(range(32))
MINUTES = timedelta(minutes=5)


def test_a_pass_says_which_key_it_stands_for() -> None:
    given = Passes("s" * 40).give(DIGEST, MINUTES)
    assert is_pass(given)
    assert not is_pass("dg_" + given)
    assert Passes("s" * 40).read(given) == DIGEST


def test_a_pass_that_is_over_or_another_houses_is_none() -> None:
    assert Passes("s" * 40).read(Passes("s" * 40).give(DIGEST, timedelta(seconds=-1))) is None
    assert Passes("t" * 40).read(Passes("s" * 40).give(DIGEST, MINUTES)) is None


@pytest.mark.parametrize("place", range(72))
def test_a_pass_with_any_byte_changed_is_none(place: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(Passes("s" * 40).give(DIGEST, MINUTES).removeprefix(PREFIX)))
    raw[place] ^= 1
    assert Passes("s" * 40).read(PREFIX + base64.urlsafe_b64encode(bytes(raw)).decode()) is None


@pytest.mark.parametrize(
    "rubbish", ["", PREFIX, PREFIX + "A", PREFIX + "AAAA", PREFIX + "密", PREFIX + "A" * 96, "\x00"]
)
def test_rubbish_is_none(rubbish: str) -> None:
    assert Passes("s" * 40).read(rubbish) is None
