"""Passes: for some minutes they stand for a key in the Authorization header, so that a page's script never holds a key.

A pass says which key, by its digest, and until when. Name, role and unit are the key's own each time it is used: one
that is revoked or given another unit is so for its passes too.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import timedelta

from services.kit.clock import real_now
from services.kit.secrets import derive

PREFIX = "dgp_"
_DIGEST = hashlib.sha256().digest_size
_BODY = struct.Struct(f">q{_DIGEST}s")  # the second in which it ends, the key's digest
_LENGTH = _BODY.size + _DIGEST


class Passes:
    """Sealed with a key of the house's secret, so that every service reads what any of them gave out. Real time."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "passes")

    def give(self, digest: bytes, lasts: timedelta) -> str:
        body = _BODY.pack(int((real_now() + lasts).timestamp()), digest)
        return PREFIX + base64.urlsafe_b64encode(body + self._seal(body)).decode()

    def read(self, token: str) -> bytes | None:
        """The digest of the key that it stands for; None for what was not given out here or is over."""
        try:
            raw = base64.b64decode(token.removeprefix(PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != _LENGTH:
            return None
        body, seal = raw[: _BODY.size], raw[_BODY.size :]
        if not hmac.compare_digest(seal, self._seal(body)):
            return None
        ends, digest = _BODY.unpack(body)
        return bytes(digest) if real_now().timestamp() < ends else None

    def _seal(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()


def is_pass(token: str) -> bool:
    return token.startswith(PREFIX)
