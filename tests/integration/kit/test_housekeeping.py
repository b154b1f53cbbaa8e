"""Partitions made ahead and dropped whole, old rows deleted, and nothing that is still needed."""

import asyncio
from datetime import UTC, datetime, timedelta

from services.kit import outbox, outbox_parts
from services.kit.bus.port import Message
from services.kit.clock import real_now
from services.kit.contracts.topics import CASES, GRIDS, HOUSE, ORDERS
from services.kit.housekeeping import AHEAD, Housekeeping
from tests.integration.kit.bench import AT, SCHEMA, Bench, event, events_of

DAY = timedelta(days=1)


def keeper(bench: Bench, first: timedelta = timedelta(0)) -> Housekeeping:
    return Housekeeping(SCHEMA, bench.db, bench.bus, bench.clock, first=first)


async def parts(bench: Bench) -> list[str]:
    async with bench.db.reading() as tx:
        return [outbox_parts.name_of(day) for day in await outbox_parts.days(tx)]


async def age(bench: Bench, days: int) -> None:
    """Makes a partition of that many days ago, and moves what lies in the default one into it."""
    day = (real_now() - days * DAY).astimezone(UTC).date()
    for statement in outbox_parts.making(day):
        await bench.run(statement)
    await bench.run(
        """WITH moved AS (DELETE FROM outbox_rest RETURNING *)
           INSERT INTO outbox SELECT seq, :at, topics, key, headers, value, published_at FROM moved""",
        at=outbox_parts.start_of(day) + timedelta(hours=3),
    )


async def test_days_ahead_are_made_once_and_their_rows_go_there(bench: Bench) -> None:
    keep = keeper(bench)
    await keep.tidy()
    made = await parts(bench)
    assert len(made) == AHEAD
    # An event stands there as it comes: pressing it costs more than the room.
    assert await bench.scalar(f"SELECT reloptions::text FROM pg_class WHERE relname = '{made[0]}'") == (
        "{toast_tuple_target=8160}"
    )
    await keep.tidy()
    assert await parts(bench) == made
    await age(bench, 0)  # as if made yesterday
    await bench.append(event("k", 1))
    assert await bench.scalar("SELECT count(*) FROM outbox_rest") == 0
    assert await bench.scalar(f"SELECT count(*) FROM {(await parts(bench))[0]}") == 1
    await bench.relayed()
    assert len(await bench.on(ORDERS.name)) == 1


async def test_the_day_that_runs_is_left_where_it_began(bench: Bench) -> None:
    """An append on its way into the default partition would fail, were its day attached meanwhile."""
    await keeper(bench).tidy()
    assert outbox_parts.name_of((real_now()).astimezone(UTC).date()) not in await parts(bench)
    await bench.append(event("k", 1), event("k", 2))
    await bench.relayed()
    assert [e.sequence for e in events_of(await bench.on(ORDERS.name))] == [1, 2]


async def test_partitions_are_made_and_dropped_while_events_flow(bench: Bench) -> None:
    relay = await bench.relay()
    keep = keeper(bench)

    async def write() -> None:
        for number in range(1, 121):
            await bench.append(event("k", number))

    writing = asyncio.create_task(write())
    await keep.tidy()
    await writing
    while await relay.turn():
        pass
    await keep.tidy()
    assert [e.sequence for e in events_of(await bench.on(ORDERS.name))] == list(range(1, 121))
    assert len(await parts(bench)) == AHEAD


async def test_many_who_keep_house_at_once(bench: Bench) -> None:
    others = [Housekeeping(SCHEMA, bench.database(2), bench.bus, bench.clock) for _ in range(4)]
    await asyncio.gather(*(each.tidy() for each in others))
    assert len(await parts(bench)) == AHEAD


async def test_old_published_days_are_dropped_whole_and_waiting_ones_never(bench: Bench) -> None:
    await bench.append(event("k", 1))
    await bench.relayed()
    await age(bench, 9)
    await bench.append(event("k", 2))
    await age(bench, 8)
    await bench.append(event("k", 3))
    await bench.relayed()
    await bench.run("UPDATE outbox SET published_at = NULL WHERE headers->>'ce_sequence' = '2'")
    await age(bench, 3)
    nine, eight, three = await parts(bench)
    await keeper(bench).tidy()
    assert nine not in await parts(bench)
    assert {eight, three} <= set(await parts(bench))
    await bench.relayed()
    await keeper(bench).tidy()
    assert eight not in await parts(bench)
    assert [e.sequence for e in events_of(await bench.on(ORDERS.name))][-1] == 2
    assert await bench.scalar("SELECT count(*) FROM outbox") == 1


async def test_a_day_asked_for_again_at_the_last_moment_is_not_dropped(bench: Bench) -> None:
    await bench.append(event("k", 1))
    await bench.relayed()
    await age(bench, 9)
    day = (real_now() - 9 * DAY).astimezone(UTC).date()
    async with bench.db.transaction() as tx:
        assert await outbox.republish(tx, real_now() - 20 * DAY) == 1
    # As if it had been found all published a moment before.
    assert await keeper(bench)._alter(outbox_parts.dropping(day))
    assert outbox_parts.name_of(day) in await parts(bench)


async def test_a_busy_table_is_left_for_the_next_round(bench: Bench) -> None:
    keep = keeper(bench)
    other = bench.database()
    async with other.transaction() as held:
        await outbox.unpublished(held, 1)
        await keep.tidy()
        assert await parts(bench) == []
    await keep.tidy()
    assert len(await parts(bench)) == AHEAD


async def test_old_rows_of_the_default_partition_are_deleted(bench: Bench) -> None:
    await bench.append(event("k", 1), event("k", 2), event("k", 3))
    await bench.relayed()
    await bench.run("UPDATE outbox SET created_at = :at WHERE seq IN (1, 2)", at=real_now() - 30 * DAY)
    await bench.run("UPDATE outbox SET published_at = NULL WHERE seq = 2")
    await keeper(bench).tidy()
    assert await bench.scalar("SELECT array_agg(seq ORDER BY seq) FROM outbox") == [2, 3]


async def test_keys_are_forgotten_only_when_their_topic_can_not_bring_them_again(bench: Bench) -> None:
    await bench.run(
        """INSERT INTO inbox_key (consumer, topic, key, sequence, seen_at)
           SELECT 'stage', topic, key, 1, clock_timestamp() - age FROM unnest(
             CAST(:topics AS text[]), CAST(:keys AS text[]), CAST(:ages AS interval[])) AS r (topic, key, age)""",
        topics=[ORDERS.name, ORDERS.name, GRIDS.name, CASES.name],
        keys=["old", "young", "compacted", "old"],
        ages=[400 * DAY, 364 * DAY, 900 * DAY, 500 * DAY],
    )
    await keeper(bench).tidy()
    assert await bench.scalar("SELECT array_agg(key ORDER BY key) FROM inbox_key") == ["compacted", "young"]


async def test_timers_go_by_business_time_and_open_ones_stay(bench: Bench) -> None:
    await bench.run(
        """INSERT INTO timer (id, kind, key, due_at, state)
           SELECT gen_random_uuid(), 'k', state, :at, state FROM unnest(ARRAY['pending','fired','cancelled','parked']) AS state""",
        at=AT,
    )
    bench.clock.advance(29 * DAY)
    await keeper(bench).tidy()
    assert await bench.scalar("SELECT count(*) FROM timer") == 4
    bench.clock.advance(2 * DAY)
    await keeper(bench).tidy()
    assert await bench.scalar("SELECT array_agg(key ORDER BY key) FROM timer") == ["parked", "pending"]


async def test_the_log_is_kept_too(bench: Bench) -> None:
    await bench.bus.ensure_topics(HOUSE)
    await bench.bus.publish([Message(GRIDS.name, "a", str(n).encode(), {}) for n in range(5)])
    await keeper(bench).tidy()
    assert [record.value for record in await bench.on(GRIDS.name)] == [b"4"]


async def test_a_short_lived_process_keeps_no_house_and_a_wake_hurries_nothing(bench: Bench) -> None:
    keep = keeper(bench, first=timedelta(seconds=30))
    keep.wake()
    assert not await keep.turn()
    assert await parts(bench) == []
    soon = keeper(bench)
    await soon.turn()
    assert len(await parts(bench)) == AHEAD


def test_names_and_bounds() -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC).date()
    assert outbox_parts.name_of(day) == "outbox_20261123"
    assert outbox_parts.end_of(day) - outbox_parts.start_of(day) == DAY
