"""The Zhenru data under the profile of each city: what differs between them is the profile alone."""

from functools import cache

from services.fabric import entries as codec
from services.fabric.manifest import encode_manifest
from services.fabric.profile import Profile, find_profile
from services.fabric.snapshot import Fabric, build
from tests.harness.zhenru import AT, zhenru_entries

CITIES = ("zhenru", "beijing", "jinan", "dexinyuan")


@cache
def profile_of(city: str) -> Profile:
    return find_profile(city)


def entries_of(city: str, version: int = 1) -> dict[str, bytes]:
    """As one publication."""
    held = {key: value for key, value in zhenru_entries().items() if key.partition("/")[0] != codec.MANIFEST}
    held.update([codec.encode_profile(profile_of(city))])
    held.update(encode_manifest(version, AT, {key: codec.entry_hash(value) for key, value in held.items()}))
    return held


@cache
def city(name: str) -> Fabric:
    return build(entries_of(name))
