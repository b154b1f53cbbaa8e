"""A process's own copy of the fabric: whole versions only, the end seen at start first, trouble outlived."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from services.kit.bus.port import Message
from services.kit.contracts.topics import GRIDS, HOUSE
from services.kit.copies import Copy
from tests.integration.kit.bench import Bench, until


@dataclass(frozen=True)
class Picture:
    version: int
    cells: Mapping[str, str]


def complete(entries: Mapping[str, bytes]) -> int | None:
    """The manifest names every key with its value, as the real one does with hashes."""
    manifest = json.loads(entries.get("manifest", b"{}"))
    if not manifest or any(entries.get(key, b"").decode() != value for key, value in manifest["cells"].items()):
        return None
    return int(manifest["version"])


def build(entries: Mapping[str, bytes], before: Picture | None) -> Picture:
    manifest = json.loads(entries["manifest"])
    if manifest.get("broken"):
        raise ValueError("can't be built")
    return Picture(manifest["version"], manifest["cells"])


def manifest(version: int, **cells: str) -> Message:
    return Message(GRIDS.name, "manifest", json.dumps({"version": version, "cells": cells}).encode(), {})


def cell(name: str, value: str | None, sequence: int | None = None) -> Message:
    headers = {} if sequence is None else {"ce_sequence": str(sequence)}
    return Message(GRIDS.name, name, None if value is None else value.encode(), headers)


async def put(bench: Bench, *messages: Message) -> None:
    await bench.bus.ensure_topics(HOUSE)
    assert await bench.bus.publish(messages) == [None] * len(messages)


def copy_of(bench: Bench) -> Copy[Picture]:
    return Copy("stage", bench.bus, GRIDS.name, complete, build)


async def turned(copy: Copy[Picture], times: int = 1) -> None:
    for _ in range(times):
        await copy.turn()


async def test_ready_with_nothing_and_then_the_first_version(bench: Bench) -> None:
    copy = copy_of(bench)
    await copy.open()
    await turned(copy)
    assert copy.caught_up
    assert copy.current is None
    await put(bench, cell("a", "1"), manifest(1, a="1"))
    await turned(copy)
    assert copy.current == Picture(1, {"a": "1"})
    await copy.close()


async def test_catches_up_before_it_serves_and_never_serves_an_old_version_first(bench: Bench) -> None:
    seen: list[int] = []

    def noting(entries: Mapping[str, bytes], before: Picture | None) -> Picture:
        made = build(entries, before)
        seen.append(made.version)
        return made

    for version in range(1, 6):
        await put(bench, cell("a", str(version)), manifest(version, a=str(version)))
        await put(bench, *(cell(f"filler{version}/{n}", "x") for n in range(1500)))
    copy = Copy("stage", bench.bus, GRIDS.name, complete, noting)
    await copy.open()
    await copy.turn()
    assert not copy.caught_up  # more than one poll's worth
    assert copy.current is None
    await turned(copy)
    assert copy.caught_up
    assert seen == [5]
    await copy.close()


async def test_swaps_only_when_everything_is_there(bench: Bench) -> None:
    swaps: list[int] = []
    copy = copy_of(bench)
    copy.on_swap(lambda: swaps.append(copy.current.version if copy.current else 0))
    await put(bench, cell("a", "1"), cell("b", "1"), manifest(1, a="1", b="1"))
    await copy.open()
    await turned(copy)
    # The manifest came before one of its entries: as with two relays, or in the middle of a publication.
    await put(bench, cell("a", "2"), manifest(2, a="2", b="2"))
    await turned(copy)
    assert copy.current == Picture(1, {"a": "1", "b": "1"})
    await put(bench, cell("b", "2"))
    await turned(copy)
    assert copy.current == Picture(2, {"a": "2", "b": "2"})
    assert swaps == [1, 2]
    await copy.close()


async def test_what_was_committed_here_is_seen_before_the_round_trip(bench: Bench) -> None:
    copy = copy_of(bench)
    await copy.open()
    await turned(copy)
    waiting = asyncio.create_task(copy.wait_for(2, 10))
    await copy.offer({"a": b"2", "manifest": manifest(2, a="2").value}, {"a": 2, "manifest": 2})
    assert await waiting
    # What the topic still brings of the version before does not undo it.
    await put(bench, cell("a", "1", 1), Message(GRIDS.name, "manifest", manifest(1, a="1").value, {"ce_sequence": "1"}))
    await turned(copy)
    assert copy.current == Picture(2, {"a": "2"})
    assert await copy.wait_for(2, 0.1)
    assert not await copy.wait_for(3, 0.05)
    await copy.close()


async def test_what_the_snapshot_has_is_let_go_and_what_comes_is_not(bench: Bench) -> None:
    held: list[dict[str, bytes]] = []

    def noting(entries: Mapping[str, bytes], before: Picture | None) -> Picture:
        held.append(dict(entries))
        return build(entries, before)

    def whole(entries: Mapping[str, bytes]) -> int | None:
        told = json.loads(entries["manifest"])
        there = {key: entries.get(key, b"").decode().removeprefix("#") for key in told["cells"]}
        return int(told["version"]) if there == told["cells"] else None

    def spend(entries: Mapping[str, bytes], snapshot: Picture) -> dict[str, bytes]:
        return {key: b"#" + entries[key].removeprefix(b"#") for key in snapshot.cells}

    copy = Copy("stage", bench.bus, GRIDS.name, whole, noting, spend=spend)
    await copy.open()
    await put(bench, cell("a", "1"), cell("b", "1"), manifest(1, a="1", b="1"))
    await turned(copy)
    await put(bench, cell("a", "2"), manifest(2, a="2", b="1"))
    await turned(copy)
    assert copy.current == Picture(2, {"a": "2", "b": "1"})
    assert [(one["a"], one["b"]) for one in held] == [(b"1", b"1"), (b"2", b"#1")]
    await copy.close()


async def test_a_tombstone_takes_an_entry_away(bench: Bench) -> None:
    await put(bench, cell("a", "1"), cell("a", None), manifest(1, a="1"))
    copy = copy_of(bench)
    await copy.open()
    await turned(copy)
    assert copy.caught_up
    assert copy.current is None
    await copy.close()


async def test_a_version_that_can_not_be_built_is_said_and_the_next_one_mends_it(bench: Bench) -> None:
    copy = copy_of(bench)
    await put(bench, cell("a", "1"), manifest(1, a="1"))
    copy.start()
    assert await copy.wait_for(1, 10)
    broken = json.dumps({"version": 2, "cells": {"a": "1"}, "broken": True}).encode()
    await put(bench, Message(GRIDS.name, "manifest", broken, {}))
    await until(lambda: "can't be built" in copy.state().detail)
    assert copy.current == Picture(1, {"a": "1"})
    await put(bench, cell("a", "3"), manifest(3, a="3"))
    assert await copy.wait_for(3, 10)
    await until(lambda: copy.state().ok)
    await copy.stop()


async def test_what_came_in_while_it_reopened_is_not_passed_over(bench: Bench) -> None:
    """The end is reached by a poll that brings nothing new itself."""
    copy = copy_of(bench)
    await put(bench, cell("a", "1"), manifest(1, a="1"))
    await copy.open()
    await turned(copy)
    await copy.close()
    await put(bench, cell("a", "2"), manifest(2, a="2"), *(cell(f"f{n}", "x") for n in range(6000)))
    await copy.open()
    await turned(copy, 3)
    assert copy.current == Picture(2, {"a": "2"})
    await copy.close()


async def test_the_end_of_its_connections_is_outlived(bench: Bench) -> None:
    copy = copy_of(bench)
    await put(bench, cell("a", "1"), manifest(1, a="1"))
    copy.start()
    assert await copy.wait_for(1, 10)
    await bench.scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'duoge-bus'"
        " AND datname = current_database()"
    )

    async def published() -> bool:
        return await bench.bus.publish([cell("a", "2"), manifest(2, a="2")]) == [None, None]

    await until(published)
    assert await copy.wait_for(2, 20)
    await until(lambda: copy.state().ok)
    await copy.stop()
