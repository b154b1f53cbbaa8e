"""Consumer groups on the log: members hold leases on real time, a partition has one owner, a stale owner is refused."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID, uuid4

import structlog

from services.kit.bus.pglog_members import Members
from services.kit.bus.pglog_reader import POLL_EVERY, fetch
from services.kit.bus.pglog_wire import Wire
from services.kit.bus.port import Assigned, BusUnavailable, Record, Revoked, TopicPartition, UnknownTopic

log = structlog.get_logger()
PartitionsOf = Callable[[Sequence[str]], Awaitable[Mapping[str, list[int]]]]


class LogSubscription:
    """One member. Membership is looked at now and then and whenever a member comes or goes, always inside `poll`:
    so what the last poll gave is finished before a partition goes to another.

    A heartbeat task keeps the lease while a batch is worked on; a process that hangs loses its partitions.
    """

    def __init__(
        self, wire: Wire, group: str, topics: Sequence[str], lease: float, from_start: bool, partitions_of: PartitionsOf
    ) -> None:
        self._wire = wire
        self._group = group
        self._topics = sorted(topics)
        self._lease = lease
        self._from_start = from_start
        self._partitions_of = partitions_of
        self._member: UUID = uuid4()
        self._members = Members(wire, group, self._member, lease)
        self._names: dict[int, TopicPartition] = {}
        self._ids: dict[TopicPartition, int] = {}
        self._positions: dict[int, int] = {}
        self._paused: set[int] = set()
        self._look_at = 0.0
        self._watch = wire.watch(frozenset({*topics, self._members.channel}))
        self._beating: asyncio.Task[None] | None = None

    async def start(self, on_assigned: Assigned, on_revoked: Revoked) -> None:
        self._on_assigned, self._on_revoked = on_assigned, on_revoked
        known = await self._partitions_of(self._topics)
        if len(known) < len(self._topics):
            raise UnknownTopic("、".join(sorted(set(self._topics) - set(known))))
        for topic, ids in known.items():
            for number, identifier in enumerate(ids):
                self._names[identifier] = TopicPartition(topic, number)
                self._ids[TopicPartition(topic, number)] = identifier
        await self._members.join()
        self._beating = asyncio.create_task(self._keep_beating())
        await self._coordinate()

    async def stop(self) -> None:
        """Finishes with what it holds, then leaves: the others need not wait for the lease."""
        self._wire.unwatch(self._watch)
        beating, self._beating = self._beating, None
        if beating is not None:
            beating.cancel()
            await asyncio.wait({beating})
        held, self._positions = list(self._positions), {}
        try:
            if held:
                await self._on_revoked([self._names[each] for each in held])
        finally:
            with contextlib.suppress(BusUnavailable):
                await self._members.leave()

    async def poll(self, max_records: int, timeout: float) -> dict[TopicPartition, list[Record]]:
        deadline = time.monotonic() + timeout
        while True:
            if self._members.channel in self._watch.named or time.monotonic() >= self._look_at:
                self._look_at = 0.0
                self._watch.clear()
                await self._coordinate()
            self._watch.clear(keep=self._members.channel)
            found = await self._read(max_records)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            await self._watch.wait(min(left, POLL_EVERY))

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """A member that lost a partition commits nothing for it, and looks at its standing at the next poll."""
        wanted = {self._ids[tp]: offset for tp, offset in offsets.items()}
        done = await self._members.commit(wanted)
        if len(done) < len(wanted):
            refused = sorted(self._names[each] for each in wanted.keys() - done)
            log.info(
                "bus.commit_refused", group=self._group, partitions=[f"{tp.topic}/{tp.partition}" for tp in refused]
            )
            self._look_at = 0.0

    async def seek(self, tp: TopicPartition, offset: int) -> None:
        if self._ids[tp] in self._positions:
            self._positions[self._ids[tp]] = offset

    async def pause(self, partitions: Sequence[TopicPartition]) -> None:
        self._paused |= {self._ids[tp] for tp in partitions} & self._positions.keys()

    async def resume(self, partitions: Sequence[TopicPartition]) -> None:
        self._paused -= {self._ids[tp] for tp in partitions}

    async def lag(self) -> int:
        if not self._positions:
            return 0
        async with self._wire.connection() as connection:
            rows = await connection.fetch(
                "SELECT id, next_offset FROM bus.partition WHERE id = ANY($1::int[])", list(self._positions)
            )
        return sum(max(0, row["next_offset"] - self._positions.get(row["id"], row["next_offset"])) for row in rows)

    async def _read(self, limit: int) -> dict[TopicPartition, list[Record]]:
        positions = {each: at for each, at in self._positions.items() if each not in self._paused}
        if not positions:
            return {}
        async with self._wire.connection() as connection:
            found, following = await fetch(connection, positions, self._names, limit)
        # Who was served goes to the end of the line, so that a limit never starves another partition.
        for identifier, offset in following.items():
            del self._positions[identifier]
            self._positions[identifier] = offset
        return {self._names[identifier]: records for identifier, records in found.items()}

    async def _coordinate(self) -> None:
        """Give back what is another's now, then claim what is ours and free."""
        members, mine = await self._members.standing()
        share = share_of(sorted(self._names), members, self._member)
        lost = [each for each in self._positions if each not in share or each not in mine]
        for each in lost:
            del self._positions[each]
            self._paused.discard(each)
        if lost:
            await self._on_revoked([self._names[each] for each in lost])
        if mine - share:
            await self._members.release(mine - share)
        wanted = share - self._positions.keys()
        if wanted:
            claimed = await self._members.claim(sorted(wanted), members)
            if claimed:
                stored = await self._members.stored(claimed, self._from_start)
                ours = await self._on_assigned([self._names[each] for each in claimed]) or {}
                self._positions |= {each: ours.get(self._names[each], stored[each]) for each in claimed}
        self._look_at = time.monotonic() + self._lease / 3

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(self._lease / 4)
            try:
                await self._members.beat()
            except BusUnavailable as error:
                log.info("bus.lease_not_renewed", group=self._group, error=str(error))


def share_of(partitions: Sequence[int], members: Sequence[UUID], me: UUID) -> set[int]:
    """Every partition to one member, evenly, the same for whoever works it out."""
    return {each for place, each in enumerate(partitions) if members[place % len(members)] == me}
