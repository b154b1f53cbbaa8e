"""A chain of stored bytes: every link holds the one before it, so that nothing in the middle can be changed unseen.

What is chained are the bytes as they are stored, never what they might be written as again. A field that has to go one
day (a person's name, a citizen's words) stands in them as a salted commitment only: with the salt deleted nobody can
even guess it, and the chain still holds.
"""

import hashlib
import os
import struct
from collections.abc import Mapping
from typing import Any

import orjson

ORIGIN = bytes(32)
"""What stands before the first link."""
SALT_BYTES = 16
_AHEAD = 256
_drawn = struct.iter_unpack(f"{SALT_BYTES}s", b"")
GONE = bytes(SALT_BYTES)
"""In place of the salt of a field that was deleted."""


def link(previous: bytes, body: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(previous + body).digest()


def salts(fields: int) -> bytes:
    """One for each field, one behind the other; no byte of the system's is given out twice."""
    return b"".join(_salt() for _ in range(fields))


def commitment(salt: bytes, value: str) -> str:
    """64 hexadecimal digits. A salt has a fixed length, so that it can't run over into the value."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def digest(value: Any) -> str:
    """64 hexadecimal digits of what `value` (plain data, frozen dataclasses, pydantic models) says, in whatever order its
    names stand. What is empty says nothing, so that a field that comes with a later version changes no digest."""
    told = _told(orjson.loads(orjson.dumps(value, default=vars)))
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: told for name, inner in value.items() if (told := _told(inner))}
    return [_told(inner) for inner in value] if isinstance(value, list) else value


def written(body: Mapping[str, Any]) -> bytes:
    return orjson.dumps(body)


def _salt() -> bytes:
    """Asking the system for each costs more than the hash that it is for."""
    global _drawn
    found = next(_drawn, None)
    while found is None:
        _drawn = struct.iter_unpack(f"{SALT_BYTES}s", os.urandom(SALT_BYTES * _AHEAD))
        found = next(_drawn, None)
    return bytes(found[0])


def _forget() -> None:
    """Two processes must not draw the same."""
    global _drawn
    _drawn = struct.iter_unpack(f"{SALT_BYTES}s", b"")


os.register_at_fork(after_in_child=_forget)
