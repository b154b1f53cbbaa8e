"""Personal data at rest: AES-GCM with the key's id beside it and the row's id bound in, and a keyed blind index."""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from typing import Any

from services.intake.domain.keyring import FIRST_KEY
from services.intake.errors import no_key
from services.kit.sealing import Seal
from services.kit.secrets import derive


class Sealer:
    """`sealed` is nonce and ciphertext; a row's seal opens in no other row and for no other purpose. InvalidTag when
    anything was changed, Unavailable when the key is not in the ring.

    The first key comes from the master secret unless `keys` (id → secret) brings it; `current` seals, all of them open.
    """

    def __init__(self, secret: str, keys: Mapping[str, str] | None = None, current: str | None = None) -> None:
        ring = {FIRST_KEY: secret, **(keys or {})}
        self.key_id = current or [FIRST_KEY, *(keys or {})][-1]
        self._seals = {key_id: Seal(held, f"intake/personal/{key_id}") for key_id, held in ring.items()}
        self._index_key = derive(secret, "intake/phone-index")
        self._body_key = derive(secret, "intake/body")

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(self._seals)

    def seal(self, row: str, purpose: str, content: Mapping[str, Any]) -> bytes:
        return self._seals[self.key_id].seal_json(_bound(row, purpose), content)

    def open(self, row: str, purpose: str, sealed: bytes, key_id: str) -> dict[str, Any]:
        seal = self._seals.get(key_id)
        if seal is None:
            raise no_key(key_id)
        return seal.open_json(_bound(row, purpose), sealed)

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
