"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

import os
import struct
import time
from uuid import UUID

_AHEAD = 4096  # random bytes fetched at once: asking the system for each identifier costs more than all the rest
_last = 0
_drawn = struct.iter_unpack("=Q", b"")


def uuid7() -> UUID:
    """Millisecond timestamp and 74 random bits; rises within one process even inside one millisecond."""
    return UUID(int=_next())


def new_id(prefix: str) -> str:
    """`prefix_` and 32 hexadecimal digits."""
    return f"{prefix}_{_next():032x}"


def new_event_id() -> str:
    """As a UUID is written."""
    digits = f"{_next():032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _next() -> int:
    global _last
    # 12 sub-millisecond bits follow the timestamp (RFC 9562 method 3), so a busy process stays in order.
    nanos = time.time_ns()  # clock: an identifier's birth is real time, not business time
    stamp = (nanos // 1_000_000 << 12) | ((nanos % 1_000_000) * 4096 // 1_000_000)
    _last = stamp = max(stamp, _last + 1)
    return (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | _random() >> 2


def _random() -> int:
    """64 bits of the system's; each is given to one thread only."""
    global _drawn
    found = next(_drawn, None)
    while found is None:
        _drawn = struct.iter_unpack("=Q", os.urandom(_AHEAD))
        found = next(_drawn, None)
    return int(found[0])


def _forget() -> None:
    global _drawn
    _drawn = struct.iter_unpack("=Q", b"")


os.register_at_fork(after_in_child=_forget)
