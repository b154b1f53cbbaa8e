"""The manifest that closes a publication: what a copy must hold before it may swap, and whether it does."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.fabric.entries import MANIFEST, Keyed, dump, entry_hash, pieces


class Manifest(NamedTuple):
    """What a publication holds: every key that counts, with the hash of its value."""

    version: int
    published_at: datetime
    hashes: Mapping[str, str]


def encode_manifest(
    version: int, published_at: datetime, hashes: Mapping[str, str], origin: Mapping[str, Any] | None = None
) -> list[Keyed]:
    """The parts first, the manifest itself last: what it names has been sent before it. `origin` says where the version
    came from; it stands in the manifest alone, so that no entry's hash depends on who changed it."""
    listed = pieces(sorted([key, digest] for key, digest in hashes.items()))
    parts = [
        (f"{MANIFEST}/{number}", dump({"version": version, "part": number, "hashes": dict(piece)}))
        for number, piece in enumerate(listed)
    ]
    head = {
        **(origin or {}),
        "version": version,
        "published_at": published_at.isoformat(),
        "parts": [entry_hash(value) for _, value in parts],
    }
    return [*parts, (MANIFEST, dump(head))]


def decode_manifest(entries: Mapping[str, bytes]) -> Manifest | None:
    """None while there is no manifest, or one whose parts have not all arrived."""
    if MANIFEST not in entries:
        return None
    head = json.loads(entries[MANIFEST])
    hashes: dict[str, str] = {}
    for number, digest in enumerate(head["parts"]):
        part = entries.get(f"{MANIFEST}/{number}")
        if part is None or entry_hash(part) != digest:
            return None
        hashes.update(json.loads(part)["hashes"])
    return Manifest(head["version"], datetime.fromisoformat(head["published_at"]), hashes)


def complete_version(entries: Mapping[str, bytes]) -> int | None:
    """The version that the entries hold in full; None while something that their manifest names is still to come."""
    manifest = decode_manifest(entries)
    if manifest is None or any(key not in entries for key in manifest.hashes):
        return None
    held = {key: entry_hash(entries[key]) for key in manifest.hashes}
    return None if missing(manifest, held) else manifest.version


def missing(manifest: Manifest, held: Mapping[str, str]) -> list[str]:
    """The keys that a copy holding entries with the hashes `held` still lacks, or holds in another state."""
    return [key for key, digest in manifest.hashes.items() if held.get(key) != digest]
