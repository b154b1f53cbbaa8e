"""What goes out on the topic, who sees it when, and what survives."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import text

from duoge.running.parts import make_copy
from services.fabric.manifest import complete_version
from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.fabric.snapshot import build as build_fabric
from services.grids.main import build
from services.grids.settings import GridsSettings
from services.grids.usecases.publishing import Registry
from services.grids.workers import ProfileKeeper
from services.kit.contracts.registry import BY_CE_TYPE
from services.kit.contracts.topics import GRIDS
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.outbox import Outbox
from services.kit.settings import load
from tests.harness.single import SECRET, Single, single
from tests.harness.zhenru import AT, profile
from tests.integration.grids.steps import collection, feature, get, load_zhenru, put, square, topic

WEST, EAST = square(121.40, 31.24), square(121.41, 31.24)
IN_WEST, IN_EAST = {"lon": 121.405, "lat": 31.245}, {"lon": 121.415, "lat": 31.245}


async def test_every_record_is_an_event_and_what_ended_goes_last(database_url: str) -> None:
    more: dict[str, object] = {"grids_history": timedelta(0)}
    async with single(build, GridsSettings, database_url, fabric=False, more=more) as one:
        admin = await one.visitor("admin")
        await put(admin, "units", [{"code": "U", "name": "甲", "level": "street"}])
        await put(admin, "gazetteer", [{"name": "兰溪路2号", "kind": "address", "lon": 121.39, "lat": 31.24}])
        await put(admin, "calendar", {"days": {"2027-01-01": False}})
        await put(admin, "overlays/police", collection(feature("A", WEST), feature("B", EAST)))
        await put(admin, "overlays/police", collection(feature("A", WEST)))
        await put(admin, "calendar", {"days": {}})
        await one.drain()
        records = await topic(one.bus)
    counted: dict[str, int] = {}
    for record in records:
        head = record.headers
        assert head["ce_subject"] == record.key
        assert head["ce_source"] == "duoge/grids"
        counted[record.key] = counted.get(record.key, 0) + 1
        assert head["ce_sequence"] == str(counted[record.key])
        kind = BY_CE_TYPE[head["ce_type"]]
        if record.value is not None:
            kind.model.model_validate(json.loads(record.value))
    # The register of ownerless ground travels beside the versions, when the map has been surveyed.
    of_versions = [record for record in records if not record.key.startswith("ground/")]
    sent = [(record.key, BY_CE_TYPE[record.headers["ce_type"]].name, record.value is None) for record in of_versions]
    assert sent[:4] == [
        ("profile", "profile.changed", False),
        ("unit/U", "unit.changed", False),
        ("manifest/0", "fabric.listed", False),
        ("manifest", "fabric.published", False),
    ]
    assert sent[-6:] == [
        ("manifest/0", "fabric.listed", False),
        ("manifest", "fabric.published", False),
        ("police/B", "grid.changed", True),
        ("manifest/0", "fabric.listed", False),
        ("manifest", "fabric.published", False),
        ("calendar/2027", "calendar.changed", True),
    ]
    versions = [json.loads(r.value)["version"] for r in records if r.key == "manifest" and r.value]
    assert versions == [1, 2, 3, 4, 5, 6]


async def test_a_follower_sees_whole_versions_only(one: Single, admin: httpx.AsyncClient) -> None:
    seen: list[Fabric] = []

    def watched(entries: Mapping[str, bytes], previous: Fabric | None) -> Fabric:
        seen.append(build_fabric(entries, previous))
        return seen[-1]

    follower: Copy[Fabric] = Copy("follower", one.bus, GRIDS.name, complete_version, watched)
    follower.start()
    try:
        grounds = (WEST, EAST)
        for turn in range(8):
            ground = grounds[turn % 2]
            body = collection(*(feature(f"G{n}", ground, unit=f"U{turn}") for n in range(60)))
            version = (await put(admin, "overlays/police", body))["version"]
        assert await follower.wait_for(version, 20)
    finally:
        await follower.stop()
    for fabric in seen:
        units = {fabric.grid("police", f"G{n}", AT).unit for n in range(60)}  # type: ignore[union-attr]
        assert units == {f"U{fabric.version - 1}"}


async def test_after_a_restart_the_topic_answers(database_url: str) -> None:
    async with single(build, GridsSettings, database_url, fabric=False) as one:
        admin = await one.visitor("admin")
        await load_zhenru(admin)
        before = await get(admin, "resolve", lon=121.4079, lat=31.2426)
        await one.drain()
    async with single(build, GridsSettings, database_url, fabric=False) as one:
        assert one.service.copy is not None
        assert await one.service.copy.wait_for(before["version"], 20)
        admin = await one.visitor("admin")
        assert await get(admin, "resolve", lon=121.4079, lat=31.2426) == before
        assert len((await get(admin, "units", limit=1000))["items"]) == 131


async def test_two_processes_write_at_once(database_url: str) -> None:
    """Neither loses what the other wrote, and each sees both."""
    async with (
        single(build, GridsSettings, database_url, fabric=False) as one,
        single(build, GridsSettings, database_url, fabric=False) as other,
    ):
        mine, theirs = await one.visitor("admin"), await other.visitor("admin")

        async def write(http: httpx.AsyncClient, overlay: str, code: str) -> int:
            body = collection(feature(code, WEST))
            version: int = (await put(http, f"overlays/{overlay}", body, part=True))["version"]
            here = await get(http, "resolve", **IN_WEST)
            assert overlay in here["overlays"]
            return version

        versions = await asyncio.gather(
            *(write(http, name, f"G{n}") for n in range(3) for http, name in ((mine, f"a{n}"), (theirs, f"b{n}")))
        )
        assert sorted(versions) == [1, 2, 3, 4, 5, 6]
        for running in (one, other):
            assert running.service.copy is not None
            assert await running.service.copy.wait_for(6, 20)
            admin = await running.visitor("admin")
            overlays = (await get(admin, "resolve", **IN_WEST))["overlays"]
            assert set(overlays) == {"a0", "a1", "a2", "b0", "b1", "b2"}


async def test_a_failed_import_leaves_the_fabric(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    async with one.service.db.transaction() as tx:
        await tx.execute(
            text(
                """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                   $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$"""
            )
        )
        await tx.execute(text("CREATE TRIGGER full_disk BEFORE INSERT ON publication EXECUTE FUNCTION full_disk()"))
    broken = await admin.put("/grids/v1/overlays/police", json=collection(feature("B", WEST)))
    assert broken.status_code == 503
    async with one.service.db.transaction() as tx:
        await tx.execute(text("DROP TRIGGER full_disk ON publication"))
    here = await get(admin, "resolve", **IN_WEST)
    assert (here["version"], here["overlays"]["police"]["grid"]) == (1, "A")
    assert (await put(admin, "overlays/police", collection(feature("B", WEST))))["version"] == 2


async def test_wait_names_who_is_late(database_url: str) -> None:
    more: dict[str, object] = {"grids_wait": timedelta(milliseconds=300)}
    async with single(build, GridsSettings, database_url, fabric=False, more=more) as one:
        admin = await one.visitor("admin")
        body = collection(feature("A", WEST))
        late = await admin.put("/grids/v1/overlays/police", json=body, params={"wait": "true"})
        assert (late.status_code, late.json()["code"], late.json()["version"]) == (503, "not_held_yet", 1)
        assert {"intake", "dispatch", "notify", "console"} <= set(late.json()["services"])
        assert (await get(admin, "resolve", **IN_WEST))["overlays"]["police"]["grid"] == "A"


async def test_wait_answers_when_all_hold_it(one: Single, admin: httpx.AsyncClient) -> None:
    await _others_hold(one.service.db, 99)
    answer = await put(admin, "overlays/police", collection(feature("A", WEST)), wait=True)
    assert answer["version"] == 1


async def test_a_changed_profile_is_published_at_start(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    registry = _registry(one, profile().model_copy(update={"version": 2, "title": "改过的方案"}))
    keeper = ProfileKeeper(registry)
    await keeper.turn()
    assert await keeper.idle()
    held = registry.copy.current
    assert held is not None
    assert (held.version, held.profile.title) == (2, "改过的方案")
    await ProfileKeeper(registry).turn()
    assert held.version == 2
    assert (await get(admin, "profile"))["title"] == "改过的方案"


async def test_before_the_first_import_nothing_is_published(one: Single) -> None:
    await ProfileKeeper(_registry(one, profile())).turn()
    assert await topic(one.bus) == []


async def test_a_profile_that_is_not_there_ends_the_start(one: Single) -> None:
    settings = load(GridsSettings, database_url=one.service.db.url, secret=SECRET, profile="none")
    with pytest.raises(SystemExit, match="DUOGE_PROFILE"):
        build(settings, one.clock, one.bus, make_copy("none", one.bus, one.clock))


async def test_two_thousand_grids(one: Single, admin: httpx.AsyncClient) -> None:
    body = json.dumps(collection(*_city(2000, 250))).encode()
    loop = asyncio.get_running_loop()
    started = loop.time()
    answer = await admin.put("/grids/v1/overlays/micro", content=body)
    first = loop.time() - started
    assert answer.json()["impact"]["counts"]["added"] == 2000
    started = loop.time()
    same = await admin.put("/grids/v1/overlays/micro", content=body)
    assert same.json()["impact"]["counts"]["unchanged"] == 2000
    again = loop.time() - started
    assert first < 30
    assert again < 30
    print(f"2,000 grids of 250 vertices: first {first:.1f} s, again {again:.1f} s")
    await one.drain()


def _city(count: int, vertices: int) -> list[dict[str, Any]]:
    """Circles on a lattice."""
    turn = np.linspace(0, 2 * np.pi, vertices)
    circle = np.column_stack([np.cos(turn), np.sin(turn)]) * 0.0009
    circle[-1] = circle[0]
    across = int(np.ceil(np.sqrt(count)))

    def ring(n: int) -> list[list[float]]:
        middle = np.array([121.3 + 0.002 * (n % across), 31.1 + 0.002 * (n // across)])
        placed: list[list[float]] = (circle + middle).tolist()
        return placed

    return [
        feature(f"M{n:05d}", {"type": "Polygon", "coordinates": [ring(n)]}, name=f"微网格{n}") for n in range(count)
    ]


def _registry(one: Single, told: Profile) -> Registry:
    """A second one on the same service, as of a process that has newer files."""
    service = one.service
    assert service.copy is not None
    settings = GridsSettings(database_url=service.db.url, secret="x" * 40)
    return Registry(service.db, one.clock, service.copy, Outbox(service.relays()[0].wake), told, settings)


async def _others_hold(db: Database, version: int) -> None:
    async with db.transaction() as tx:
        for service in ("intake", "dispatch", "notify", "console"):
            await tx.execute(
                text(
                    """INSERT INTO kit.holder (service, process, ready, detail, fabric_version, seen_at)
                       VALUES (:service, 'p', true, '', :version, clock_timestamp() + interval '1 minute')"""
                ),
                {"service": service, "version": version},
            )
