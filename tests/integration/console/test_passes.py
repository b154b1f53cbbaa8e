"""A signed-in page's script gets a pass, which every service takes as the session's key."""

from datetime import timedelta

import httpx
import pytest

from services.console.sessions import COOKIE
from services.kit.clock import real_now
from services.kit.keys import CACHE_SECONDS, Keys
from services.kit.passes import Passes
from tests.harness.single import ADMIN, SECRET, Single
from tests.integration.kit.bench import until


async def _session(console: Single, key: str) -> str:
    answer = await console.visitor.anonymous().post("/login", data={"key": key})
    return answer.cookies[COOKIE]


async def _pass(console: Single, session: str) -> httpx.Response:
    return await console.visitor.anonymous().post("/console/pass", headers={"cookie": f"{COOKIE}={session}"})


async def test_a_page_asks_for_a_pass_and_calls_with_it_as_its_key_would(console: Single) -> None:
    desk = await console.visitor("duty_desk", "ZR-OPS")
    key = desk.headers["authorization"].removeprefix("Bearer ")
    answer = await _pass(console, await _session(console, key))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["role"], told["unit"], told["seconds"]) == ("duty_desk", "ZR-OPS", 300)
    assert key not in answer.text
    caller = console.visitor.anonymous(told["pass"])
    assert (await caller.get("/console/v1/cases")).json() == (await desk.get("/console/v1/cases")).json()
    # What only an administrator may do stays so.
    assert (await caller.post("/console/v1/rebuild")).status_code == 403


async def test_the_operators_key_has_passes_too(console: Single) -> None:
    told = (await _pass(console, await _session(console, ADMIN))).json()
    assert told["role"] == "admin"
    assert (await console.visitor.anonymous(told["pass"]).get("/console/v1/summary")).status_code == 200


async def test_no_session_no_pass(console: Single) -> None:
    for session in ("", "nobody's", "x" * 5000):
        answer = await _pass(console, session)
        assert answer.status_code == 401
        assert "重新登录" in answer.json()["detail"]
    session = await _session(console, ADMIN)
    await console.visitor.anonymous().post("/logout", headers={"cookie": f"{COOKIE}={session}"})
    assert (await _pass(console, session)).status_code == 401


async def test_a_revoked_key_ends_its_passes(console: Single) -> None:
    keys = Keys(console.service.db, SECRET, ADMIN)
    async with console.service.db.transaction() as tx:
        made, key = await keys.create(tx, name="desk", role="duty_desk", unit=None, source=None, now=real_now())
    told = (await _pass(console, await _session(console, key))).json()
    caller = console.visitor.anonymous(told["pass"])
    assert (await caller.get("/console/v1/cases")).status_code == 200
    async with console.service.db.transaction() as tx:
        await keys.revoke(tx, made.key_id, real_now())

    async def ended() -> bool:
        return (await caller.get("/console/v1/cases")).status_code == 401

    await until(ended, CACHE_SECONDS + 1)


@pytest.mark.parametrize("secret", [SECRET, "another house's " + "x" * 32])
async def test_a_pass_of_no_key_and_one_of_another_house(console: Single, secret: str) -> None:
    forged = Passes(secret).give(b"\x00" * 32, timedelta(minutes=5))
    assert (await console.visitor.anonymous(forged).get("/console/v1/cases")).status_code == 401


async def test_a_pass_opens_no_session(console: Single) -> None:
    told = (await _pass(console, await _session(console, ADMIN))).json()
    answer = await console.visitor.anonymous().post("/login", data={"key": told["pass"]})
    assert answer.status_code == 401
