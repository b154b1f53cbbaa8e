"""What is sent of a change, and in which order."""

from datetime import UTC, datetime

from services.fabric import entries as codec
from services.fabric.manifest import complete_version, decode_manifest
from services.grids.domain.publication import Draft, Entry, Publication, plan

AT = datetime(2026, 11, 23, tzinfo=UTC)
NOTHING = Draft({}, frozenset())


def after(held: dict[str, Entry], publication: Publication) -> dict[str, Entry]:
    sent = {s.key: Entry(codec.entry_hash(s.value) if s.value else None, s.sequence) for s in publication.sendings}
    return {**held, **sent}


def values(*publications: Publication) -> dict[str, bytes]:
    held: dict[str, bytes | None] = {}
    for publication in publications:
        held.update({sending.key: sending.value for sending in publication.sendings})
    return {key: value for key, value in held.items() if value is not None}


def test_manifest_last_and_tombstones_after_it() -> None:
    first = plan(1, AT, {}, Draft({"police/A": b"a", "police/A#1": b"p", "unit/U": b"u"}, frozenset()))
    assert first is not None
    assert [s.key for s in first.sendings] == ["police/A", "police/A#1", "unit/U", "manifest/0", "manifest"]
    assert complete_version(values(first)) == 1
    held = after({}, first)
    second = plan(2, AT, held, Draft({"police/A": b"b"}, frozenset({"police/A"})))
    assert second is not None
    assert [(s.key, s.value is None, s.sequence) for s in second.sendings] == [
        ("police/A", False, 2),
        ("manifest/0", False, 2),
        ("manifest", False, 2),
        ("police/A#1", True, 2),
    ]
    manifest = decode_manifest(values(first, second))
    assert manifest is not None
    assert set(manifest.hashes) == {"police/A", "unit/U"}


def test_at_no_point_does_a_follower_see_half() -> None:
    """Record by record, the entries make up one of the two versions in full, or nothing."""
    first = plan(1, AT, {}, Draft({"police/A": b"a", "police/B": b"b"}, frozenset()))
    assert first is not None
    second = plan(2, AT, after({}, first), Draft({"police/A": b"c"}, frozenset({"police/A", "police/B"})))
    assert second is not None
    held = values(first)
    versions = []
    for sending in second.sendings:
        if sending.value is None:
            held.pop(sending.key)
        else:
            held[sending.key] = sending.value
        versions.append(complete_version(held))
    assert versions == [None, None, 2, 2]


def test_nothing_new_is_no_publication() -> None:
    first = plan(1, AT, {}, Draft({"police/A": b"a"}, frozenset()))
    assert first is not None
    held = after({}, first)
    assert plan(2, AT, held, Draft({"police/A": b"a"}, frozenset({"police/A"}))) is None
    assert plan(2, AT, held, NOTHING) is None


def test_a_family_is_replaced_whole() -> None:
    first = plan(1, AT, {}, Draft({"gazetteer/00": b"x", "gazetteer/00#1": b"y", "unit/U": b"u"}, frozenset()))
    assert first is not None
    second = plan(2, AT, after({}, first), Draft({"gazetteer/7f": b"z"}, frozenset({"gazetteer/"})))
    assert second is not None
    assert [s.key for s in second.sendings if s.value is None] == ["gazetteer/00", "gazetteer/00#1"]


def test_a_key_that_comes_again_goes_on_counting() -> None:
    held = {"police/A": Entry(None, 4)}
    again = plan(9, AT, held, Draft({"police/A": b"a"}, frozenset({"police/A"})))
    assert again is not None
    assert again.sendings[0].sequence == 5


def test_a_shorter_manifest_drops_its_parts() -> None:
    held = {f"manifest/{number}": Entry("old", 1) for number in range(3)} | {"unit/U": Entry("old", 1)}
    publication = plan(2, AT, held, Draft({"unit/U": b"u"}, frozenset()))
    assert publication is not None
    assert [s.key for s in publication.sendings if s.value is None] == ["manifest/1", "manifest/2"]
