"""Content that rests or travels sealed: AES-GCM, opened only with the house's key and only for what it was sealed for."""

import json
import os
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import to_json

from services.kit.secrets import derive

# Names and numbers of the staff, on the registry's compacted topic as in its table.
STAFF = "grids/staff/p1"
_NONCE_BYTES = 12


class Seal:
    """One purpose's. `sealed` is nonce and ciphertext; what was `bound` to one thing opens for no other. InvalidTag when
    anything was changed."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._cipher = AESGCM(derive(secret, purpose))

    def seal(self, bound: str, content: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, bound.encode())

    def open(self, bound: str, sealed: bytes) -> bytes:
        return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound.encode())

    def seal_json(self, bound: str, content: Mapping[str, Any]) -> bytes:
        return self.seal(bound, to_json(content))

    def open_json(self, bound: str, sealed: bytes) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.open(bound, sealed))
        return content
