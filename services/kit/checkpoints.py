"""Checkpoints of a record: the newest heads of what changed, numbered, chained and signed, to be published where nobody
who can write in the database can write too. What a checkpoint names must be in the database for ever."""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.kit import chain
from services.kit.secrets import derive


class Head(NamedTuple):
    """The hash of a subject's entry of this number."""

    subject: str
    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`body` are the bytes that are hashed and signed."""

    number: int
    body: bytes
    hash: bytes
    signature: bytes

    @property
    def told(self) -> dict[str, Any]:
        """{number, at, previous, heads}; ValueError when the body is not one of ours."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.told["at"])

    @property
    def heads(self) -> list[Head]:
        return [Head(subject, sequence, bytes.fromhex(digest)) for subject, sequence, digest in self.told["heads"]]

    def as_line(self) -> bytes:
        return orjson.dumps(
            {
                "number": self.number,
                "body": self.body.decode(),
                "hash": self.hash.hex(),
                "signature": self.signature.hex(),
            }
        )


class Signer:
    """The house's own key for checkpoints; whoever has the public one can check them without us."""

    def __init__(self, secret: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(derive(secret, "record/checkpoints"))
        self.public = self._key.public_key().public_bytes_raw()

    def make(self, number: int, at: datetime, previous: bytes, heads: Iterable[Head]) -> Checkpoint:
        """`previous`: the hash of the checkpoint before, empty for the first."""
        body = chain.written(
            {
                "number": number,
                "at": at.isoformat(),
                "previous": previous.hex(),
                "heads": [[head.subject, head.sequence, head.hash.hex()] for head in heads],
            }
        )
        return Checkpoint(number, body, hashlib.sha256(body).digest(), self._key.sign(body))


def genuine(checkpoint: Checkpoint, public: bytes) -> bool:
    """Whether it is signed with this key and says of itself what it is."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(checkpoint.signature, checkpoint.body)
        told = checkpoint.told
    except (InvalidSignature, ValueError):
        return False
    return told["number"] == checkpoint.number and hashlib.sha256(checkpoint.body).digest() == checkpoint.hash


def from_line(line: bytes | str) -> Checkpoint:
    """ValueError for what is no checkpoint."""
    try:
        told = orjson.loads(line)
        return Checkpoint(
            told["number"], told["body"].encode(), bytes.fromhex(told["hash"]), bytes.fromhex(told["signature"])
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"不是检查点：{error!r}") from error


class Shelf:
    """A file of checkpoints, a line each, only ever appended to. Several processes may share it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def last(self) -> int:
        """The number of its last whole line; 0 for none."""
        number = 0
        for each in self.read():
            number = each.number
        return number

    def read(self) -> Iterator[Checkpoint]:
        """A line that was cut off in writing, or is none of ours, is passed over."""
        if not self.file.exists():
            return
        with self.file.open("rb") as held:
            for line in held:
                try:
                    yield from_line(line)
                except ValueError:
                    continue

    def append(self, checkpoints: Sequence[Checkpoint]) -> None:
        """On disk when it returns; those that it has already are left out."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            last = self.last()
            if self._torn():
                held.write(b"\n")
            held.writelines(each.as_line() + b"\n" for each in checkpoints if each.number > last)
            held.flush()
            os.fsync(held.fileno())

    def _torn(self) -> bool:
        with self.file.open("rb") as held:
            if held.seek(0, os.SEEK_END) == 0:
                return False
            held.seek(-1, os.SEEK_END)
            return held.read(1) != b"\n"
