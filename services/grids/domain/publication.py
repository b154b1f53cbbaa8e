"""One publication: which keys of the topic change, in which order they are sent, and what the manifest names.

A manifest's entries go before it, so that it never names what is not there; tombstones go after it, so that a copy that
still holds the one before lacks nothing until the new one has come.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.fabric import entries as codec
from services.fabric.manifest import encode_manifest

MOST_NAMED = 200


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
class Said:
    """What a change says of itself for the feed: of which overlay, from which file, which codes."""

    overlay: str | None = None
    file: str | None = None
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    removed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Author:
    """`what` was done, by the key of this id and name."""

    what: str
    by: str
    by_key: str


@dataclass(frozen=True, slots=True)
class Publication:
    """`sendings` in the order in which they must be sent. `origin` is told in the manifest and kept for the feed:
    `what`, `by`, `by_key`, `overlay`, `file`, `counts` and the first of the `codes`."""

    version: int
    at: datetime
    sendings: tuple[Sending, ...]
    origin: Mapping[str, Any] = field(default_factory=dict)


def merged(drafts: Iterable[Draft]) -> Draft:
    values: dict[str, bytes] = {}
    scopes: set[str] = set()
    for draft in drafts:
        values.update(draft.values)
        scopes |= draft.scopes
    return Draft(values, frozenset(scopes))


def plan(
    version: int,
    at: datetime,
    held: Mapping[str, Entry],
    draft: Draft,
    author: Author | None = None,
    said: Said | None = None,
) -> Publication | None:
    """None when the topic says all this already. A change that says nothing of itself is told by its keys."""
    digests = {key: codec.entry_hash(value) for key, value in draft.values.items()}
    live = {key: entry.digest for key, entry in held.items() if entry.digest is not None}
    news = [key for key, digest in sorted(digests.items()) if live.get(key) != digest]
    ended = sorted(key for key in live if key not in digests and scope_of(key) & draft.scopes)
    if not news and not ended:
        return None
    hashes = {key: digest for key, digest in live.items() if not is_manifest(key)} | digests
    for key in ended:
        hashes.pop(key, None)
    origin: dict[str, Any] = {}
    if author is not None:
        fresh = [key for key in news if key not in live]
        origin = _origin(author, said or _by_keys(fresh, [key for key in news if key in live], ended))
    manifest = encode_manifest(version, at, hashes, origin)
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
    return Publication(version, at, tuple(sendings), origin)


def _by_keys(added: Iterable[str], changed: Iterable[str], removed: Iterable[str]) -> Said:
    """Keys without their parts: a border that was cut in two for its size is still one grid."""
    return Said(None, None, *([key for key in keys if "#" not in key] for keys in (added, changed, removed)))


def _origin(author: Author, said: Said) -> dict[str, Any]:
    named = {"added": said.added, "changed": said.changed, "removed": said.removed}
    origin = {
        "what": author.what,
        "by": author.by,
        "by_key": author.by_key,
        "overlay": said.overlay,
        "file": said.file,
        "counts": {kind: len(codes) for kind, codes in named.items()},
        "codes": {kind: list(codes[:MOST_NAMED]) for kind, codes in named.items() if codes},
    }
    return {name: value for name, value in origin.items() if value is not None}


def scope_of(key: str) -> set[str]:
    """A key stands in its own scope, in that of the key it is a part of, and in that of its family."""
    return {key, key.partition("#")[0], key.partition("/")[0] + "/"}


def is_manifest(key: str) -> bool:
    return key == codec.MANIFEST or key.startswith(codec.MANIFEST + "/")
