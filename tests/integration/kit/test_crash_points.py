"""A power cut between every two steps of an event's way, once at each: what comes after it finishes the work, once."""

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import text

from services.kit import failpoints
from services.kit.contracts.envelope import Event
from services.kit.contracts.topics import CASES, ORDERS
from services.kit.db import Database, Tx
from services.kit.timers import Sweeper, Timer, set_timers
from tests.integration.kit.bench import AT, CASE, SCHEMA, Bench, events_of, record_effects, write
from tests.integration.kit.test_timers import fire, lock

STEPS = (
    "outbox.appended",
    "db.before_commit",
    "db.committed",
    "relay.read",
    "log.before_commit",
    "relay.published",
    "relay.marked",
    "consumer.polled",
    "consumer.before_commit",
    "consumer.handled",
    "consumer.committed",
)
LATER = ("db.committed", "relay.read", "relay.published", "log.before_commit")  # what comes by a second time
SWEEPS = ("sweeper.locked", "sweeper.before_commit", "sweeper.fired")


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches SIGKILL; what was not committed is rolled back, as it is there."""


def cut(at: int) -> Callable[[], None]:
    left = [at]

    def act() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise PowerCut

    return act


async def once(bench: Bench) -> None:
    """All that a process does: write what is still to be written, relay, consume, relay what that caused."""

    async def handle(tx: Tx, events: list[Event]) -> None:
        await record_effects(tx, events)
        await write(tx, bench.outbox, [f"c-{event.subject}" for event in events], CASE)

    for number in range(1, 4):
        async with bench.db.transaction() as tx:
            # As an idempotent command: a caller without an answer asks again, and what is there already stays.
            last = await tx.execute(text("SELECT coalesce(max(last), 0) FROM subject WHERE id = 'k'"))
            if last.scalar_one() < number:
                await write(tx, bench.outbox, ["k", "l"])
    await bench.relayed()
    consumer = await bench.consumer(handle)
    await bench.consumed(consumer)
    await consumer.close()
    await bench.relayed()


@pytest.mark.parametrize(("at", "steps"), [(1, STEPS), (2, LATER)])
async def test_the_next_process_finishes_what_a_cut_left(bench: Bench, at: int, steps: Sequence[str]) -> None:
    cuts = 0
    for step in steps:
        await bench.run("TRUNCATE effect, subject, outbox, inbox_key, inbox_offset, bus.message, bus.group_offset")
        await bench.run("UPDATE bus.partition SET next_offset = 0")
        failpoints.arm(step, cut(at))
        try:
            await once(bench)
        except PowerCut:
            cuts += 1
        failpoints.disarm()
        await bench.abandon()
        await once(bench)
        assert await bench.effects() == {"k": [1, 2, 3], "l": [1, 2, 3]}, step
        for topic, prefix in ((ORDERS.name, ""), (CASES.name, "c-")):
            first: dict[str, list[int]] = {}
            for each in events_of(await bench.on(topic)):
                if each.sequence not in first.setdefault(each.subject, []):
                    first[each.subject].append(each.sequence)
            assert first == {f"{prefix}k": [1, 2, 3], f"{prefix}l": [1, 2, 3]}, step
        assert await bench.scalar("SELECT count(*) FROM parked") == 0, step
    assert cuts == len(steps)


async def test_a_timer_takes_effect_once_wherever_the_sweep_is_cut(bench: Bench) -> None:
    for step in SWEEPS:
        await bench.run("TRUNCATE effect, subject, timer")
        await bench.run("INSERT INTO subject (id) VALUES ('a'), ('b')")
        async with bench.db.transaction() as tx:
            await set_timers(tx, [Timer("k", key, AT, {"n": n}) for n, key in enumerate("abab")])
        failpoints.arm(step, cut(1))
        with pytest.raises(PowerCut):
            await sweeper(bench, bench.db).turn()
        failpoints.disarm()
        again = sweeper(bench, bench.database())
        await again.turn()
        await again.turn()
        assert {key: sorted(numbers) for key, numbers in (await bench.effects()).items()} == {
            "a": [0, 2],
            "b": [1, 3],
        }, step


def sweeper(bench: Bench, db: Database) -> Sweeper:
    return Sweeper(SCHEMA, db, bench.clock, lock, fire)
