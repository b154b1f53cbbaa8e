"""Personal data at rest: AES-GCM with the key's id beside it and the row's id bound in, and a keyed blind index."""

import hashlib
import hmac
import json
import os
import unicodedata
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import to_json

from services.kit.secrets import derive

KEY_ID = "p1"
_NONCE_BYTES = 12


class Sealer:
    """`sealed` is nonce and ciphertext; a row's seal opens in no other row. InvalidTag when anything was changed."""

    def __init__(self, secret: str) -> None:
        self.key_id = KEY_ID
        self._ciphers = {KEY_ID: AESGCM(derive(secret, f"intake/personal/{KEY_ID}"))}
        self._index_key = derive(secret, "intake/phone-index")
        self._body_key = derive(secret, "intake/body")

    def seal(self, row: str, purpose: str, content: Mapping[str, Any]) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[self.key_id].encrypt(nonce, to_json(content), _bound(row, purpose))

    def open(self, row: str, purpose: str, sealed: bytes, key_id: str) -> dict[str, Any]:
        nonce, secret = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        content: dict[str, Any] = json.loads(self._ciphers[key_id].decrypt(nonce, secret, _bound(row, purpose)))
        return content

    def phone_index(self, phone: str | None) -> bytes | None:
        """The same for every way of writing one number; None without digits. Useless without the key."""
        digits = "".join(sign for sign in unicodedata.normalize("NFKC", phone or "") if sign.isdigit())
        plain = digits.removeprefix("0086").removeprefix("86") if len(digits) > 11 else digits
        return hmac.new(self._index_key, plain.encode(), hashlib.sha256).digest()[:16] if plain else None

    def fingerprint(self, body: bytes) -> bytes:
        """Tells whether an order comes again with the same body, without keeping the body."""
        return hmac.new(self._body_key, body, hashlib.sha256).digest()


def _bound(row: str, purpose: str) -> bytes:
    return f"{purpose}/{row}".encode()
