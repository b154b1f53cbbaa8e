"""Sessions: begun by a key, ended by time, by signing out, and by the key's end."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from services.console.sessions import COOKIE, Sessions
from services.kit.clock import real_now
from services.kit.keys import Keys
from services.kit.passes import Passes
from tests.harness.single import ADMIN, SECRET, Single


async def _sign_in(console: Single, key: str, goal: str = "/") -> httpx.Response:
    http = console.visitor.anonymous()
    return await http.post("/login", data={"key": key, "next": goal})


async def _page(console: Single, token: str, path: str = "/") -> httpx.Response:
    return await console.visitor.anonymous().get(path, headers={"cookie": f"{COOKIE}={token}"})


async def test_a_key_opens_the_screen_and_never_reaches_the_browser(console: Single) -> None:
    answer = await _sign_in(console, f"  {ADMIN}\n")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert ADMIN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = await _page(console, answer.cookies[COOKIE])
    assert page.status_code == 200
    assert "指挥屏" in page.text
    assert ADMIN not in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    async with console.service.db.reading() as tx:
        stored = str((await tx.execute(text("SELECT * FROM session"))).all())
    assert ADMIN not in stored
    assert answer.cookies[COOKIE] not in stored


@pytest.mark.parametrize("key", ["", "wrong", "x" * 5000, "a\x00b", "密钥"])
async def test_what_is_no_key(console: Single, key: str) -> None:
    answer = await _sign_in(console, key)
    assert answer.status_code == 401
    assert "密钥不对或已停用" in answer.text
    assert COOKIE not in answer.cookies


async def test_a_sources_key_is_told_to_go_elsewhere(console: Single) -> None:
    client = await console.visitor("source", source="sh12345")
    answer = await _sign_in(console, client.headers["authorization"].removeprefix("Bearer "))
    assert answer.status_code == 403
    assert COOKIE not in answer.cookies


@pytest.mark.parametrize(
    ("goal", "there"),
    [
        ("/cases/case_a", "/cases/case_a"),
        ("/whistles/wh_01a21693d6d872198921474f6a690077", "/whistles/wh_01a21693d6d872198921474f6a690077"),
        ("/whistles/blow?case=case_a", "/whistles/blow?case=case_a"),
        ("/whistles/blow?case=//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/logout", "/"),
        ("/cases/../..//evil.example", "/"),
        ("/cases/\\evil", "/"),
    ],
)
async def test_signing_in_leads_to_a_page_of_ours_only(console: Single, goal: str, there: str) -> None:
    assert (await _sign_in(console, ADMIN, goal)).headers["location"] == there


async def test_without_a_session_every_page_leads_to_the_sign_in(console: Single) -> None:
    http = console.visitor.anonymous()
    assert (await http.get("/")).headers["location"] == "/login"
    assert (await http.get("/cases/case_a")).headers["location"] == "/login?next=/cases/case_a"
    asked = await http.get("/whistles/blow?case=case_a")
    assert asked.headers["location"] == "/login?next=/whistles/blow%3Fcase%3Dcase_a"
    assert (await _page(console, "made-up")).status_code == 303
    assert (await _page(console, "x" * 3000)).status_code == 303
    nothing = await http.get("/nothing", headers={"accept": "text/html"})
    assert nothing.status_code == 404
    assert "没有找到" in nothing.text


async def test_signing_out_ends_it_on_the_server(console: Single) -> None:
    token = (await _sign_in(console, ADMIN)).cookies[COOKIE]
    out = await console.visitor.anonymous().post("/logout", headers={"cookie": f"{COOKIE}={token}"})
    assert out.headers["location"] == "/login"
    assert (await _page(console, token)).status_code == 303


async def test_a_revoked_key_ends_its_sessions(console: Single) -> None:
    keys = Keys(console.service.db, SECRET, ADMIN)
    async with console.service.db.transaction() as tx:
        caller, key = await keys.create(tx, name="desk", role="duty_desk", unit=None, source=None, now=real_now())
    token = (await _sign_in(console, key)).cookies[COOKIE]
    async with console.service.db.transaction() as tx:
        await keys.revoke(tx, caller.key_id, real_now())
    # A process may go by what it read within the last two seconds; another one has read nothing yet.
    other = Sessions(console.service.db, Keys(console.service.db, SECRET, ADMIN), Passes(SECRET), timedelta(hours=1))
    assert await other.caller(token) is None


async def test_a_session_whose_time_is_over(console: Single) -> None:
    token = (await _sign_in(console, ADMIN)).cookies[COOKIE]
    async with console.service.db.transaction() as tx:
        await tx.execute(text("UPDATE session SET expires_at = clock_timestamp() - interval '1 second'"))
    assert (await _page(console, token)).status_code == 303
