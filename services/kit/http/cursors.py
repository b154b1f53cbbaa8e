"""Lists by keyset: the cursor is the last row's sort key, opaque to the caller."""

import base64
import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

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
        raise Unreadable("cursor 请原样用上一页给的 next") from None
    if not isinstance(parts, list) or len(parts) != length:
        raise Unreadable("cursor 请原样用上一页给的 next")
    return parts


def page(items: Sequence[Any], after: str | None) -> dict[str, Any]:
    return {"items": list(items), "next": after}
