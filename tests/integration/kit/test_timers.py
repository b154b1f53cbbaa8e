"""Deadlines: set and cancelled with the state they belong to, fired once, whoever races; a bad one steps aside."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from services.kit.db import Database, Tx
from services.kit.metrics import SWEEP_LAG, TIMERS_PARKED
from services.kit.timers import ATTEMPTS, LIMIT, Sweeper, Timer, cancel, next_due, set_timers, unpark
from tests.integration.kit.bench import AT, SCHEMA, Bench

MINUTE = timedelta(minutes=1)


async def lock(tx: Tx, keys: Sequence[str]) -> None:
    await tx.execute(
        text("SELECT id FROM subject WHERE id = ANY(CAST(:keys AS text[])) ORDER BY id FOR UPDATE"),
        {"keys": list(keys)},
    )


async def fire(tx: Tx, timers: list[Timer], now: datetime) -> None:
    """The effect's number is the timer's own, so that a second firing would show."""
    for timer in timers:
        if timer.payload.get("bad"):
            raise ValueError(timer.key)
        await tx.execute(
            text("INSERT INTO effect (subject, sequence) VALUES (:s, :q)"),
            {"s": timer.key, "q": timer.payload.get("n", 0)},
        )


def sweeper(bench: Bench, db: Database | None = None) -> Sweeper:
    return Sweeper(SCHEMA, db or bench.db, bench.clock, lock, fire)


async def given(bench: Bench, *timers: Timer) -> None:
    keys = sorted({timer.key for timer in timers})
    await bench.run("INSERT INTO subject (id) SELECT unnest(CAST(:k AS text[])) ON CONFLICT DO NOTHING", k=keys)
    async with bench.db.transaction() as tx:
        await set_timers(tx, timers)


def due(key: str, n: int = 0, after: timedelta = MINUTE, **payload: object) -> Timer:
    return Timer("resolve", key, AT + after, {"n": n, "text": "超期", **payload})


async def test_fires_when_due_most_overdue_first_and_once(bench: Bench) -> None:
    await given(bench, due("a", 2, 2 * MINUTE), due("a", 1, MINUTE), due("a", 3, 60 * MINUTE))
    sweep = sweeper(bench)
    await sweep.turn()
    assert await bench.effects() == {}
    assert await sweep.next_due() == AT + MINUTE
    bench.clock.advance(10 * MINUTE)
    assert not await sweep.idle()
    await sweep.turn()
    await sweep.turn()
    assert await bench.effects() == {"a": [1, 2]}
    assert await sweep.idle()
    assert await bench.scalar("SELECT count(*) FROM timer WHERE fired_at = :at", at=AT + 10 * MINUTE) == 2
    async with bench.db.reading() as tx:
        assert await next_due(tx) == AT + 60 * MINUTE


async def test_lateness_is_judged_by_the_deadline(bench: Bench) -> None:
    await given(bench, due("a"))
    bench.clock.advance(11 * MINUTE)
    sweep = sweeper(bench)
    await sweep.turn()
    assert SWEEP_LAG.labels(sweep.name)._value.get() == 600
    await sweep.turn()
    assert SWEEP_LAG.labels(sweep.name)._value.get() == 0


async def test_set_again_under_its_id_changes_nothing_and_kinds_are_cancelled_alone(bench: Bench) -> None:
    timer = due("a", 1)
    await given(bench, timer, Timer("sign", "a", AT + MINUTE, {"n": 2}), due("b", 3))
    await given(bench, Timer("resolve", "a", AT + 99 * MINUTE, {}, timer.id))
    async with bench.db.transaction() as tx:
        await cancel(tx, ["a"], ["resolve"])
    bench.clock.advance(5 * MINUTE)
    await sweeper(bench).turn()
    assert await bench.effects() == {"a": [2], "b": [3]}
    async with bench.db.transaction() as tx:
        await cancel(tx, ["b", "nobody"])
    assert await bench.scalar("SELECT count(*) FROM timer WHERE state = 'cancelled'") == 1


async def test_what_was_rolled_back_never_was(bench: Bench) -> None:
    async def fails() -> None:
        async with bench.db.transaction() as tx:
            await set_timers(tx, [due("a")])
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await fails()
    assert await bench.scalar("SELECT count(*) FROM timer") == 0


async def test_two_sweepers_race_and_each_timer_fires_once(bench: Bench) -> None:
    await given(bench, *(due(f"k{n % 50:02}", n) for n in range(LIMIT * 2)))
    bench.clock.advance(5 * MINUTE)
    one, two, three = sweeper(bench), sweeper(bench, bench.database()), sweeper(bench, bench.database())
    for _ in range(3):
        await asyncio.gather(one.turn(), two.turn(), three.turn())
    fired = [n for numbers in (await bench.effects()).values() for n in numbers]
    assert sorted(fired) == list(range(LIMIT * 2))


async def test_a_person_and_the_sweeper_race_and_one_of_them_wins(bench: Bench) -> None:
    """The same lock order: whoever has the aggregate first decides, the other finds it decided."""
    for number in range(12):
        await given(bench, due(f"k{number:02}", number))
    bench.clock.advance(5 * MINUTE)
    acted: list[int] = []

    async def act(number: int) -> None:
        async with bench.db.transaction() as tx:
            await lock(tx, [f"k{number:02}"])
            pending = await tx.execute(
                text("SELECT count(*) FROM timer WHERE key = :k AND state = 'pending'"), {"k": f"k{number:02}"}
            )
            if pending.scalar_one():
                await cancel(tx, [f"k{number:02}"])
                acted.append(number)

    await asyncio.gather(*(act(number) for number in range(6)), sweeper(bench, bench.database()).turn(), act(7), act(9))
    fired = sorted(n for numbers in (await bench.effects()).values() for n in numbers)
    assert sorted([*fired, *acted]) == list(range(12))


async def test_a_bad_timer_does_not_stop_the_sweep_and_is_parked(bench: Bench) -> None:
    await given(bench, *(due(f"k{n:02}", n, bad=n in (3, 17)) for n in range(40)))
    bench.clock.advance(5 * MINUTE)
    sweep = sweeper(bench)
    await sweep.open()
    for _ in range(ATTEMPTS - 1):
        await sweep.turn()
    fired = sorted(n for numbers in (await bench.effects()).values() for n in numbers)
    assert fired == [n for n in range(40) if n not in (3, 17)]
    assert not await sweep.idle()
    await sweep.turn()
    assert await sweep.idle()
    assert await bench.scalar("SELECT count(*) FROM timer WHERE state = 'parked' AND attempts = :n", n=ATTEMPTS) == 2
    assert TIMERS_PARKED.labels(sweep.name)._value.get() == 2
    # Mended, they get their attempts again.
    await bench.run("UPDATE timer SET payload = payload - 'bad' WHERE key = 'k03'")
    async with bench.db.transaction() as tx:
        assert await unpark(tx, "k03") == 1
        assert await unpark(tx) == 1
    await sweep.turn()
    assert (await bench.effects())["k03"] == [3]


async def test_one_held_aggregate_keeps_nobody_else_waiting(bench: Bench) -> None:
    await given(bench, *(due(f"k{n:02}", n) for n in range(20)))
    bench.clock.advance(5 * MINUTE)
    sweep = sweeper(bench)
    sweep.patience = timedelta(milliseconds=60)
    other = bench.database()
    async with other.transaction() as held:
        await lock(held, ["k07"])
        await sweep.turn()
        fired = sorted(n for numbers in (await bench.effects()).values() for n in numbers)
        assert fired == [n for n in range(20) if n != 7]
    assert await bench.scalar("SELECT attempts FROM timer WHERE key = 'k07'") == 0
    await sweep.turn()
    assert (await bench.effects())["k07"] == [7]


async def test_a_million_open_clocks_cost_what_falls_due(bench: Bench) -> None:
    await bench.run(
        """INSERT INTO timer (id, kind, key, due_at) SELECT gen_random_uuid(), 'resolve', 'k' || n, :at
           FROM generate_series(1, 30000) AS n""",
        at=AT + timedelta(days=20),
    )
    plan = await bench.scalar(
        "EXPLAIN (FORMAT json) SELECT id, key FROM timer WHERE state = 'pending' AND due_at <= :now ORDER BY due_at, id LIMIT 500",
        now=AT,
    )
    assert "timer_due" in str(plan)
    assert "Seq Scan" not in str(plan)
