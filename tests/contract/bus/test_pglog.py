import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from duoge.embedded.postgres import EmbeddedPostgres
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.pglog_ddl import create_schema_sql
from services.kit.bus.port import Bus, Message, TopicPartition, TopicSpec
from services.kit.clock import real_now
from tests.contract.bus.suite import TOPIC, BusBehaviour, BusFactory, Member, Mortal, messages, until


class TestPgLog(BusBehaviour):
    @pytest.fixture
    async def bus_factory(self, database_url: str) -> AsyncIterator[BusFactory]:
        made: list[Bus] = []

        async def factory() -> Bus:
            made.append(PgLogBus(database_url, lease=1.0))
            await made[-1].start()
            return made[-1]

        yield factory
        for bus in made:
            await bus.stop()

    @pytest.fixture
    def address(self, database_url: str) -> list[str]:
        return ["pglog", database_url]

    @pytest.fixture
    async def mortal(self) -> AsyncIterator[Mortal]:
        folder = Path(tempfile.mkdtemp(prefix="duoge-pg-"))
        await asyncio.to_thread(folder.chmod, 0o755)
        server = EmbeddedPostgres(folder)
        url = await asyncio.to_thread(server.start)
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        for statement in create_schema_sql():
            await connection.execute(statement)
        await connection.close()
        bus = PgLogBus(url, lease=1.0)

        def raise_again() -> None:
            server.release()
            server.start()

        yield Mortal(bus, server.kill, raise_again)
        await bus.stop()
        await asyncio.to_thread(server.stop)
        shutil.rmtree(folder)

    @pytest.fixture
    async def dead_bus(self) -> Bus:
        return PgLogBus("postgresql+asyncpg://duoge:x@127.0.0.1:9/duoge")

    async def test_a_silent_member_loses_its_partitions_and_its_commits(self, bus_factory: BusFactory) -> None:
        bus, other = await self._ready(bus_factory), await bus_factory()
        silent = await Member(bus.subscribe("g", [TOPIC.name])).start()
        await bus.publish(messages(40, keys=20))
        await until(lambda: len(silent.records) == 40, silent, commit=False)
        last = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in silent.records}
        # As a process that hangs: its heartbeat task no longer runs.
        silent.subscription._beating.cancel()  # type: ignore[attr-defined]
        heir = await Member(other.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(heir.assigned) == 4 and len(heir.records) == 40, heir, commit=False)
        await silent.subscription.commit(last)
        assert await silent.poll() == []
        assert not silent.assigned
        await heir.subscription.stop()
        await silent.subscription.stop()
        third = await Member(other.subscribe("g", [TOPIC.name])).start()
        await until(lambda: len(third.records) == 40, third)
        await third.subscription.stop()

    async def test_compaction_keeps_the_last_and_retention_drops_the_old(self, bus_factory: BusFactory) -> None:
        bus = await bus_factory()
        assert isinstance(bus, PgLogBus)
        kept = TopicSpec("duoge.grids", 1, compacted=True)
        old = TopicSpec("duoge.cases", 1, retention=timedelta(days=1))
        await bus.ensure_topics([kept, old])
        await bus.publish([Message(kept.name, f"k{n % 3}", str(n).encode(), {}) for n in range(30)])
        await bus.publish([Message(kept.name, "k9", None, {}), Message(old.name, "k", b"x", {})])
        await bus.housekeep(real_now())
        reader = await bus.read_all(kept.name)
        assert [record.value for record in await reader.poll(1)] == [b"27", b"28", b"29", None]
        assert await reader.caught_up()
        assert len(await (await bus.read_all(old.name)).poll(0)) == 1
        await bus.housekeep(real_now() + timedelta(days=2))
        reader = await bus.read_all(kept.name)
        assert [record.value for record in await reader.poll(1)] == [b"27", b"28", b"29"]
        assert await reader.caught_up()
        assert await (await bus.read_all(old.name)).poll(0) == []
        assert await bus.end_offsets(old.name) == {0: 1}

    async def test_offsets_that_were_emptied_hold_nobody_up(self, bus_factory: BusFactory) -> None:
        bus = await bus_factory()
        assert isinstance(bus, PgLogBus)
        topic = TopicSpec("duoge.cases", 1, retention=timedelta(days=1))
        await bus.ensure_topics([topic])
        await bus.publish([Message(topic.name, "k", b"old", {})] * 500)
        await bus.housekeep(real_now() + timedelta(days=2))
        await bus.publish([Message(topic.name, "k", b"new", {})])
        member = await Member(bus.subscribe("g", [topic.name])).start()
        assert await member.subscription.lag() == 501
        await until(lambda: len(member.records) == 1, member)
        found = member.records[0]
        assert (found.offset, found.value) == (500, b"new")
        assert await member.subscription.lag() == 0
        await member.subscription.stop()

    async def test_a_limit_starves_no_partition(self, bus_factory: BusFactory) -> None:
        bus = await self._ready(bus_factory)
        await bus.publish(messages(400, keys=40))
        member = await Member(bus.subscribe("g", [TOPIC.name])).start()
        for _ in range(4):
            await member.poll(max_records=7)
        assert {record.partition for record in member.records} == {0, 1, 2, 3}
        await member.subscription.stop()

    async def test_a_waiting_reader_is_woken_by_a_notice(self, bus_factory: BusFactory) -> None:
        bus, other = await self._ready(bus_factory), await bus_factory()
        reader = await bus.read_all(TOPIC.name)
        await reader.poll(0.1)
        watch = reader._watch  # type: ignore[attr-defined]
        waiting = asyncio.create_task(watch.wait(20))
        await other.publish(messages(1))
        await asyncio.wait_for(waiting, 5)
        assert watch.named == {TOPIC.name}
        assert len(await reader.poll(1)) == 1
        await reader.stop()
