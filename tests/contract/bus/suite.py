"""What the house relies on from a bus, written once and run against every engine."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.kit.bus.port import Bus, BusUnavailable, Message, Record, Subscription, TopicPartition, TopicSpec

TOPIC = TopicSpec("duoge.orders", partitions=4)
BusFactory = Callable[[], Awaitable[Bus]]
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Mortal:
    """A bus whose server the test may kill and raise again; both block, so call them in a thread."""

    bus: Bus
    kill: Callable[[], None]
    raise_again: Callable[[], object]


@dataclass
class Member:
    """A group member that records what it was given and what was taken from it."""

    subscription: Subscription
    starts: Mapping[TopicPartition, int] | None = None
    assigned: set[TopicPartition] = field(default_factory=set)
    revoked: list[TopicPartition] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    async def start(self) -> "Member":
        await self.subscription.start(self._on_assigned, self._on_revoked)
        return self

    async def _on_assigned(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int] | None:
        self.assigned |= set(partitions)
        return {tp: self.starts[tp] for tp in partitions if tp in self.starts} if self.starts else None

    async def _on_revoked(self, partitions: list[TopicPartition]) -> None:
        self.assigned -= set(partitions)
        self.revoked += partitions

    async def poll(self, *, commit: bool = True, max_records: int = 500) -> list[Record]:
        polled = await self.subscription.poll(max_records, timeout=0.3)
        found = [record for records in polled.values() for record in records]
        self.records += found
        if commit and polled:
            await self.subscription.commit({tp: records[-1].offset + 1 for tp, records in polled.items()})
        return found


def messages(count: int, keys: int = 10, start: int = 0) -> list[Message]:
    return [
        Message(TOPIC.name, f"k{number % keys}", str(number).encode(), {"n": str(number)})
        for number in range(start, start + count)
    ]


async def until(condition: Callable[[], bool], *members: Member, seconds: float = 30.0, commit: bool = True) -> None:
    """Polls the members until the condition holds; a bounded wait, never a sleep."""
    async with asyncio.timeout(seconds):
        while not condition():
            for member in members:
                await member.poll(commit=commit)


def values(*members: Member) -> list[int]:
    return sorted(int(record.value or b"-1") for member in members for record in member.records)


class BusBehaviour:
    """Inherit and give `bus_factory`: each call is another client of the same, empty bus."""

    async def _ready(self, bus_factory: BusFactory) -> Bus:
        bus = await bus_factory()
        await bus.ensure_topics([TOPIC])
        return bus

    async def test_order_per_key_and_headers(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        for first in range(0, 300, 100):
            assert await bus.publish(messages(100, start=first)) == [None] * 100
        member = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(member.records) >= 300, member)
        assert values(member) == list(range(300))
        for key in {record.key for record in member.records}:
            numbers = [int(record.value or b"") for record in member.records if record.key == key]
            assert numbers == sorted(numbers)
        assert all(record.headers["n"].encode() == record.value for record in member.records)
        assert all(record.topic == TOPIC.name for record in member.records)
        assert len({record.partition for record in member.records}) > 1
        await member.subscription.stop()

    async def test_two_members_share_and_nothing_comes_twice(self, bus_factory: BusFactory) -> None:
        bus, other = await self._ready(bus_factory), await bus_factory()
        one, two = await asyncio.gather(
            Member(bus.subscribe("g", [TOPIC.name])).start(), Member(other.subscribe("g", [TOPIC.name])).start()
        )
        await until(lambda: len(one.assigned) == 2 and len(two.assigned) == 2, one, two)
        await bus.publish(messages(400, keys=40))
        await until(lambda: len(one.records) + len(two.records) >= 400, one, two)
        assert values(one, two) == list(range(400))
        assert one.records
        assert two.records
        await one.subscription.stop()
        await two.subscription.stop()

    async def test_a_member_that_leaves_hands_over(self, bus_factory: BusFactory) -> None:
        bus, other = await self._ready(bus_factory), await bus_factory()
        one = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await bus.publish(messages(100, keys=40))
        await until(lambda: len(one.records) == 100, one)
        two = await Member(other.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(one.assigned) == 2 and len(two.assigned) == 2, one, two)
        assert one.revoked
        await one.subscription.stop()
        await bus.publish(messages(100, keys=40, start=100))
        await until(lambda: len(two.assigned) == 4 and len(two.records) == 100, two)
        assert values(one, two) == list(range(200))
        await two.subscription.stop()

    async def test_what_was_not_committed_comes_again(self, bus_factory: BusFactory) -> None:
        bus, other = await self._ready(bus_factory), await bus_factory()
        await bus.publish(messages(50))
        one = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(one.records) == 50, one, commit=False)
        await one.subscription.stop()
        two = await Member(other.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(two.records) == 50, two)
        assert values(two) == list(range(50))
        await two.subscription.stop()

    async def test_our_offsets_win_over_the_broker(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        await bus.publish(messages(80, keys=40))
        ends = await bus.end_offsets(TOPIC.name)
        starts = {TopicPartition(TOPIC.name, number): end - 1 for number, end in ends.items()}
        member = await Member(bus.subscribe("g", [TOPIC.name]), starts).start()
        await until(lambda: len(member.records) >= 4, member)
        assert {(record.partition, record.offset) for record in member.records} == {
            (number, end - 1) for number, end in ends.items()
        }
        await member.subscription.stop()

    async def test_seek_replays_and_pause_holds_back(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        await bus.publish(messages(40, keys=20))
        member = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(member.records) == 40, member)
        held = TopicPartition(TOPIC.name, 0)
        await member.subscription.pause([held])
        for number in range(4):
            await member.subscription.seek(TopicPartition(TOPIC.name, number), 0)
        ends = await bus.end_offsets(TOPIC.name)
        await until(lambda: len(member.records) >= 80 - ends[0], member)
        assert not [record for record in await member.poll() if record.partition == 0]
        await member.subscription.resume([held])
        await until(lambda: len(member.records) >= 80, member)
        assert values(member) == sorted([*range(40), *range(40)])
        assert await member.subscription.lag() == 0
        await member.subscription.stop()

    async def test_read_all_sees_everything_catches_up_and_follows(self, bus_factory: BusFactory) -> None:
        bus = await bus_factory()
        await bus.ensure_topics([TopicSpec("duoge.grids", partitions=1, compacted=True)])
        await bus.publish([Message("duoge.grids", f"k{number}", b"v", {}) for number in range(30)])
        reader = await bus.read_all("duoge.grids")
        found: list[Record] = []
        async with asyncio.timeout(20):
            while not await reader.caught_up():
                found += await reader.poll(0.3)
        assert [record.key for record in found] == [f"k{number}" for number in range(30)]
        await bus.publish([Message("duoge.grids", "k3", None, {})])
        async with asyncio.timeout(20):
            while len(found) < 31:
                found += await reader.poll(0.3)
        assert found[-1].key == "k3"
        assert found[-1].value is None
        await reader.stop()

    async def test_too_large_fails_alone_and_unknown_topic_is_named(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        results = await bus.publish(
            [
                Message(TOPIC.name, "a", b"1", {}),
                Message(TOPIC.name, "a", b"x" * 2_000_000, {}),
                Message("duoge.unit.NOBODY", "a", b"2", {}),
                Message(TOPIC.name, "a", b"3", {}),
            ]
        )
        assert [type(result).__name__ for result in results] == [
            "NoneType",
            "MessageTooLarge",
            "UnknownTopic",
            "NoneType",
        ]
        with pytest.raises(Exception, match=r"duoge\.nothing"):
            await (await Member(bus.subscribe("g", ["duoge.nothing"])).start()).poll()

    async def test_a_large_batch_keeps_its_order(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        big = [Message(TOPIC.name, f"k{n % 3}", str(n).encode().ljust(9000), {}) for n in range(600)]
        assert await bus.publish(big) == [None] * 600
        member = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(member.records) >= 600, member)
        for key in ("k0", "k1", "k2"):
            numbers = [int(record.value or b"") for record in member.records if record.key == key]
            assert numbers == sorted(numbers)
        await member.subscription.stop()

    async def test_concurrent_publishers_lose_nothing(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        buses = [bus, await bus_factory(), await bus_factory()]
        member = await Member(bus.subscribe("g", [TOPIC.name])).start()

        async def publish(number: int) -> None:
            for first in range(0, 50, 10):
                sent = messages(10, keys=7, start=number * 50 + first)
                assert await buses[number % 3].publish(sent) == [None] * 10

        await asyncio.gather(
            *(publish(number) for number in range(20)), until(lambda: len(member.records) >= 1000, member)
        )
        assert values(member) == list(range(1000))
        await member.subscription.stop()

    async def test_topics_are_made_once_by_whoever_comes_first(self, bus_factory: BusFactory) -> None:
        buses = [await bus_factory() for _ in range(3)]
        await asyncio.gather(*(bus.ensure_topics([TOPIC, TopicSpec("duoge.cases", 2)]) for bus in buses))
        await buses[0].ensure_topics([TOPIC])
        assert len(await buses[1].end_offsets(TOPIC.name)) == 4
        assert len(await buses[2].end_offsets("duoge.cases")) == 2

    async def test_what_is_in_hand_is_finished_before_it_goes_to_another(self, bus_factory: BusFactory) -> None:
        bus, other = await self._ready(bus_factory), await bus_factory()
        await bus.publish(messages(100, keys=40))
        one = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(one.records) == 100, one, commit=False)
        two = await Member(other.subscribe("g", [TOPIC.name])).start()
        for _ in range(3):
            assert not await two.poll()
        assert len(one.assigned) == 4
        await one.subscription.commit(
            {
                tp: max(record.offset for record in one.records if record.partition == tp.partition) + 1
                for tp in one.assigned
            }
        )
        await until(lambda: len(one.assigned) == 2 and len(two.assigned) == 2, one, two)
        assert await one.poll() == []
        assert await two.poll() == []
        await one.subscription.stop()
        await two.subscription.stop()

    async def test_a_killed_member_is_replaced(self, bus_factory: BusFactory, address: list[str]) -> None:
        bus = await self._ready(bus_factory)
        await bus.publish(messages(60, keys=30))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.contract.bus.member", *address, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        async with asyncio.timeout(30):
            while (await process.stdout.readline()).split() != [b"4", b"60"]:
                pass
        process.kill()
        await process.wait()
        heir = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(heir.records) >= 60, heir)
        assert values(heir) == list(range(60))
        await heir.subscription.stop()

    async def test_a_group_can_begin_at_the_end(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        await bus.publish(messages(20, keys=20))
        member = await Member(bus.subscribe("g", [TOPIC.name], from_start=False)).start()
        await until(lambda: len(member.assigned) == 4, member)
        await member.poll()
        await bus.publish(messages(20, keys=20, start=20))
        await until(lambda: len(member.records) >= 20, member)
        assert values(member) == list(range(20, 40))
        await member.subscription.stop()

    async def test_trouble_with_our_offsets_comes_out_of_the_call_and_is_tried_again(
        self, bus_factory: BusFactory
    ) -> None:
        bus = await self._ready(bus_factory)
        await bus.publish(messages(20))
        trouble = [RuntimeError("our database is away")]
        subscription = bus.subscribe("g", [TOPIC.name])
        member = Member(subscription)

        async def assigned(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int] | None:
            if trouble:
                raise trouble.pop()
            return dict.fromkeys(partitions, 0)

        async def revoked(partitions: list[TopicPartition]) -> None: ...

        async def begin() -> None:
            await subscription.start(assigned, revoked)
            while True:
                assert not await member.poll()

        with pytest.raises(RuntimeError, match="our database"):
            await asyncio.wait_for(begin(), 20)
        await until(lambda: len(member.records) >= 20, member)
        assert values(member) == list(range(20))
        await subscription.stop()

    async def test_a_limit_on_a_poll_is_kept(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        await bus.publish(messages(400, keys=40))
        member = await Member(bus.subscribe("g", [TOPIC.name])).start()
        async with asyncio.timeout(20):
            while len(member.records) < 400:
                assert len(await member.poll(max_records=7)) <= 7
        assert values(member) == list(range(400))
        await member.subscription.stop()

    async def test_an_outage_is_unavailable_and_nothing_overtakes(self, mortal: Mortal) -> None:
        bus = mortal.bus
        await bus.ensure_topics([TOPIC])
        member = await Member(bus.subscribe("g", [TOPIC.name])).start()
        assert await bus.publish(messages(50)) == [None] * 50
        await until(lambda: len(member.records) >= 50, member)
        await asyncio.to_thread(mortal.kill)
        refused = await bus.publish(messages(50, start=50))
        assert all(isinstance(result, BusUnavailable) for result in refused)
        assert not await bus.healthy()

        async def go_on() -> None:
            while True:
                await member.subscription.poll(10, timeout=0.5)

        with pytest.raises(BusUnavailable):
            await asyncio.wait_for(go_on(), 40)
        await member.subscription.stop()
        raising = asyncio.create_task(asyncio.to_thread(mortal.raise_again))
        waiting = messages(50, start=50)
        async with asyncio.timeout(60):
            while waiting:
                results = await bus.publish(waiting)
                waiting = [message for message, result in zip(waiting, results, strict=True) if result is not None]
        await raising
        again = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: set(values(again)) >= set(range(50, 100)), again)
        # What was sent but not answered for may come twice; each first time is in order.
        for key in {record.key for record in again.records}:
            first = dict.fromkeys(int(record.value or b"") for record in again.records if record.key == key)
            assert list(first) == sorted(first)
        assert await bus.healthy()
        await again.subscription.stop()

    async def test_nobody_there_is_unavailable(self, dead_bus: Bus) -> None:
        assert not await dead_bus.healthy()
        assert isinstance((await dead_bus.publish(messages(1)))[0], BusUnavailable)
        with pytest.raises(BusUnavailable):
            await dead_bus.ensure_topics([TOPIC])
        with pytest.raises(BusUnavailable):
            await Member(dead_bus.subscribe("g", [TOPIC.name])).start()
        with pytest.raises(BusUnavailable):
            await dead_bus.read_all("duoge.grids")
        await dead_bus.stop()
