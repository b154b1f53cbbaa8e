"""One publication: which keys of the topic change, in which order they are sent, and what the manifest names.

A manifest's entries go before it, so that it never names what is not there; tombstones go after it, so that a copy that
still holds the one before lacks nothing until the new one has come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.fabric import entries as codec


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of the topic as last sent. `sequence` counts its events, tombstones too; `digest` None: it has ended."""

    digest: str | None
    sequence: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a change makes of the topic. `scopes` are the keys (each with its parts) and the families (ending in `/`)
    that `values` say all about: keys of theirs that are not among the values end."""

    values: Mapping[str, bytes]
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sending:
    key: str
    value: bytes | None
    sequence: int


@dataclass(frozen=True, slots=True)
class Publication:
    """`sendings` in the order in which they must be sent."""

    version: int
    at: datetime
    sendings: tuple[Sending, ...]


def merged(drafts: Iterable[Draft]) -> Draft:
    values: dict[str, bytes] = {}
    scopes: set[str] = set()
    for draft in drafts:
        values.update(draft.values)
        scopes |= draft.scopes
    return Draft(values, frozenset(scopes))


def plan(version: int, at: datetime, held: Mapping[str, Entry], draft: Draft) -> Publication | None:
    """None when the topic says all this already."""
    digests = {key: codec.entry_hash(value) for key, value in draft.values.items()}
    live = {key: entry.digest for key, entry in held.items() if entry.digest is not None}
    news = [key for key, digest in sorted(digests.items()) if live.get(key) != digest]
    ended = sorted(key for key in live if key not in digests and scope_of(key) & draft.scopes)
    if not news and not ended:
        return None
    hashes = {key: digest for key, digest in live.items() if not is_manifest(key)} | digests
    for key in ended:
        hashes.pop(key, None)
    manifest = codec.encode_manifest(version, at, hashes)
    named = {key for key, _ in manifest}
    ended += sorted(key for key in live if is_manifest(key) and key not in named)

    def send(key: str, value: bytes | None) -> Sending:
        known = held.get(key)
        return Sending(key, value, known.sequence + 1 if known else 1)

    sendings = [
        *(send(key, draft.values[key]) for key in news),
        *(send(key, value) for key, value in manifest),
        *(send(key, None) for key in ended),
    ]
    return Publication(version, at, tuple(sendings))


def scope_of(key: str) -> set[str]:
    """A key stands in its own scope, in that of the key it is a part of, and in that of its family."""
    return {key, key.partition("#")[0], key.partition("/")[0] + "/"}


def is_manifest(key: str) -> bool:
    return key == codec.MANIFEST or key.startswith(codec.MANIFEST + "/")
