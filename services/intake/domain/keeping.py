"""How long what is kept of an order after it ended, and why something is deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

ENDED = ("closed", "declined", "returned_to_source", "withdrawn")
Depth = Literal["personal", "words", "order"]
"""personal: what is sealed; words: the masked words too; order: all of it."""
RETENTION, ON_REQUEST = "retention", "request"
PARTS: Mapping[str, str] = {
    "personal": "反映人和原话（密封）",
    "note": "后来说的话（密封）",
    "words": "隐去个人信息后的文字",
    "attachment": "附件",
    "order": "工单",
    "audit": "操作记录",
    "request": "个人请求的记录",
}
GROUNDS: Mapping[str, str] = {
    "asked": "本人要求删除",
    "consent_withdrawn": "本人撤回同意",
    "purpose_done": "处理目的已实现",
    "unlawful": "违法或者违反约定处理",
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """`personal` ≤ `orders` ≤ `audit`; the first two run from the last change after an order ended."""

    personal: timedelta
    orders: timedelta
    audit: timedelta


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows deleted of one part, and between which moments the orders they belonged to had ended."""

    part: str
    rows: int
    ended_from: datetime
    ended_to: datetime
