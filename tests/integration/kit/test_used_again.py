"""A test's database given to the next test holds nothing of the first."""

import asyncpg

from tests.servers.databases import Databases


async def test_nothing_of_the_last_test_is_left(databases: Databases) -> None:
    name = await databases.take()
    before = await _told(databases, name)
    guest = await asyncpg.connect(f"{databases.server}/{name}")
    await guest.execute("CREATE TABLE intake.left_behind (x int)")
    await guest.execute("DELETE FROM intake.alembic_version; INSERT INTO dispatch.alembic_version VALUES ('9999')")
    await guest.execute("SELECT setval(s.oid, 1000) FROM pg_class s WHERE relkind = 'S'")
    assert await _told(databases, name) != before
    await databases.give_back(name)  # its guest is put out
    assert guest.is_closed() or not await _lives(guest)
    assert await databases.take() == name
    assert await _told(databases, name) == before
    await databases.give_back(name)


async def test_one_whose_tables_changed_is_not_used_again(databases: Databases) -> None:
    name = await databases.take()
    connection = await asyncpg.connect(f"{databases.server}/{name}")
    await connection.execute("ALTER TABLE intake.alembic_version ADD COLUMN more int")
    await connection.close()
    await databases.give_back(name)
    other = await databases.take()
    assert other != name
    await databases.give_back(other)


async def _told(databases: Databases, name: str) -> dict[str, object]:
    """Every table with its rows, every sequence with where it stands."""
    connection = await asyncpg.connect(f"{databases.server}/{name}")
    try:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname NOT IN ('information_schema', 'pristine')"
        )
        rows: dict[str, object] = {
            table["name"]: sorted(map(repr, await connection.fetch(f"SELECT * FROM {table['name']}")))
            for table in tables
        }
        for row in await connection.fetch("SELECT sequencename, last_value FROM pg_sequences"):
            rows[row["sequencename"]] = row["last_value"]
        return rows
    finally:
        await connection.close()


async def _lives(connection: asyncpg.Connection) -> bool:
    try:
        await connection.execute("SELECT 1")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return False
    return True
