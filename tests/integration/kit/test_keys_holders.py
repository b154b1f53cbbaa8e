"""Keys: made once, known everywhere, gone within the cache's life. Holders: who is alive and holds which version."""

import asyncio
import time
from datetime import timedelta

from services.kit.holders import SERVICES, Heartbeat, Holder, living, missing
from services.kit.keys import CACHE_SECONDS, Caller, Keys
from tests.integration.kit.bench import AT, SCHEMA, Bench, until

SECRET = "s" * 40


def keys(bench: Bench) -> Keys:
    return Keys(bench.database(), SECRET, "admin-key-of-the-operator")


async def create(bench: Bench, given: Keys, role: str = "department", **more: str | None) -> tuple[Caller, str]:
    async with bench.db.transaction() as tx:
        arguments = {"name": "N", "unit": None, "source": None} | more
        return await given.create(tx, role=role, now=AT, **arguments)  # type: ignore[arg-type]


async def test_a_key_is_known_in_every_process_and_never_stored(bench: Bench) -> None:
    here, there = keys(bench), keys(bench)
    caller, token = await create(bench, here, unit="ZR-1")
    assert token.startswith("dg_")
    assert await there.verify(token) == caller == await here.verify(token)
    assert caller.unit == "ZR-1"
    assert await here.verify(token + "x") is None
    assert await here.verify("") is None
    assert await Keys(bench.db, "t" * 40, None).verify(token) is None  # another system's secret
    stored = await bench.scalar("SELECT string_agg(k::text, '') FROM kit.api_key AS k")
    assert token not in str(stored)
    assert token[3:] not in str(stored)


async def test_the_source_of_a_key_is_its_own_or_its_name_and_survives_rotation(bench: Bench) -> None:
    made = keys(bench)
    first, _ = await create(bench, made, "source", name="热线", source="hotline")
    second, _ = await create(bench, made, "source", name="热线-新", source="hotline")
    third, _ = await create(bench, made, "source", name="城运")
    assert [caller.source for caller in (first, second, third)] == ["hotline", "hotline", "城运"]


async def test_the_operators_key_is_an_admins_and_needs_no_database(bench: Bench) -> None:
    away = Keys(Bench("postgresql+asyncpg://x:x@127.0.0.1:9/x", bench.bus).db, SECRET, "admin-key-of-the-operator")
    found = await away.verify("admin-key-of-the-operator")
    assert found is not None
    assert found.role == "admin"
    assert await Keys(bench.db, SECRET, None).verify("admin-key-of-the-operator") is None


async def test_a_revoked_key_is_gone_here_at_once_and_everywhere_within_the_cache(bench: Bench) -> None:
    here, there = keys(bench), keys(bench)
    caller, token = await create(bench, here)
    assert await there.verify(token)
    assert await here.verify(token)
    async with bench.db.transaction() as tx:
        assert await here.revoke(tx, caller.key_id, AT)
    since = time.monotonic()
    assert await here.verify(token) is None

    async def gone() -> bool:
        return await there.verify(token) is None

    await until(gone, CACHE_SECONDS + 1)
    assert time.monotonic() - since < CACHE_SECONDS + 0.5
    async with bench.db.transaction() as tx:
        assert not await here.revoke(tx, caller.key_id, AT)
        assert not await here.revoke(tx, "key_nobody", AT)
        (row,) = await here.listing(tx)
    assert row.revoked_at == AT


async def test_two_who_revoke_at_once_and_one_has_done_it(bench: Bench) -> None:
    made = keys(bench)
    caller, _ = await create(bench, made)

    async def revoke() -> bool:
        async with bench.db.transaction() as tx:
            return await made.revoke(tx, caller.key_id, AT)

    assert sorted(await asyncio.gather(revoke(), revoke(), revoke())) == [False, False, True]


async def test_the_cache_spares_the_database(bench: Bench) -> None:
    made = keys(bench)
    _, token = await create(bench, made)
    assert await made.verify(token)
    await made._db.stop()
    made._db = Bench("postgresql+asyncpg://x:x@127.0.0.1:9/x", bench.bus).db
    assert await made.verify(token)


async def test_heartbeats_tell_who_lives_with_which_version(bench: Bench) -> None:
    versions = dict.fromkeys(SERVICES, 3)

    async def beat(service: str) -> Heartbeat:
        async def state() -> tuple[bool, str, int]:
            return versions[service] > 0, "x" * 900, versions[service]

        made = Heartbeat(service, bench.db, state)
        await made.turn()
        return made

    beats = {service: await beat(service) for service in SERVICES if service != "notify"}
    second = await beat("grids")

    async def alive() -> list[Holder]:
        async with bench.db.reading() as tx:
            return await living(tx, timedelta(seconds=10))

    assert [holder.service for holder in await alive()] == ["console", "dispatch", "grids", "grids", "intake"]
    assert missing(await alive(), 3) == ["notify"]
    beats["notify"] = await beat("notify")
    assert missing(await alive(), 3) == []
    versions["grids"] = 4
    await beats["grids"].turn()
    assert missing(await alive(), 4) == ["intake", "grids", "dispatch", "notify", "console"]
    await second.turn()
    assert missing(await alive(), 4) == ["intake", "dispatch", "notify", "console"]
    await second.stop()
    assert len(await alive()) == 5
    await bench.run("UPDATE kit.holder SET seen_at = clock_timestamp() - interval '11 seconds' WHERE service = 'grids'")
    assert "grids" in missing(await alive(), 1)
    await bench.run("UPDATE kit.holder SET seen_at = clock_timestamp() - interval '2 hours' WHERE service = 'grids'")
    await beats["intake"].turn()
    assert await bench.scalar("SELECT count(*) FROM kit.holder") == 4
    assert SCHEMA not in missing(await alive(), 1)
