"""A chain of stored bytes: every link holds the one before it, so that nothing in the middle can be changed unseen.

What is chained are the bytes as they are stored, never what they might be written as again. A field that has to go one
day (a person's name, a citizen's words) stands in them as a salted commitment only: with the salt deleted nobody can
even guess it, and the chain still holds.
"""

import hashlib
import os
from collections.abc import Mapping
from typing import Any

import orjson

ORIGIN = bytes(32)
"""What stands before the first link."""
SALT_BYTES = 16
GONE = bytes(SALT_BYTES)
"""In place of the salt of a field that was deleted."""


def link(previous: bytes, body: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(previous + body).digest()


def salts(fields: int) -> bytes:
    """One for each field, one behind the other."""
    return os.urandom(SALT_BYTES * fields)


def commitment(salt: bytes, value: str) -> str:
    """64 hexadecimal digits. A salt has a fixed length, so that it can't run over into the value."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def written(body: Mapping[str, Any]) -> bytes:
    """Times must be strings or numbers already."""
    return orjson.dumps(body)
