"""Bus to handler: effects once and in order, poison parked, what waits behind it tried again, trouble waited out."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import TextClause, text

from services.kit import parked
from services.kit.bus.port import BusUnavailable, Message, Record, TopicPartition
from services.kit.consumer import Consumer, in_waves
from services.kit.contracts.envelope import Event, to_message
from services.kit.contracts.topics import DEAD_LETTERS, HOUSE, ORDERS
from services.kit.db import Tx
from services.kit.metrics import CONSUMED, GAPS, LAG, PARKED
from services.kit.tx import Result
from tests.integration.kit.bench import SCHEMA, Bench, event, record_effects

NAME = f"{SCHEMA}.consumer"


async def publish(bench: Bench, *events: Event) -> None:
    await bench.bus.ensure_topics(HOUSE)
    sent = [to_message(each, ORDERS.name) for each in events]
    assert await bench.bus.publish(sent) == [None] * len(sent)


class Choosy:
    """Handles what it can; `fails` says which events are at fault, and may be mended later."""

    def __init__(self, fails: Mapping[tuple[str, int], Exception]) -> None:
        self.fails = dict(fails)
        self.calls = 0

    async def __call__(self, tx: Tx, events: list[Event]) -> None:
        self.calls += 1
        await record_effects(tx, events)
        for each in events:
            if (each.subject, each.sequence) in self.fails:
                raise self.fails[each.subject, each.sequence]


async def test_a_batch_is_one_transaction_and_in_order(bench: Bench) -> None:
    sizes: list[int] = []

    async def handle(tx: Tx, events: list[Event]) -> None:
        sizes.append(len(events))
        await record_effects(tx, events)

    await publish(bench, *(event(f"k{n % 7}", n // 7 + 1) for n in range(420)))
    consumer = await bench.consumer(handle)
    await bench.consumed(consumer)
    assert await bench.effects() == {f"k{n}": list(range(1, 61)) for n in range(7)}
    assert len(sizes) == 1


async def test_redelivery_and_doubles_have_no_second_effect(bench: Bench) -> None:
    await publish(bench, event("k", 1), event("k", 1), event("k", 2), event("k", 1))
    consumer = await bench.consumer()
    await bench.consumed(consumer)
    # Once more by offset, as after a crash before the bus heard of it, and once more by a relay that sent it again.
    await consumer.close()
    await bench.run("UPDATE inbox_offset SET next_offset = 0")
    await publish(bench, event("k", 2), event("k", 3))
    again = await bench.consumer()
    await bench.consumed(again)
    assert await bench.effects() == {"k": [1, 2, 3]}


async def test_a_gap_is_counted_and_what_comes_late_loses(bench: Bench) -> None:
    before = GAPS.labels(NAME)._value.get()
    await publish(bench, event("k", 1), event("k", 3), event("k", 2), event("k", 4))
    await bench.consumed(await bench.consumer())
    assert await bench.effects() == {"k": [1, 3, 4]}
    assert GAPS.labels(NAME)._value.get() == before + 1


async def test_a_newer_neighbours_types_are_passed_over_without_a_gap(bench: Bench) -> None:
    before = GAPS.labels(NAME)._value.get()
    await publish(bench, event("k", 1), event("k", 2, "duoge.order.teleported.v9"), event("k", 3))
    await bench.consumed(await bench.consumer())
    assert await bench.effects() == {"k": [1, 3]}
    assert GAPS.labels(NAME)._value.get() == before


async def test_poison_is_found_parked_with_what_follows_it_and_goes_on_in_order(bench: Bench) -> None:
    poison = Choosy({("k3", 2): ValueError("broken")})
    await publish(bench, *(event(f"k{n % 5}", n // 5 + 1) for n in range(100)))
    consumer = await bench.consumer(poison)
    await bench.consumed(consumer)
    expected = {f"k{n}": list(range(1, 21)) for n in range(5)}
    assert await bench.effects() == expected | {"k3": [1]}
    # Halving, not one by one; and what came out of failed halves left nothing behind.
    assert poison.calls < 60
    await publish(bench, event("k3", 21), event("k4", 21))
    await bench.consumed(consumer)
    assert (await bench.effects())["k4"] == list(range(1, 22))
    async with bench.db.reading() as tx:
        waiting = await parked.listing(tx, consumer, 1000)
    assert [row.key for row in waiting] == ["k3"] * 20
    assert waiting[0].error == "ValueError('broken')"
    assert {row.error for row in waiting[1:]} == {None}
    await consumer.count_parked()
    assert PARKED.labels(NAME)._value.get() == 20
    await bench.relayed()
    (dead,) = await bench.on(DEAD_LETTERS.name)
    assert (dead.key, dead.headers["x-topic"], dead.headers["x-from"]) == ("k3", ORDERS.name, NAME)

    with pytest.raises(parked.StillFailing, match="broken"):
        await parked.retry(bench.db, consumer, ORDERS.name, "k3")
    assert (await bench.effects())["k3"] == [1]
    poison.fails.clear()
    assert await parked.retry(bench.db, consumer, ORDERS.name, "k3") == 20
    assert (await bench.effects())["k3"] == list(range(1, 22))
    assert PARKED.labels(NAME)._value.get() == 0
    assert await parked.retry(bench.db, consumer, ORDERS.name, "k3") == 0
    await publish(bench, event("k3", 22))
    await bench.consumed(consumer)
    assert (await bench.effects())["k3"] == list(range(1, 23))


async def test_what_can_never_be_handled_is_given_up_and_the_rest_goes_on(bench: Bench) -> None:
    await publish(bench, event("k", 1), event("k", 2), event("k", 3))
    consumer = await bench.consumer(Choosy({("k", 1): ValueError("for ever")}))
    await bench.consumed(consumer)
    assert await parked.skip(bench.db, consumer, ORDERS.name, "k") == 3
    assert await bench.effects() == {"k": [2, 3]}


async def test_strangers_records_step_aside(bench: Bench) -> None:
    await bench.bus.ensure_topics(HOUSE)
    fine = to_message(event("fine", 1), ORDERS.name)
    odd = [
        Message(ORDERS.name, "odd", None, {}),
        Message(ORDERS.name, "odd", b"\xff\xfe", {"ce_type": "x"}),
        Message(ORDERS.name, "big", b"{}", dict(fine.headers) | {"ce_subject": "big", "ce_sequence": str(2**80)}),
        Message(ORDERS.name, "deep", b"[" * 50_000, dict(fine.headers) | {"ce_subject": "deep"}),
    ]
    assert await bench.bus.publish([*odd, fine]) == [None] * 5
    consumer = await bench.consumer()
    await bench.consumed(consumer, 40)
    assert await bench.effects() == {"fine": [1]}
    assert await bench.scalar("SELECT count(*) FROM parked") == 4


async def test_two_retries_at_once_handle_once(bench: Bench) -> None:
    choosy = Choosy({("k", 1): ValueError("x")})
    await publish(bench, event("k", 1), event("k", 2))
    consumer = await bench.consumer(choosy)
    await bench.consumed(consumer)
    choosy.fails.clear()
    done = await asyncio.gather(*(parked.retry(bench.db, consumer, ORDERS.name, "k") for _ in range(3)))
    assert sorted(done) == [0, 0, 2]
    assert await bench.effects() == {"k": [1, 2]}


async def test_unparking_and_live_events_of_one_key_keep_their_order(bench: Bench) -> None:
    choosy = Choosy({("k", 1): ValueError("x")})
    await publish(bench, event("k", 1), event("k", 2))
    consumer = await bench.consumer(choosy)
    await bench.consumed(consumer)
    choosy.fails.clear()
    await publish(bench, event("k", 3))
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx, events: list[Event]) -> None:
        entered.set()
        await go_on.wait()
        await record_effects(tx, events)

    consumer._handle = slow
    retrying = asyncio.create_task(parked.retry(bench.db, consumer, ORDERS.name, "k"))
    await entered.wait()
    live = asyncio.create_task(bench.consumed(consumer))
    done, _ = await asyncio.wait({live}, timeout=0.7)
    assert not done  # waits for the row that un-parking holds
    go_on.set()
    assert await retrying == 2
    await live
    assert await bench.effects() == {"k": [1, 2, 3]}


async def test_two_members_with_the_same_batch_take_effect_once(bench: Bench) -> None:
    """The offset's compare-and-set: as when a partition has gone to another while its first owner was still at it."""
    await publish(bench, *(event("k", n) for n in range(1, 51)))
    one, two = await bench.consumer(), await bench.consumer()
    records = await bench.on(ORDERS.name)
    await asyncio.gather(one._process(records), two._process(records), one._process(records[:20]))
    assert await bench.effects() == {"k": list(range(1, 51))}


async def test_parking_what_another_member_has_handled_is_left(bench: Bench) -> None:
    await publish(bench, event("k", 1), event("k", 2))
    choosy = Choosy({("k", 1): ValueError("only here")})
    one, two = await bench.consumer(choosy), await bench.consumer()
    records = await bench.on(ORDERS.name)
    original = one._once

    async def overtaken(given: list[object]) -> None:
        try:
            await original(given)  # type: ignore[arg-type]
        finally:
            await two._process(records)

    one._once = overtaken  # type: ignore[method-assign,assignment]
    await one._process(records[:1])
    assert await bench.effects() == {"k": [1, 2]}
    assert await bench.scalar("SELECT count(*) FROM parked") == 0
    assert await bench.scalar("SELECT max(next_offset) FROM inbox_offset") == 2


async def test_trouble_of_the_infrastructure_parks_nothing(bench: Bench) -> None:
    troubles: list[Exception] = [BusUnavailable("away"), ConnectionResetError(), TimeoutError(), OSError(28, "full")]

    async def handle(tx: Tx, events: list[Event]) -> None:
        if troubles:
            raise troubles.pop()
        await record_effects(tx, events)

    await publish(bench, event("k", 1), event("k", 2))
    consumer = Consumer(SCHEMA, bench.db, bench.bus, bench.outbox, [ORDERS.name], handle)
    consumer.start()
    seen_red = False
    async with asyncio.timeout(20):
        while not await consumer.idle():
            seen_red = seen_red or not consumer.state().ok
            await asyncio.sleep(0.01)
    await consumer.stop()
    assert seen_red
    assert await bench.effects() == {"k": [1, 2]}
    assert await bench.scalar("SELECT count(*) FROM parked") == 0


async def test_a_table_that_is_not_there_yet_parks_nothing(bench: Bench) -> None:
    async def handle(tx: Tx, events: list[Event]) -> None:
        await tx.execute(text("INSERT INTO not_migrated VALUES (1)"))

    await publish(bench, event("k", 1))
    consumer = await bench.consumer(handle)
    with pytest.raises(Exception, match="not_migrated"):
        await consumer.turn()
    assert await bench.scalar("SELECT count(*) FROM parked") == 0
    await consumer.close()
    await bench.run("CREATE TABLE not_migrated (x int)")
    await consumer.open()
    await bench.consumed(consumer)
    assert await bench.scalar("SELECT count(*) FROM not_migrated") == 1


async def test_a_deadlock_is_gone_through_again(bench: Bench) -> None:
    class Deadlocked(Exception):
        sqlstate = "40P01"

    first = [Deadlocked()]

    async def handle(tx: Tx, events: list[Event]) -> None:
        await record_effects(tx, events)
        if first:
            raise first.pop()

    await publish(bench, event("k", 1))
    consumer = await bench.consumer(handle)
    await bench.consumed(consumer)
    assert await bench.effects() == {"k": [1]}


async def test_a_log_that_is_shorter_than_our_offset_is_read_anew(bench: Bench) -> None:
    await publish(bench, event("k", 1), event("k", 2))
    consumer = await bench.consumer()
    await bench.consumed(consumer)
    await consumer.close()
    # A broker restored from a time before the second event, which its owner then published again with a third.
    await bench.run("UPDATE inbox_offset SET next_offset = 1000 WHERE next_offset > 0")
    await publish(bench, event("k", 2), event("k", 3))
    again = await bench.consumer()
    await bench.consumed(again)
    assert await bench.effects() == {"k": [1, 2, 3]}


async def test_lag_and_outcomes_are_told(bench: Bench) -> None:
    await publish(bench, *(event("k", n) for n in range(1, 601)))
    consumer = await bench.consumer()
    before = CONSUMED.labels(NAME, "handled")._value.get()
    async with asyncio.timeout(10):
        while CONSUMED.labels(NAME, "handled")._value.get() == before:
            await consumer.turn()
    assert LAG.labels(NAME)._value.get() == 100
    await bench.consumed(consumer)
    consumer._measured = 0.0
    await consumer.turn()
    assert LAG.labels(NAME)._value.get() == 0


async def test_assignment_begins_where_our_own_rows_say(bench: Bench) -> None:
    await bench.bus.ensure_topics(HOUSE)
    await publish(bench, *(event("k", n) for n in range(1, 11)))
    (partition,) = {record.partition for record in await bench.on(ORDERS.name)}
    await bench.run("INSERT INTO inbox_offset VALUES (:c, :t, :p, 7)", c=SCHEMA, t=ORDERS.name, p=partition)
    consumer = await bench.consumer()
    assert (await consumer._assigned([TopicPartition(ORDERS.name, partition)])) == {
        TopicPartition(ORDERS.name, partition): 7
    }
    await bench.consumed(consumer)
    assert await bench.effects() == {"k": [8, 9, 10]}


def test_waves_take_the_first_of_each_then_the_second() -> None:
    given = [event("a", 1), event("a", 2), event("b", 1), event("a", 3), event("b", 2)]
    waves = [[(e.subject, e.sequence) for e in wave] for wave in in_waves(given)]
    assert waves == [[("a", 1), ("b", 1)], [("a", 2), ("b", 2)], [("a", 3)]]
    assert in_waves([]) == []


async def test_a_batch_costs_as_many_statements_as_one_event(bench: Bench) -> None:
    async def nothing(tx: Tx, events: list[Event]) -> None:
        """The kernel's own statements are what is counted."""

    consumer = await bench.consumer(nothing)
    await bench.consumed(consumer)
    spent = []
    for size in (1, 300):
        asked: list[str] = []

        class Counting(Tx):
            async def execute(self, statement: TextClause, parameters: Any = MappingProxyType({})) -> Result:
                asked.append(statement.text)  # noqa: B023 - used in this round only
                return await super().execute(statement, parameters)

        sent = [to_message(event(f"{size}-{n}", 1), ORDERS.name) for n in range(size)]
        records = [Record(ORDERS.name, 0, size + n, m.key, m.value, m.headers) for n, m in enumerate(sent)]
        async with bench.db.transaction() as tx:
            await consumer._within(Counting(tx.driver, tx.after), records)
        spent.append(len(asked))
    # The partition's row is made with its first event.
    assert spent == [5, 3]
