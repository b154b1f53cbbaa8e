"""The chain, the checkpoints and the file of them, without a database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import chain
from services.kit.checkpoints import Checkpoint, Head, Shelf, Signer, from_line, genuine

AT = datetime(2026, 11, 26, tzinfo=UTC)
SIGNER = Signer("only-for-tests-" + "x" * 32)


def made(number: int = 1, previous: bytes = b"") -> Checkpoint:
    return SIGNER.make(number, AT, previous, [Head("case_1", 3, bytes(32)), Head("case_2", 1, b"\x01" * 32)])


@given(st.lists(st.binary(max_size=40), min_size=2, max_size=8, unique=True), st.data())
def test_no_link_can_be_changed_left_out_or_moved(bodies: list[bytes], data: st.DataObject) -> None:
    def head(of: list[bytes]) -> bytes:
        last = chain.ORIGIN
        for body in of:
            last = chain.link(last, body)
        return last

    place = data.draw(st.integers(0, len(bodies) - 1))
    without = bodies[:place] + bodies[place + 1 :]
    assert head(without) != head(bodies)
    assert head([*bodies[:place], bodies[place] + b"x", *bodies[place + 1 :]]) != head(bodies)
    assert head([*without, bodies[place]]) != head(bodies) or place == len(bodies) - 1


@given(st.text(), st.text())
def test_a_commitment_tells_words_apart_and_needs_its_salt(one: str, other: str) -> None:
    one, other = (words.encode("utf-8", "ignore").decode() for words in (one, other))
    salt, another = chain.salts(1), chain.salts(1)
    assert (chain.commitment(salt, one) == chain.commitment(salt, other)) == (one == other)
    assert chain.commitment(salt, one) != chain.commitment(another, one)


@given(st.data())
def test_one_changed_byte_of_a_checkpoint_is_found(data: st.DataObject) -> None:
    one = made()
    assert genuine(one, SIGNER.public)
    assert one.heads[0] == Head("case_1", 3, bytes(32))
    name = data.draw(st.sampled_from(["body", "hash", "signature"]))
    was = bytearray(getattr(one, name))
    was[data.draw(st.integers(0, len(was) - 1))] ^= data.draw(st.integers(1, 255))
    fields: dict[str, Any] = {
        "number": one.number,
        "body": one.body,
        "hash": one.hash,
        "signature": one.signature,
        name: bytes(was),
    }
    assert not genuine(Checkpoint(**fields), SIGNER.public)
    assert not genuine(Checkpoint(2, one.body, one.hash, one.signature), SIGNER.public)
    assert not genuine(one, Signer("another-secret-" + "y" * 32).public)


def test_the_file_is_only_ever_added_to_and_outlives_a_torn_line(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "a" / "checkpoints.ndjson")
    assert shelf.last() == 0
    first = made()
    second = made(2, first.hash)
    shelf.append([first])
    with shelf.file.open("ab") as held:
        held.write(second.as_line()[:50])
    assert shelf.last() == 1
    shelf.append([first, second])
    shelf.append([second])
    assert list(shelf.read()) == [first, second]


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"1", b'{"number":1,"body":2,"hash":"x","signature":""}', b"\xff"])
def test_what_is_no_checkpoint_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_line(line)


def test_a_digest_is_of_what_is_said() -> None:
    one = {"rule": "CS-02", "alternatives": [{"lead": "A", "rule": "B"}], "version": 1}
    assert chain.digest(one) == chain.digest(
        {"version": 1, "alternatives": ({"rule": "B", "lead": "A"},), "rule": "CS-02"}
    )
    assert chain.digest(one) == chain.digest(one | {"came_later": None, "another": [], "third": {"inner": 0}})
    for other in ({"rule": "CS-03"}, {"alternatives": []}, {"version": 2}, {"came_later": 1}):
        assert chain.digest(one) != chain.digest(one | other)
