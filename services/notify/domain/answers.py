"""What a source says in the body with which it answers a callback."""

from dataclasses import dataclass

import orjson

from services.kit.masking import masked

# 退回来源；没有答复时的重告
ASKED_IN = frozenset({"order.returned_to_source", "order.told_again"})
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Word:
    accepted: bool
    reason: str


def word_in(name: str, said: bytes) -> Word | None:
    """`{"accepted": true|false, "reason"?: "…"}`; None for anything else: most bodies mean nothing."""
    if name not in ASKED_IN or b"accepted" not in said:
        return None
    try:
        told = orjson.loads(said)
    except orjson.JSONDecodeError:
        return None
    accepted = told.get("accepted") if isinstance(told, dict) else None
    if not isinstance(accepted, bool):
        return None
    reason = told.get("reason")
    words = reason.replace("\x00", "").strip() if isinstance(reason, str) else ""
    return Word(accepted, masked(words[:_LONGEST]))
