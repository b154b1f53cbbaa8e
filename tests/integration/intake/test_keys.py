"""Keys of personal data turned over: old rows stay readable, are sealed anew in batches, and no key is missed in silence."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.intake.main import build
from services.intake.repository.resealing import SHELVES
from services.intake.sealing import Sealer
from services.intake.settings import IntakeSettings
from services.intake.usecases.resealing import Unopened, reseal
from services.kit.settings import WrongSetting, load
from tests.harness.single import SECRET, Single, single
from tests.integration.intake.made import NAME, PHONE, acted, order, posted

P2, P3 = "p2=" + "b" * 32, "p3=" + "c" * 32
REPORTER = {"name": NAME, "phone": PHONE}


def _with(keys: str | None, current: str | None = None) -> dict[str, object]:
    return {"intake_keys": keys, "intake_key": current}


async def _report(one: Single, count: int) -> list[str]:
    source = await one.visitor("source", source="sh12345")
    told = [await posted(source, order(reporter=REPORTER)) for _ in range(count)]
    await acted(source, told[0]["order_id"], "supplement", content=f"我叫{NAME}，电话{PHONE}")
    return [each["order_id"] for each in told]


async def _keys(one: Single) -> dict[str, Any]:
    admin = await one.visitor("admin")
    answer = await admin.get("/intake/v1/privacy/keys")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _revealed(one: Single, order_id: str) -> str:
    desk = await one.visitor("duty_desk", unit="ZR-OPS")
    return str((await acted(desk, order_id, "reveal", reason="回访"))["phone"])


async def test_a_new_key_takes_over_and_the_old_one_can_go(database_url: str) -> None:
    async with single(build, IntakeSettings, database_url, more=_with(P2)) as one:
        ids = await _report(one, 3)
        assert (await _keys(one))["rows"] == {"p2": 4}
    async with single(build, IntakeSettings, database_url, more=_with(f"{P2},{P3}")) as one:
        admin = await one.visitor("admin")
        assert (await admin.post("/intake/v1/privacy/rotate")).status_code == 200
        await one.drain()
        known = await _until_turned(one)
        assert (known["current"], known["rows"], known["left"]) == ("p3", {"p3": 4}, 0)
        assert await _revealed(one, ids[0]) == PHONE
    async with single(build, IntakeSettings, database_url, more=_with(P3)) as one:
        assert (await one.service.readiness()).ready
        assert [await _revealed(one, each) for each in ids] == [PHONE] * 3
        found = await (await one.visitor("supervisor")).post(
            "/intake/v1/search", json={"phone": PHONE, "reason": "回访"}
        )
        assert len(found.json()["items"]) == 3


async def test_an_old_key_seals_while_a_new_one_is_only_handed_out(database_url: str) -> None:
    async with single(build, IntakeSettings, database_url, more=_with(P2, "p1")) as one:
        await _report(one, 1)
        known = await _keys(one)
        assert (known["current"], known["held"], known["rows"]) == ("p1", ["p1", "p2"], {"p1": 2})


async def test_a_missing_key_is_named_and_answers_503(database_url: str) -> None:
    async with single(build, IntakeSettings, database_url, more=_with(P2)) as one:
        ids = await _report(one, 1)
    async with single(build, IntakeSettings, database_url) as one:
        await one.drain()
        found = await _not_ready(one)
        assert "缺个人信息钥匙 p2" in found
        assert (await _keys(one))["missing"] == ["p2"]
        desk = await one.visitor("duty_desk", unit="ZR-OPS")
        answer = await desk.post(f"/intake/v1/orders/{ids[0]}/reveal", json={"reason": "回访"})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "p2" in answer.json()["detail"]


async def test_another_key_under_the_same_id_is_named(database_url: str) -> None:
    async with single(build, IntakeSettings, database_url, more=_with(P2)) as one:
        await _report(one, 1)
    async with single(build, IntakeSettings, database_url, more=_with("p2=" + "x" * 32)) as one:
        assert "p2 与加密时的不同" in await _not_ready(one)


async def test_turning_over_that_is_killed_goes_on_where_it_was(database_url: str) -> None:
    personal = SHELVES[0]
    async with single(build, IntakeSettings, database_url) as one:
        ids = await _report(one, 5)
        sealer = Sealer(SECRET, {"p2": "b" * 32})
        async with one.service.db.transaction() as tx:
            assert await reseal(tx, sealer, personal, {}, 2) == 2
        async with one.service.db.reading() as tx:  # killed before the commit
            assert await reseal(tx, sealer, personal, {}, 2) == 2
        assert (await _keys(one))["rows"] == {"p1": 4, "p2": 2}
    async with single(build, IntakeSettings, database_url, more=_with(P2)) as one:
        await _until_turned(one)
        assert [await _revealed(one, each) for each in ids] == [PHONE] * 5


async def test_two_workers_never_seal_one_row_twice(database_url: str) -> None:
    async with single(build, IntakeSettings, database_url) as one:
        await _report(one, 4)
        sealer, db = Sealer(SECRET, {"p2": "b" * 32}), one.service.db
        async with db.transaction() as first, db.transaction() as second:
            taken = [await reseal(tx, sealer, SHELVES[0], {}, 2) for tx in (first, second)]
        assert taken == [2, 2]
        assert (await _keys(one))["rows"] == {"p1": 1, "p2": 4}


async def test_a_row_that_does_not_open_stops_no_other(database_url: str) -> None:
    async with single(build, IntakeSettings, database_url) as one:
        ids = await _report(one, 3)
        db = one.service.db
        unopened: Unopened = {}
        async with db.transaction() as tx:
            await tx.execute(
                text("UPDATE personal SET content = 'broken, and far too short for a seal' WHERE order_id = :id"),
                {"id": ids[1]},
            )
        sealer = Sealer(SECRET, {"p2": "b" * 32})
        async with db.transaction() as tx:
            await reseal(tx, sealer, SHELVES[0], unopened)
        assert unopened == {"personal": {ids[1]}}
        async with db.transaction() as tx:
            assert await reseal(tx, sealer, SHELVES[0], unopened) == 0


@pytest.mark.parametrize(
    ("keys", "current", "said"),
    [
        ("p2", None, "每把钥匙写成"),
        ("k2=" + "x" * 32, None, "每把钥匙写成"),
        ("p2=short", None, "不足 32"),
        (f"{P2},{P2}", None, "写了两次"),
        (P2, "p9", "不在 DUOGE_INTAKE_KEYS 里"),
    ],
)
def test_wrong_rings_end_the_start_and_show_no_secret(keys: str, current: str | None, said: str) -> None:
    with pytest.raises(WrongSetting) as ended:
        load(IntakeSettings, database_url="postgresql+asyncpg://x/y", secret=SECRET, **_with(keys, current))
    assert said in str(ended.value)
    assert "xxxx" not in str(ended.value)


async def _until_turned(one: Single) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while (known := await _keys(one))["left"]:
            await one.drain()
    return known


async def _not_ready(one: Single) -> str:
    async with asyncio.timeout(20):
        while (found := await one.service.readiness()).ready:
            await one.drain()
    client = one.visitor.anonymous()
    answer: httpx.Response = await client.get("/intake/readyz")
    assert answer.status_code == 503
    return found.problems["intake.resealer"]
