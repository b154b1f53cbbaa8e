"""Alembic for several histories in one database: a schema each, its version table inside it."""

import asyncio
from importlib.resources import files
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

# kit first: the others' tables refer to nothing in it, but their processes do.
HISTORIES = ("kit", "grids", "intake", "dispatch", "notify", "console")
_LOCK = 0x6475_6F67  # "duog": two operators who migrate at once wait for each other


def configuration(url: str, history: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files(f"services.{history}") / "migrations"))
    config.attributes["url"] = url
    config.attributes["history"] = history
    return config


def upgrade(url: str, history: str, revision: str = "head") -> None:
    """Blocking; call it in a thread from a running loop."""
    command.upgrade(configuration(url, history), revision)


def downgrade(url: str, history: str, revision: str) -> None:
    command.downgrade(configuration(url, history), revision)


def run() -> None:
    """The whole of each history's env.py."""
    attributes: dict[str, Any] = context.config.attributes
    asyncio.run(_run(attributes["url"], attributes["history"]))


async def _run(url: str, history: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        # Before the limit, which would hold for it too: another operator's migration may take its time.
        await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        await connection.execute(text("SET lock_timeout = '10s'"))
        await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{history}"'))
        await connection.commit()
        await connection.run_sync(_migrate, history)
        await connection.commit()
    await engine.dispose()


def _migrate(connection: Connection, history: str) -> None:
    context.configure(connection=connection, version_table_schema=history, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
