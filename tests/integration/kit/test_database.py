"""Transactions: all or nothing, also when their task is cancelled or their server dies in the middle."""

import asyncio
import contextlib

import pytest
from sqlalchemy import text

from services.kit import failpoints
from services.kit.db import Database, after_commit
from services.kit.faults import is_infrastructure, is_lock_timeout, is_unstorable
from tests.integration.kit.bench import SCHEMA, Bench, until


async def count(bench: Bench) -> object:
    return await bench.scalar("SELECT count(*) FROM subject")


async def busy(bench: Bench, what: str) -> bool:
    found = await bench.scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE :q"
        " AND state = 'active' AND pid <> pg_backend_pid()",
        q=f"%{what}%",
    )
    return found != 0


async def test_cancelled_in_the_middle_nothing_stays_and_the_pool_is_whole(bench: Bench) -> None:
    db = bench.database(1)

    async def work() -> None:
        async with db.transaction() as tx:
            await tx.execute(text("INSERT INTO subject (id) VALUES ('a')"))
            await tx.execute(text("SELECT pg_sleep(30) /* here */"))

    for _ in range(3):
        working = asyncio.create_task(work())
        await until(lambda: busy(bench, "here"))
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        async with asyncio.timeout(5), db.transaction() as tx:
            # Not even its lock is left.
            await tx.execute(text("LOCK TABLE subject IN ACCESS EXCLUSIVE MODE NOWAIT"))
    assert await count(bench) == 0


async def test_cancelled_while_it_waits_for_a_connection(bench: Bench) -> None:
    db = bench.database(1)

    async def work() -> None:
        async with db.transaction() as tx:
            await tx.execute(text("INSERT INTO subject (id) VALUES ('late')"))

    async with db.transaction():
        waiting = asyncio.create_task(work())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await work()
    assert await count(bench) == 1


async def test_what_follows_a_commit_never_follows_a_rollback_and_can_not_undo_it(bench: Bench) -> None:
    done: list[str] = []

    def breaks() -> None:
        raise RuntimeError("after the fact")

    async def work(*, fails: bool) -> None:
        async with bench.db.transaction() as tx:
            after_commit(tx, breaks)
            after_commit(tx, lambda: done.append("x"))
            await tx.execute(text("INSERT INTO subject (id) VALUES (gen_random_uuid()::text)"))
            if fails:
                raise KeyError("no")

    with pytest.raises(KeyError):
        await work(fails=True)
    assert done == []
    await work(fails=False)
    assert done == ["x"]
    assert await count(bench) == 1


async def test_reading_writes_nothing(bench: Bench) -> None:
    async with bench.db.reading() as tx:
        await tx.execute(text("INSERT INTO subject (id) VALUES ('a')"))
    assert await count(bench) == 0


async def test_a_full_pool_is_trouble_that_passes(bench: Bench) -> None:
    db = Database(bench.url, SCHEMA, pool=1)
    db.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    async with db.transaction():
        with pytest.raises(Exception, match="QueuePool") as caught:
            await db.healthy()
    assert is_infrastructure(caught.value)
    assert await db.healthy()
    await db.stop()


async def test_every_trouble_of_the_server_is_told_from_a_fault_of_the_input(bench: Bench) -> None:
    async def fault(statement: str, **arguments: object) -> BaseException:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
            await bench.run(statement, **arguments)
        return caught.value

    assert is_infrastructure(await fault("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert is_infrastructure(await fault("SELECT 1 FROM nowhere"))
    assert is_infrastructure(await fault("SELECT no_column FROM subject"))
    assert is_infrastructure(await fault("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$"))
    assert is_infrastructure(await fault("DO $$ BEGIN RAISE SQLSTATE '57P03'; END $$"))
    for statement in ("SELECT 1/0", "INSERT INTO note VALUES (NULL, 1, '{}')", "SELECT syntax error here"):
        assert not is_infrastructure(await fault(statement)), statement
    assert is_unstorable(await fault("SELECT CAST(:x AS text)", x="a\x00b"))
    assert is_unstorable(await fault("SELECT CAST(:x AS text)", x="a\ud800b"))
    assert is_unstorable(await fault("SELECT CAST(:x AS int)", x=2**40))
    assert is_unstorable(await fault("SELECT CAST(CAST(:x AS text) AS jsonb)", x='{"a": NaN}'))
    assert not is_unstorable(await fault("INSERT INTO note VALUES (NULL, 1, '{}')"))
    async with bench.db.transaction() as tx:
        await tx.execute(text("LOCK TABLE subject"))
        held = await _lock_timeout(bench)
    assert is_lock_timeout(held)
    assert is_infrastructure(held)
    nobody = Database("postgresql+asyncpg://x:x@127.0.0.1:9/x", SCHEMA)
    nameless = Database("postgresql+asyncpg://x:x@no-such-host.invalid/x", SCHEMA)
    wrong = Database(bench.url.replace("duoge:", "stranger:"), SCHEMA)
    for db in (nobody, nameless, wrong):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            await db.healthy()
        assert is_infrastructure(caught.value), repr(caught.value)
        await db.stop()


async def _lock_timeout(bench: Bench) -> BaseException:
    other = bench.database()
    with pytest.raises(Exception) as caught:  # noqa: PT011, PT012
        async with other.transaction() as tx:
            await tx.execute(text("SET LOCAL lock_timeout = '20ms'"))
            await tx.execute(text("SELECT 1 FROM subject"))
    return caught.value


async def test_dying_before_the_commit_leaves_nothing_and_after_it_everything(bench: Bench) -> None:
    """The same two places where the kill drill dies; here as an error, so that both sides can be looked at."""

    def die() -> None:
        raise SystemExit

    async def work(name: str) -> None:
        async with bench.db.transaction() as tx:
            await tx.execute(text("INSERT INTO subject (id) VALUES (:n)"), {"n": name})

    failpoints.arm("db.before_commit", die)
    with pytest.raises(SystemExit):
        await work("before")
    failpoints.disarm()
    failpoints.arm("db.committed", die)
    with pytest.raises(SystemExit):
        await work("after")
    failpoints.disarm()
    assert await bench.scalar("SELECT array_agg(id) FROM subject") == ["after"]


async def test_an_error_that_was_passed_over_is_not_taken_for_a_commit(bench: Bench) -> None:
    """PostgreSQL answers COMMIT of a broken transaction with ROLLBACK and no error."""

    async def careless() -> None:
        async with bench.db.transaction() as tx:
            await tx.execute(text("INSERT INTO subject (id) VALUES ('a')"))
            with contextlib.suppress(Exception):
                await tx.execute(text("SELECT 1 FROM nowhere"))

    with pytest.raises(RuntimeError, match="rolled it back"):
        await careless()
    assert await count(bench) == 0


async def test_what_the_server_closed_in_the_pool_reaches_nobody(bench: Bench) -> None:
    async with bench.db.reading() as one, bench.db.reading() as other:
        drivers = [one.driver, other.driver]
        pids = [tx.driver.get_server_pid() for tx in (one, other)]
    db = Database(bench.url, SCHEMA)
    async with db.transaction() as tx:
        await tx.execute(
            text("SELECT pg_terminate_backend(pid) FROM unnest(CAST(:pids AS int[])) AS pid"), {"pids": pids}
        )
    await until(lambda: all(driver.is_closed() for driver in drivers))
    await db.stop()
    for _ in range(3):
        assert await count(bench) == 0


async def test_rows_answer_by_name_and_as_a_whole(bench: Bench) -> None:
    async with bench.db.reading() as tx:
        (row,) = (await tx.execute(text("SELECT 1 AS one, 'x' AS \"class\", CAST('[2]' AS jsonb) AS held"))).all()
        assert (row.one, row._mapping["class"], row.held) == (1, "x", [2])
        assert row._asdict() == {"one": 1, "class": "x", "held": [2]} == dict(**row._mapping)
        with pytest.raises(AttributeError):
            _ = row.other
        changed = await tx.execute(
            text("INSERT INTO subject (id) SELECT unnest(CAST(:ids AS text[]))"), {"ids": ["a", "b"]}
        )
        assert changed.rowcount == 2
        assert (await tx.execute(text("DELETE FROM subject WHERE id = :id RETURNING id"), {"id": "a"})).rowcount == 1
