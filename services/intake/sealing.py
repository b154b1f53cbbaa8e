"""Personal data at rest: AES-GCM with the key's id beside it and the row's id bound in, and a keyed blind index."""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from typing import Any

from services.kit.sealing import Seal
from services.kit.secrets import derive

KEY_ID = "p1"


class Sealer:
    """`sealed` is nonce and ciphertext; a row's seal opens in no other row. InvalidTag when anything was changed."""

    def __init__(self, secret: str) -> None:
        self.key_id = KEY_ID
        self._seals = {KEY_ID: Seal(secret, f"intake/personal/{KEY_ID}")}
        self._index_key = derive(secret, "intake/phone-index")
        self._body_key = derive(secret, "intake/body")

    def seal(self, row: str, purpose: str, content: Mapping[str, Any]) -> bytes:
        return self._seals[self.key_id].seal_json(_bound(row, purpose), content)

    def open(self, row: str, purpose: str, sealed: bytes, key_id: str) -> dict[str, Any]:
        return self._seals[key_id].open_json(_bound(row, purpose), sealed)

    def phone_index(self, phone: str | None) -> bytes | None:
        """The same for every way of writing one number; None without digits. Useless without the key."""
        digits = "".join(sign for sign in unicodedata.normalize("NFKC", phone or "") if sign.isdigit())
        plain = digits.removeprefix("0086").removeprefix("86") if len(digits) > 11 else digits
        return hmac.new(self._index_key, plain.encode(), hashlib.sha256).digest()[:16] if plain else None

    def fingerprint(self, body: bytes) -> bytes:
        """Tells whether an order comes again with the same body, without keeping the body."""
        return hmac.new(self._body_key, body, hashlib.sha256).digest()


def _bound(row: str, purpose: str) -> str:
    return f"{purpose}/{row}"
