"""Every history up, down and up again on a real database, with rows in its tables, and no trace left below."""

import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from services.kit import migrate
from tests.integration.kit.bench import dsn

ROOT = Path(__file__).parents[2]
TABLES = """SELECT c.oid::regclass::text AS name, c.relkind::text AS kind FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY($1::text[]) AND c.relkind IN ('r', 'p', 'S', 'v', 'm') ORDER BY 1"""
COLUMNS = """SELECT table_schema || '.' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
    || ' ' || coalesce(column_default, '') AS said FROM information_schema.columns
    WHERE table_schema = ANY($1::text[]) AND table_name !~ '^outbox_[0-9]' ORDER BY 1"""
INDEXES = "SELECT indexdef AS said FROM pg_indexes WHERE schemaname = ANY($1::text[]) ORDER BY 1"
CHECKS = """SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) AS said FROM pg_constraint
    WHERE connamespace::regnamespace::text = ANY($1::text[]) ORDER BY 1"""
# What every service keeps for the kernel, and the kernel for itself: a row of each must not be in the way.
ROWS = {
    "outbox": "INSERT INTO {s}.outbox (topics, key, headers, value) VALUES ('{{t}}', 'k', '{{}}', 'x')",
    "inbox_offset": "INSERT INTO {s}.inbox_offset VALUES ('c', 't', 0, 1)",
    "inbox_key": "INSERT INTO {s}.inbox_key (consumer, topic, key, sequence) VALUES ('c', 't', 'k', 1)",
    "parked": """INSERT INTO {s}.parked (consumer, topic, partition, "offset", key, headers)
        VALUES ('c', 't', 0, 0, 'k', '{{}}')""",
    "timer": "INSERT INTO {s}.timer (id, kind, key, due_at) VALUES (gen_random_uuid(), 'k', 'k', now())",
    "api_key": "INSERT INTO kit.api_key VALUES ('i', 'n', 'admin', NULL, NULL, 'd', now(), NULL)",
    "holder": "INSERT INTO kit.holder VALUES ('s', 'p', true, '', 1, now())",
    "topic": "INSERT INTO bus.topic (name, compacted) VALUES ('t', false)",
}


def revisions(history: str) -> list[str]:
    """Oldest first."""
    script = ScriptDirectory.from_config(migrate.configuration("postgresql+asyncpg://", history))
    return [each.revision for each in script.walk_revisions()][::-1]


def schemas(history: str) -> list[str]:
    return [history, "bus"] if history == "kit" else [history]


async def look(url: str, history: str) -> dict[str, list[str]]:
    connection = await asyncpg.connect(dsn(url))
    try:
        found = {
            name: [row["said"] for row in await connection.fetch(statement, schemas(history))]
            for name, statement in {"columns": COLUMNS, "indexes": INDEXES, "checks": CHECKS}.items()
        }
        tables = await connection.fetch(TABLES, schemas(history))
        return found | {"tables": [f"{row['name']} {row['kind']}" for row in tables]}
    finally:
        await connection.close()


async def sow(url: str, history: str) -> list[str]:
    """A row into each table that takes one as it stands; says into which."""
    connection = await asyncpg.connect(dsn(url))
    sown: list[str] = []
    try:
        present = {row["name"].rpartition(".")[2] for row in await connection.fetch(TABLES, schemas(history))}
        for table, statement in ROWS.items():
            if table in present:
                await connection.execute(statement.format(s=history) + " ON CONFLICT DO NOTHING")
                sown.append(table)
        for row in await connection.fetch(TABLES, schemas(history)):
            table = row["name"]
            if row["kind"] in "rp" and table.rpartition(".")[2] not in (*ROWS, "alembic_version"):
                try:
                    async with connection.transaction():
                        await connection.execute(await filled(connection, table))
                    sown.append(table)
                except asyncpg.IntegrityConstraintViolationError:
                    continue  # refers to another row, or holds only certain words
    finally:
        await connection.close()
    return sown


async def filled(connection: asyncpg.Connection, table: str) -> str:
    """An INSERT with something plain in each column that must have a value."""
    plain = {
        "text": "'x'", "boolean": "true", "bytea": "'x'", "jsonb": "'{}'", "json": "'{}'", "uuid": "gen_random_uuid()",
        "timestamp with time zone": "now()", "date": "current_date", "interval": "'1 hour'", "text[]": "'{x}'",
    }  # fmt: skip
    columns = await connection.fetch(
        """SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
           WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull
             AND NOT atthasdef AND attidentity = ''""",
        table,
    )
    if not columns:
        return f"INSERT INTO {table} DEFAULT VALUES"
    names = ", ".join(f'"{row["name"]}"' for row in columns)
    values = ", ".join(plain.get(row["type"], "'{}'" if row["type"].endswith("[]") else "1") for row in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({values})"


@pytest.mark.parametrize("history", migrate.HISTORIES)
async def test_up_down_and_up_again_with_rows(empty_database_url: str, history: str) -> None:
    url = empty_database_url
    steps = revisions(history)
    assert steps, f"{history} has no migrations"
    if history != "kit":
        await asyncio.to_thread(migrate.upgrade, url, "kit")
    kernel = await look(url, "kit")
    await asyncio.to_thread(migrate.upgrade, url, history)
    head = await look(url, history)
    assert len(head["tables"]) > 1
    assert await sow(url, history)
    # One revision at a time down, each up again and down once more on the way.
    for revision, below in zip(reversed(steps), [*reversed(steps[:-1]), "base"], strict=True):
        await asyncio.to_thread(migrate.downgrade, url, history, below)
        await asyncio.to_thread(migrate.upgrade, url, history, revision)
        if revision == steps[-1]:
            await sow(url, history)
        await asyncio.to_thread(migrate.downgrade, url, history, below)
    left = [table for table in (await look(url, history))["tables"] if "alembic_version" not in table]
    assert left == []
    if history != "kit":
        assert await look(url, "kit") == kernel
    await asyncio.to_thread(migrate.upgrade, url, history)
    assert await look(url, history) == head
    assert await sow(url, history)


async def test_two_operators_at_once_and_one_waits(empty_database_url: str) -> None:
    """Two processes, because Alembic's context is one a process."""
    program = f"from services.kit import migrate; migrate.upgrade({empty_database_url!r}, 'kit')"
    running = [await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=ROOT) for _ in range(2)]
    assert [await process.wait() for process in running] == [0, 0]
    assert "kit.api_key r" in (await look(empty_database_url, "kit"))["tables"]
