"""What the play takes of the machine, and its throwaway database: quick, and emptied of what has been passed on."""

import os
import resource
from pathlib import Path

from sqlalchemy import text

from tests.harness.whole import System

# Nobody misses this database: it need not survive the machine.
THROWN_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "2GB",
    "effective_cache_size": "6GB",
    "work_mem": "16MB",
    "jit": "off",
}
_PAGE = os.sysconf("SC_PAGE_SIZE")
# All but what is kept for ever: the fabric's entries and the checkpoints of the record.
_PASSED_ON = (
    """CREATE TEMP TABLE staying ON COMMIT DROP AS SELECT m.* FROM bus.message AS m
       JOIN bus.partition AS p ON p.id = m.partition_id
       WHERE p.topic NOT LIKE 'duoge.unit.%' AND p.topic NOT IN ('duoge.cases', 'duoge.orders')""",
    "TRUNCATE bus.message",
    "INSERT INTO bus.message SELECT * FROM staying",
)
_SIZES = text(
    """SELECT n.nspname || '.' || regexp_replace(c.relname, '_[0-9]{8}$|_rest$', '') AS name,
         sum(pg_total_relation_size(c.oid)) / 1000000 AS mb
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg_%' GROUP BY 1 HAVING sum(pg_total_relation_size(c.oid)) > 1000000
       ORDER BY 2 DESC"""
)


def memory_mb() -> int:
    """Of this process, now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE // 1_000_000


def processor_seconds() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime + resource.getrusage(resource.RUSAGE_SELF).ru_stime


def processor_seconds_of_children() -> float:
    """Of the database, once it has been stopped."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


async def sizes(town: System) -> dict[str, int]:
    """Tables over a megabyte → MB."""
    async with town.whole.services[0].db.reading() as tx:
        return {row.name: int(row.mb) for row in (await tx.execute(_SIZES)).all()}


async def empty_passed_on(town: System) -> None:
    """Outboxes and the log of the bus, once everybody has read all: a disk of this kind holds no quarter of them. The
    house itself keeps its outbox for a week and the log for as long as its topics say."""
    for service in town.whole.services:
        async with service.db.transaction() as tx:
            await tx.execute(text("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE"))
            if not (await tx.execute(text("SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"))).all():
                await tx.execute(text("TRUNCATE outbox"))
    async with town.whole.services[0].db.transaction() as tx:
        for statement in _PASSED_ON:
            await tx.execute(text(statement))
