"""The group's rows in the database: who is alive, who holds which partition, how far each partition was handled."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import asyncpg

from services.kit.bus.pglog_wire import Wire, notice


class Members:
    """Seen through one member's eyes. `channel` is the name under which a notice tells of comings and goings.

    A claim is taken over only when its holder is no longer a member: it left, or its lease ran out.
    """

    def __init__(self, wire: Wire, group: str, me: UUID, lease: float) -> None:
        self._wire = wire
        self._group = group
        self._me = me
        self._lease = lease
        self.channel = f"@{group}"

    async def join(self) -> None:
        async with self._wire.connection() as connection:
            await self._beat_on(connection)
            await notice(connection, {self.channel})

    async def leave(self) -> None:
        async with self._wire.connection() as connection, connection.transaction():
            await connection.execute("DELETE FROM bus.claim WHERE name = $1 AND member = $2", self._group, self._me)
            await connection.execute("DELETE FROM bus.member WHERE name = $1 AND member = $2", self._group, self._me)
            await notice(connection, {self.channel})

    async def beat(self) -> None:
        async with self._wire.connection() as connection:
            await self._beat_on(connection)

    async def standing(self) -> tuple[list[UUID], set[int]]:
        """(the living in their order, with me among them; the partitions that are mine)."""
        async with self._wire.connection() as connection:
            await self._beat_on(connection)
            members = await connection.fetch(
                "SELECT member FROM bus.member WHERE name = $1 ORDER BY member", self._group
            )
            claims = await connection.fetch(
                "SELECT partition_id FROM bus.claim WHERE name = $1 AND member = $2", self._group, self._me
            )
        return sorted({self._me, *(row["member"] for row in members)}), {row["partition_id"] for row in claims}

    async def claim(self, wanted: Sequence[int], living: Sequence[UUID]) -> list[int]:
        """What was free, or held by nobody among the living."""
        async with self._wire.connection() as connection:
            rows = await connection.fetch(
                """INSERT INTO bus.claim AS held (name, partition_id, member)
                   SELECT $1, id, $2 FROM unnest($3::int[]) AS id ORDER BY id
                   ON CONFLICT (name, partition_id) DO UPDATE SET member = EXCLUDED.member
                     WHERE held.member = EXCLUDED.member OR held.member <> ALL ($4::uuid[])
                   RETURNING partition_id""",
                self._group,
                self._me,
                wanted,
                living,
            )
        return [row["partition_id"] for row in rows]

    async def release(self, given: Collection[int]) -> None:
        async with self._wire.connection() as connection:
            await connection.execute(
                "DELETE FROM bus.claim WHERE name = $1 AND member = $2 AND partition_id = ANY($3::int[])",
                self._group,
                self._me,
                list(given),
            )
            await notice(connection, {self.channel})

    async def stored(self, partitions: Sequence[int], from_start: bool) -> dict[int, int]:
        """The group's offset of each; without one, the beginning or (`from_start` false) the end."""
        async with self._wire.connection() as connection:
            rows = await connection.fetch(
                """SELECT p.id, coalesce(o.next_offset, CASE WHEN $3 THEN 0 ELSE p.next_offset END) AS following
                   FROM bus.partition AS p LEFT JOIN bus.group_offset AS o ON o.name = $1 AND o.partition_id = p.id
                   WHERE p.id = ANY($2::int[])""",
                self._group,
                partitions,
                from_start,
            )
        return {row["id"]: row["following"] for row in rows}

    async def commit(self, offsets: Mapping[int, int]) -> set[int]:
        """The partitions whose offset was taken. The claims are locked: an heir can't step in between."""
        async with self._wire.connection() as connection:
            rows = await connection.fetch(
                """WITH held AS MATERIALIZED (
                     SELECT partition_id FROM bus.claim
                     WHERE name = $1 AND member = $2 AND partition_id = ANY($3::int[])
                     ORDER BY partition_id FOR SHARE)
                   INSERT INTO bus.group_offset (name, partition_id, next_offset)
                   SELECT $1, held.partition_id, row.following FROM held
                   JOIN unnest($3::int[], $4::bigint[]) AS row (id, following) ON row.id = held.partition_id
                   ON CONFLICT (name, partition_id) DO UPDATE SET next_offset = EXCLUDED.next_offset
                   RETURNING partition_id""",
                self._group,
                self._me,
                list(offsets),
                list(offsets.values()),
            )
        return {row["partition_id"] for row in rows}

    async def _beat_on(self, connection: asyncpg.Connection) -> None:
        """Renews the lease, and buries those whose lease ran out."""
        await connection.execute(
            """INSERT INTO bus.member (name, member, seen_at) VALUES ($1, $2, clock_timestamp())
               ON CONFLICT (name, member) DO UPDATE SET seen_at = clock_timestamp()""",
            self._group,
            self._me,
        )
        gone = await connection.fetch(
            """DELETE FROM bus.member WHERE name = $1 AND seen_at < clock_timestamp() - make_interval(secs => $2)
               RETURNING member""",
            self._group,
            self._lease,
        )
        if gone:
            await notice(connection, {self.channel})
