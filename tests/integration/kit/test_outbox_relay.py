"""Outbox to bus: order per key, one leader, a failed send stops its partition, what can't be sent steps aside."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.kit import outbox
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus, BusUnavailable, Message, UnknownTopic
from services.kit.clock import real_now
from services.kit.contracts.topics import CASES, DEAD_LETTERS, ORDERS, unit_topic
from services.kit.metrics import OUTBOX_AGE
from services.kit.outbox import Copies
from services.kit.relay import Relay
from tests.integration.kit.bench import CASE, SCHEMA, Bench, event, events_of, until, write


@dataclass
class Stubborn:
    """A bus that refuses some keys or topics for a while, or forgets topics, as a broker in trouble does."""

    real: Bus
    refused: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    shut: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        results: list[Exception | None] = []
        for message in messages:
            if message.key in self.refused or message.topic in self.shut:
                results.append(BusUnavailable("refused"))
            elif message.topic in self.unknown:
                results.append(UnknownTopic(message.topic))
            else:
                results += await self.real.publish([message])
                self.sent.append(message.key)
        return results

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


async def test_order_per_key_across_many_concurrent_appenders(bench: Bench) -> None:
    relay = await bench.relay()
    keys = [f"k{number}" for number in range(12)]

    async def append(number: int) -> None:
        for turn in range(6):
            async with bench.db.transaction() as tx:
                await write(tx, bench.outbox, [keys[(number * 5 + turn * 7 + step) % 12] for step in range(4)])

    appending = asyncio.gather(*(append(number) for number in range(8)))
    while not appending.done():
        await relay.turn()
        await asyncio.sleep(0)
    await appending
    while await relay.turn():
        pass
    found: dict[str, list[int]] = {}
    for each in events_of(await bench.on(ORDERS.name)):
        found.setdefault(each.subject, []).append(each.sequence)
    assert sum(map(len, found.values())) == 8 * 6 * 4
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in found.values())


async def test_rows_of_one_statement_keep_their_order(bench: Bench) -> None:
    await bench.append(*(event("k", number) for number in range(1, 1001)))
    await bench.relayed()
    assert [e.sequence for e in events_of(await bench.on(ORDERS.name))] == list(range(1, 1001))


async def test_what_is_committed_late_under_a_lower_number_is_not_lost(bench: Bench) -> None:
    relay = await bench.relay()
    async with bench.db.transaction() as slow:
        await bench.outbox.append(slow, [event("slow", 1)])
        await bench.append(event("fast", 1))
        assert await relay.turn()
    assert await relay.turn()
    assert [e.subject for e in events_of(await bench.on(ORDERS.name))] in (["fast", "slow"], ["slow", "fast"])


async def test_nothing_leaves_before_the_commit_or_after_a_rollback(bench: Bench) -> None:
    async def fails() -> None:
        async with bench.db.transaction() as tx:
            await bench.outbox.append(tx, [event("k", 1)])
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fails()
    relay = await bench.relay()
    assert not await relay.turn()
    assert await bench.on(ORDERS.name) == []


async def test_two_relays_one_leader_and_the_other_takes_over(bench: Bench) -> None:
    one, two = await bench.relay(), await bench.relay(bench.database())
    await bench.append(event("k", 1))
    assert await one.turn()
    assert not await two.turn()
    assert (one.leads, two.leads) == (True, False)
    # As a killed process: its connection breaks off, with nothing said.
    assert one._leading is not None
    raw = await one._leading.get_raw_connection()
    assert raw.driver_connection is not None
    raw.driver_connection.terminate()
    await bench.append(event("k", 2))

    async def took_over() -> bool:
        return await two.turn() or two.leads

    await until(took_over)
    with pytest.raises(Exception, match="closed"):
        await one.turn()
    await one.close()
    await one.open()
    assert not await one.turn()
    while await two.turn():
        pass
    assert [e.sequence for e in events_of(await bench.on(ORDERS.name))] == [1, 2]


async def test_a_running_relay_survives_the_end_of_its_connections(bench: Bench) -> None:
    relay = Relay(SCHEMA, bench.db, bench.bus, timedelta(milliseconds=20))
    relay.start()
    await bench.append(event("k", 1))
    await until(lambda: relay.leads)
    await bench.scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND application_name LIKE 'duoge-%' AND datname = current_database()"
    )
    await bench.append(event("k", 2))
    await until(relay.idle)
    await until(lambda: relay.state().ok)
    await relay.stop()
    seen = dict.fromkeys(e.sequence for e in events_of(await bench.on(ORDERS.name)))
    assert list(seen) == [1, 2]


async def test_a_row_too_large_goes_to_dead_letters_and_blocks_nobody(bench: Bench) -> None:
    await bench.append(event("k", 1), event("k", 2, text="x" * 1_100_000), event("k", 3), event("other", 1))
    await bench.relayed()
    assert sorted((e.subject, e.sequence) for e in events_of(await bench.on(ORDERS.name))) == [
        ("k", 1),
        ("k", 3),
        ("other", 1),
    ]
    (dead,) = await bench.on(DEAD_LETTERS.name)
    assert dead.headers["x-topic"] == ORDERS.name
    assert dead.headers["ce_sequence"] == "2"
    assert int(dead.headers["x-bytes"]) > 1_000_000
    assert len(dead.value or b"") == 1000
    assert await bench.scalar("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0


async def test_a_failed_send_waits_with_its_age_and_the_rest_goes(bench: Bench) -> None:
    bus = Stubborn(bench.bus, refused={"stuck"})
    relay = await bench.relay(bus=bus)  # type: ignore[arg-type]
    await bench.append(event("stuck", 1), event("free", 1))
    with pytest.raises(BusUnavailable):
        await relay.turn()
    assert bus.sent == ["free"]
    with pytest.raises(BusUnavailable):
        await relay.turn()
    assert bus.sent == ["free"]
    age = OUTBOX_AGE.labels(SCHEMA)._value.get()
    assert 0 < age < 60
    bus.refused.clear()
    assert await relay.turn()
    assert bus.sent == ["free", "stuck"]
    assert not await relay.turn()
    assert OUTBOX_AGE.labels(SCHEMA)._value.get() == 0


async def test_many_topics_get_one_row_and_only_who_refused_is_tried_again(bench: Bench) -> None:
    bus = Stubborn(bench.bus, shut={unit_topic("B").name})
    relay = await bench.relay(bus=bus)  # type: ignore[arg-type]
    topics = [unit_topic(code).name for code in "ABC"]
    async with bench.db.transaction() as tx:
        await bench.outbox.append_copies(
            tx, [Copies(Message("", "case_1", b'{"n":%d}' % n, {}), topics) for n in (1, 2)]
        )
    assert await bench.scalar("SELECT count(*) FROM outbox") == 2
    with pytest.raises(BusUnavailable):  # topics of units are made when they are first written to
        await relay.turn()
    for _ in range(2):
        with pytest.raises(BusUnavailable):
            await relay.turn()
    assert {topic: len(await bench.on(topic)) for topic in (topics[0], topics[2])} == dict.fromkeys(topics[::2], 2)
    bus.shut.clear()
    while await _going(relay):
        pass
    for topic in topics:
        assert [record.value for record in await bench.on(topic)] == [b'{"n":1}', b'{"n":2}']
    # Asked for again, all of them get it again.
    async with bench.db.transaction() as tx:
        assert await outbox.republish(tx, real_now() - timedelta(days=1)) == 2
    await relay.turn()
    assert [len(await bench.on(topic)) for topic in topics] == [4, 4, 4]


async def _going(relay: Relay) -> bool:
    try:
        return await relay.turn()
    except BusUnavailable:
        return True


async def test_a_topic_of_ours_that_is_missing_is_made_and_no_event_is_buried(bench: Bench) -> None:
    topic = unit_topic("ZR-NEW").name
    relay = await bench.relay()
    message = Message(topic, "k", b"{}", {})
    async with bench.db.transaction() as tx:
        await bench.outbox.append_messages(tx, [message, Message("somebody.elses", "k", b"{}", {})])
    with pytest.raises(BusUnavailable):
        await relay.turn()
    assert await relay.turn()
    assert [record.key for record in await bench.on(topic)] == ["k"]
    (dead,) = await bench.on(DEAD_LETTERS.name)
    assert dead.headers["x-topic"] == "somebody.elses"
    # A broker that has forgotten a house topic for a moment is no reason to give events up either.
    bus = Stubborn(bench.bus, unknown={CASES.name})
    other = Relay("second", bench.db, bus)  # type: ignore[arg-type]
    await bench.opened(other)
    await bench.append(event("c", 1, CASE))
    with pytest.raises(BusUnavailable):
        await other.turn()
    bus.unknown.clear()
    assert await other.turn()
    assert len(await bench.on(CASES.name)) == 1
    assert len(await bench.on(DEAD_LETTERS.name)) == 1


async def test_large_rows_come_in_portions(bench: Bench) -> None:
    await bench.append(*(event("k", number, text="x" * 100_000) for number in range(1, 11)))
    async with bench.db.reading() as tx:
        assert len(await outbox.unpublished(tx, 100, most_bytes=250_000)) == 3
        assert len(await outbox.unpublished(tx, 100, most_bytes=1)) == 1
        assert len(await outbox.unpublished(tx, 2)) == 2
    await bench.relayed()
    assert len(await bench.on(ORDERS.name)) == 10


async def test_what_a_broker_lost_is_published_again(bench: Bench) -> None:
    before = real_now()
    await bench.append(event("k", 1), event("k", 2))
    await bench.relayed()
    async with bench.db.transaction() as tx:
        assert await outbox.republish(tx, real_now() + timedelta(hours=1)) == 0
        assert await outbox.republish(tx, before - timedelta(minutes=1)) == 2
    await bench.relayed()
    assert [e.sequence for e in events_of(await bench.on(ORDERS.name))] == [1, 2, 1, 2]


async def test_two_markers_of_the_same_rows_do_no_harm(bench: Bench) -> None:
    await bench.append(event("k", 1))
    other = bench.database()
    async with bench.db.transaction() as one:
        rows = await outbox.unpublished(one, 10)
        async with other.transaction() as two:
            await outbox.mark_published(two, await outbox.unpublished(two, 10))
        await outbox.mark_published(one, rows)
    assert await bench.scalar("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0


async def test_wake_comes_after_the_commit_only(bench: Bench) -> None:
    woken: list[int] = []
    box = outbox.Outbox(lambda: woken.append(1))
    async with bench.db.transaction() as tx:
        await box.append(tx, [event("k", 1)])
        await box.append(tx, [event("k", 2)])
        assert not woken
    assert woken == [1]
    assert isinstance(bench.bus, PgLogBus)
