"""Migrated databases for one test each, used again: putting one back as it was costs a tenth of copying the template.

After a test everything that it left is taken out: connections, rows, tables of its own, the state of sequences. A
database whose tables are not those of the template any more is dropped instead.
"""

from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg

# Deleting leaves dead rows behind: after this many tests a new copy is quicker.
MOST_USES = 40
_OURS = "nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'pristine')"
_TABLES = f"""SELECT nspname || '.' || relname AS name, string_agg(attname || ' ' || atttypid, ',' ORDER BY attnum) AS form
              FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid
              WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped AND {_OURS} GROUP BY 1"""
_SEQUENCES = f"SELECT schemaname || '.' || sequencename AS name, last_value FROM pg_sequences WHERE {_OURS}".replace(
    "nspname", "schemaname"
)
_KEEP = f"""DO $$ DECLARE t record; filled boolean; BEGIN
  CREATE SCHEMA pristine;
  FOR t IN SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
           WHERE relkind = 'r' AND {_OURS} LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %I.%I)', t.nspname, t.relname) INTO filled;
    IF filled THEN
      EXECUTE format('CREATE TABLE pristine.%I AS TABLE %I.%I', t.nspname || '.' || t.relname, t.nspname, t.relname);
    END IF;
  END LOOP;
END $$"""
_EMPTY = f"""DO $$ DECLARE t record; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR t IN SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
           WHERE relkind = 'r' AND {_OURS} LOOP
    EXECUTE format('DELETE FROM ONLY %I.%I', t.nspname, t.relname);
  END LOOP;
  FOR t IN SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
           WHERE relkind = 'r' AND nspname = 'pristine' LOOP
    EXECUTE format('INSERT INTO %I.%I OVERRIDING SYSTEM VALUE SELECT * FROM pristine.%I',
                   split_part(t.relname, '.', 1), split_part(t.relname, '.', 2), t.relname);
  END LOOP;
END $$"""
_ALONE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"

State = tuple[dict[str, str], dict[str, int | None]]
"""Table → its columns; sequence → its last value."""


@dataclass
class Databases:
    """`server` is a URL of the server, `template` the name of the migrated database that all are copies of."""

    server: str
    template: str
    _free: list[str] = field(default_factory=list)
    _uses: dict[str, int] = field(default_factory=dict)
    _pristine: State | None = None

    async def take(self) -> str:
        """The name of one that is as after migrating."""
        if self._pristine is None:
            self._pristine = await self._remember()
        if self._free:
            return self._free.pop()
        name = f"test_{uuid4().hex[:12]}"
        await self._on_server(f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY FILE_COPY")
        return name

    async def give_back(self, name: str) -> None:
        used = self._uses[name] = self._uses.get(name, 0) + 1
        if used < MOST_USES and await self._restored(name):
            self._free.append(name)
        else:
            await self._on_server(f"DROP DATABASE {name} WITH (FORCE)")

    async def _remember(self) -> State:
        connection = await asyncpg.connect(f"{self.server}/{self.template}")
        try:
            await connection.execute(_KEEP)
            return await _state(connection)
        finally:
            await connection.close()

    async def _restored(self, name: str) -> bool:
        connection = await asyncpg.connect(f"{self.server}/{name}")
        try:
            await connection.execute(_ALONE, name)
            tables, sequences = await _state(connection)
            assert self._pristine is not None
            before, values = self._pristine
            if any(tables.get(table) != form for table, form in before.items()) or sequences.keys() != values.keys():
                return False
            for extra in tables.keys() - before.keys():
                await connection.execute(f"DROP TABLE IF EXISTS {extra} CASCADE")
            await connection.execute(_EMPTY)
            for sequence, value in values.items():
                if sequences[sequence] != value:
                    again = "RESTART" if value is None else f"RESTART WITH {value + 1}"
                    await connection.execute(f"ALTER SEQUENCE {sequence} {again}")
            return True
        except asyncpg.PostgresError:
            return False
        finally:
            await connection.close()

    async def _on_server(self, statement: str) -> None:
        connection = await asyncpg.connect(f"{self.server}/postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def _state(connection: asyncpg.Connection) -> State:
    tables = {row["name"]: row["form"] for row in await connection.fetch(_TABLES)}
    return tables, {row["name"]: row["last_value"] for row in await connection.fetch(_SEQUENCES)}
