import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.kit.bus.kafka import KafkaBus, KafkaOptions
from services.kit.bus.port import Bus, BusUnavailable, Message, MessageTooLarge
from tests.contract.bus.suite import TOPIC, BusBehaviour, BusFactory, Member, Mortal, messages, until
from tests.servers.kafka import KafkaServer

pytestmark = pytest.mark.kafka


class TestKafka(BusBehaviour):
    @pytest.fixture
    def options(self, kafka_bootstrap: str) -> KafkaOptions:
        return KafkaOptions(kafka_bootstrap, prefix=f"t{uuid4().hex[:8]}.", lease=6.0)

    @pytest.fixture
    async def bus_factory(self, options: KafkaOptions) -> AsyncIterator[BusFactory]:
        made: list[Bus] = []

        async def factory() -> Bus:
            made.append(KafkaBus(options))
            await made[-1].start()
            return made[-1]

        yield factory
        for bus in made:
            await bus.stop()

    @pytest.fixture
    def address(self, options: KafkaOptions) -> list[str]:
        return ["kafka", options.bootstrap, options.prefix]

    @pytest.fixture
    async def mortal(self, kafka_server: KafkaServer) -> AsyncIterator[Mortal]:
        bus = KafkaBus(KafkaOptions(kafka_server.bootstrap, patience=3.0))
        yield Mortal(bus, kafka_server.kill, kafka_server.start)
        await bus.stop()

    @pytest.fixture
    async def dead_bus(self) -> Bus:
        return KafkaBus(KafkaOptions("127.0.0.1:9"))

    async def test_a_topic_with_a_smaller_limit_gets_smaller_batches(
        self, bus_factory: BusFactory, options: KafkaOptions
    ) -> None:
        admin = AIOKafkaAdminClient(**options.connection())
        await admin.start()
        narrow = {"max.message.bytes": "20000"}
        await admin.create_topics([NewTopic(options.prefix + TOPIC.name, 1, 1, topic_configs=narrow)])
        await admin.close()
        bus = await bus_factory()
        await bus.ensure_topics([TOPIC])
        waiting = [Message(TOPIC.name, "k", str(n).encode().ljust(30_000 if n == 5 else 6000), {}) for n in range(10)]
        large: list[Exception] = []
        async with asyncio.timeout(60):
            while waiting:
                results = await bus.publish(waiting)
                large += [result for result in results if isinstance(result, MessageTooLarge)]
                waiting = [m for m, r in zip(waiting, results, strict=True) if isinstance(r, BusUnavailable)]
        assert len(large) == 1
        member = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(member.records) >= 9, member)
        assert [int(record.value or b"") for record in member.records] == [0, 1, 2, 3, 4, 6, 7, 8, 9]
        await member.subscription.stop()

    async def test_a_stale_member_commits_nothing(self, bus_factory: BusFactory, options: KafkaOptions) -> None:
        bus, other = await self._ready(bus_factory), await bus_factory()
        await bus.publish(messages(40, keys=20))
        one = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(one.records) == 40, one, commit=False)
        held = dict.fromkeys(one.assigned, 1)
        two = await Member(other.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(one.assigned) == 2 and len(two.assigned) == 2, one, two, commit=False)
        await one.subscription.commit({tp: offset for tp, offset in held.items() if tp in two.assigned})
        await one.subscription.stop()
        await two.subscription.stop()
        third = await Member(other.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(third.records) >= 40, third)
        await third.subscription.stop()
