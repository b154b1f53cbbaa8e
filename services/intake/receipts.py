"""Receipts and the papers that residents fill in: what either carries is proved by keys of the house, nothing is kept."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from services.intake.domain import receipt_code
from services.kit.secrets import derive

_PAPER = re.compile(r"(?P<number>[0-9a-f]{24})\.(?P<at>[0-9]{1,12})\.(?P<proof>[0-9a-f]{32})")
LASTS = timedelta(days=2)


class Receipts:
    """An order's code is its id under a cipher of one block: who doesn't have the key can neither guess nor make one,
    every order has one from its first moment, and there is nothing in the database that could be stolen."""

    def __init__(self, secret: str) -> None:
        cipher = Cipher(algorithms.AES(derive(secret, "intake/receipts")), modes.ECB())
        # Of whole blocks these remember nothing between two calls.
        self._hide, self._show = cipher.encryptor().update, cipher.decryptor().update

    def code(self, order_id: str) -> str:
        return receipt_code.written(self._hide(bytes.fromhex(order_id.removeprefix("ord_"))))

    def path(self, order_id: str) -> str:
        return f"/receipt/{self.code(order_id)}"

    def order_id(self, code: str) -> str | None:
        """None for what can't be a code; whether there is an order of this id is not known by that."""
        hidden = receipt_code.read(code)
        return None if hidden is None else f"ord_{self._show(hidden).hex()}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A form as it was given out: its `number` makes one order however often it is sent."""

    number: str
    given: datetime


class Papers:
    """`least`: nobody fills in a form faster; whoever does is a machine."""

    def __init__(self, secret: str, least: timedelta) -> None:
        self._key = derive(secret, "intake/papers")
        self._least = least

    def give(self, now: datetime) -> str:
        """Real time."""
        told = f"{secrets.token_hex(12)}.{int(now.timestamp())}"
        return f"{told}.{self._proof(told)}"

    def read(self, written: str) -> Paper | None:
        """None for what was never given out."""
        found = _PAPER.fullmatch(written)
        if found is None:
            return None
        told, _, proof = written.rpartition(".")
        if not hmac.compare_digest(self._proof(told), proof):
            return None
        return Paper(found["number"], datetime.fromtimestamp(int(found["at"]), tz=UTC))

    def too_fast(self, paper: Paper, now: datetime) -> bool:
        return now - paper.given < self._least

    def too_old(self, paper: Paper, now: datetime) -> bool:
        return now - paper.given > LASTS

    def _proof(self, told: str) -> str:
        return hmac.new(self._key, told.encode(), sha256).hexdigest()[:32]
