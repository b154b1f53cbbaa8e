"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

import secrets
import time
from uuid import UUID

_last = 0


def uuid7() -> UUID:
    """Millisecond timestamp and 74 random bits; rises within one process even inside one millisecond."""
    global _last
    # 12 sub-millisecond bits follow the timestamp (RFC 9562 method 3), so a busy process stays in order.
    nanos = time.time_ns()  # clock: an identifier's birth is real time, not business time
    stamp = (nanos // 1_000_000 << 12) | ((nanos % 1_000_000) * 4096 // 1_000_000)
    _last = stamp = max(stamp, _last + 1)
    return UUID(int=(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62))


def new_id(prefix: str) -> str:
    """`prefix_` and 32 hexadecimal digits."""
    return f"{prefix}_{uuid7().hex}"
