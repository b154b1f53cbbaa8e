"""Lists by keyset: the cursor is the last row's sort key, opaque to the caller."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from services.kit.fields import storable
from services.kit.problems import Unreadable

Limit = Annotated[int, Query(ge=1, le=1000, description="一页多少条")]
Cursor = Annotated[str | None, Query(max_length=512, description="上一页给的 next")]


def encode(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, default=str).encode()).decode().rstrip("=")


def decode(cursor: str | None, length: int) -> list[Any] | None:
    """The parts given to `encode`; Unreadable when the cursor is not one of ours."""
    if not cursor:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise not_ours() from None
    if not isinstance(parts, list) or len(parts) != length:
        raise not_ours()
    return parts


def decode_texts(cursor: str | None, length: int) -> list[str] | None:
    """As `decode`, of parts that are texts which a database could hold."""
    parts = decode(cursor, length)
    for part in parts or ():
        if not isinstance(part, str):
            raise not_ours()
        try:
            storable(part)
        except ValueError:
            raise not_ours() from None
    return parts


def decode_moment(cursor: str | None) -> tuple[datetime, str] | None:
    """Of a list in order of time: the last row's time and id, as `encode(at.isoformat(), id)` put them in."""
    parts = decode(cursor, 2)
    if parts is None:
        return None
    try:
        at = datetime.fromisoformat(parts[0])
    except (TypeError, ValueError):
        raise not_ours() from None
    if at.tzinfo is None or not isinstance(parts[1], str) or not parts[1].isprintable():
        raise not_ours()
    return at, parts[1]


def not_ours() -> Unreadable:
    return Unreadable("cursor 请原样用上一页给的 next")


def page(items: Sequence[Any], after: str | None) -> dict[str, Any]:
    return {"items": list(items), "next": after}
