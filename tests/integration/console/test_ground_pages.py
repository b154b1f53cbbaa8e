"""The pages of the grids as the server gives them: to whom, with which headers, and what they say when there is nothing."""

import pytest

from services.console.sessions import COOKIE
from tests.harness.single import Single

PAGES = ("/ground", "/ground/import", "/ground/changes", "/ground/ownerless", "/ground/units", "/ground/places")


async def _session(console: Single, role: str, unit: str | None = None) -> dict[str, str]:
    client = await console.visitor(role, unit)
    key = client.headers["authorization"].removeprefix("Bearer ")
    answer = await console.visitor.anonymous().post("/login", data={"key": key})
    return {"cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}


@pytest.mark.parametrize("path", [*PAGES, "/ground/comprehensive/G4"])
async def test_for_those_who_are_signed_in(console: Single, path: str) -> None:
    stranger = console.visitor.anonymous()
    answer = await stranger.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")
    # Signing in leads back to the page.
    assert f'value="{path}"' in (await stranger.get(f"/login?next={path}")).text
    page = await stranger.get(path, headers=await _session(console, "duty_desk", "ZR-OPS"))
    assert page.status_code == 200
    assert "真如镇街道城运中心" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"


async def test_forms_are_for_those_who_may(console: Single) -> None:
    http = console.visitor.anonymous()
    desk = await http.get("/ground/import", headers=await _session(console, "duty_desk", "ZR-OPS"))
    assert "只有管理员的密钥能导入边界" in desk.text
    assert "<form id" not in desk.text
    admin = await http.get("/ground/import", headers=await _session(console, "admin"))
    assert '<form id="wish"' in admin.text


async def test_a_card_by_itself_and_one_that_is_not_there(console: Single) -> None:
    http, cookie = console.visitor.anonymous(), await _session(console, "duty_desk", "ZR-OPS")
    bare = await http.get("/ground/comprehensive/G4", params={"bare": "true"}, headers=cookie)
    assert "兰溪综合网格" in bare.text
    assert "<html" not in bare.text
    for path in ("/ground/comprehensive/nobody", "/ground/none/G4", "/ground/comprehensive/%00", "/ground/x/<script>"):
        gone = await http.get(path, headers=cookie)
        assert gone.status_code == 404
        assert "没有这个网格" in gone.text
        assert "<script>" not in gone.text.replace('<script type="module"', "")


async def test_a_week_of_a_unit(console: Single) -> None:
    desk = await console.visitor("duty_desk", "ZR-OPS")
    assert (await desk.get("/console/v1/rosters/ZR-OPS/week")).json() == {"unit": "ZR-OPS", "days": None}
    assert (await desk.get("/console/v1/rosters/nobody/week")).json()["days"] is None
    source = await console.visitor("source", source="sh12345")
    assert (await source.get("/console/v1/rosters/ZR-OPS/week")).status_code == 403


async def test_leaflet_and_our_scripts_come_from_here(console: Single) -> None:
    http = console.visitor.anonymous()
    for path in ("/console/leaflet/index.js", "/console/leaflet/leaflet/leaflet.css", "/console/assets/ground/api.js"):
        assert (await http.get(path)).status_code == 200
    script = await http.get("/console/assets/ground/api.js")
    assert script.headers["cache-control"] == "no-cache"
    known = {"if-none-match": script.headers["etag"]}
    assert (await http.get("/console/assets/ground/api.js", headers=known)).status_code == 304
    assert (await http.get("/console/leaflet/../__init__.py")).status_code == 404
