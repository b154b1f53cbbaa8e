"""The outbox's partitions: one a day in UTC, beside a default one for days that nobody prepared."""

from datetime import UTC, date, datetime, timedelta

from asyncpg import PostgresError
from sqlalchemy import text

from services.kit.db import Tx

# Published and old, in the default partition only: dated ones are dropped whole.
OLD_ROWS = """DELETE FROM outbox_rest WHERE seq = ANY(ARRAY(
    SELECT seq FROM outbox_rest WHERE published_at IS NOT NULL AND created_at < :before LIMIT :slice))"""
_EXISTS = text("SELECT to_regclass(:name) IS NOT NULL")
_DAYS = text(
    """SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
       WHERE i.inhparent = to_regclass('outbox') AND c.relname ~ '^outbox_[0-9]{8}$' ORDER BY 1"""
)
_OVERTAKEN = frozenset({"42P07", "42P01"})  # another process made it, or dropped it


def name_of(day: date) -> str:
    return f"outbox_{day:%Y%m%d}"


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def end_of(day: date) -> datetime:
    return start_of(day) + timedelta(days=1)


def making(day: date) -> list[str]:
    """Attached rather than made in place: appends and the relay go on while it happens. Only for a day to come."""
    name = name_of(day)
    return [
        f"""CREATE TABLE {name} (LIKE outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
            WITH (toast_tuple_target = 8160)""",
        f"""ALTER TABLE outbox ATTACH PARTITION {name}
            FOR VALUES FROM ('{start_of(day).isoformat()}') TO ('{end_of(day).isoformat()}')""",
    ]


def dropping(day: date) -> list[str]:
    """Only if nothing in it waits, which is looked at again under the lock: somebody may have asked to send it anew."""
    name = name_of(day)
    return [
        "LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE",
        f"""DO $$ BEGIN
              IF NOT EXISTS (SELECT 1 FROM {name} WHERE published_at IS NULL) THEN DROP TABLE {name}; END IF;
            END $$""",
    ]


def is_overtaken(error: PostgresError) -> bool:
    return error.sqlstate in _OVERTAKEN


async def exists(tx: Tx, day: date) -> bool:
    return bool((await tx.execute(_EXISTS, {"name": name_of(day)})).scalar_one())


async def days(tx: Tx) -> list[date]:
    """Of the partitions that there are, oldest first."""
    names = (await tx.execute(_DAYS)).scalars()
    return [date(int(name[7:11]), int(name[11:13]), int(name[13:15])) for name in names]


async def all_published(tx: Tx, day: date) -> bool:
    found = await tx.execute(text(f"SELECT EXISTS (SELECT 1 FROM {name_of(day)} WHERE published_at IS NULL)"))
    return not found.scalar_one()
