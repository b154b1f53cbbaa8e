"""Drafts of made orders."""

from dataclasses import replace
from typing import Any

from services.intake.domain.draft import Draft, GivenPosition
from tests.harness.zhenru import AT, SHOP

NOISE = "兰溪路生鲜店每晚十一点后卸货,噪声很大"


def draft(**more: Any) -> Draft:
    """A noisy shop with its position, by the hotline."""
    plain = Draft("ord_1", "sh12345", "E-1", "hotline_12345", NOISE, AT, position=GivenPosition(*SHOP))
    return replace(plain, **more)
