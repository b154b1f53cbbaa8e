"""Boundaries as authorities hand them in: whole, in part, wrong, in other datums."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.fabric.datum import from_wgs84, to_wgs84
from services.grids.main import build
from services.grids.settings import GridsSettings
from tests.harness.single import Single, single
from tests.harness.zhenru import AT
from tests.integration.grids.steps import collection, feature, get, put, square

WEST, EAST = square(121.40, 31.24), square(121.41, 31.24)
IN_WEST, IN_EAST = {"lon": 121.405, "lat": 31.245}, {"lon": 121.415, "lat": 31.245}


async def held_by(http: httpx.AsyncClient, point: dict[str, float], **more: Any) -> str | None:
    found = await get(http, "resolve", **point, **more)
    grid: str | None = found["overlays"].get("police", {}).get("grid")
    return grid


async def test_a_replaced_grid_still_answers_for_its_time(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST), feature("B", EAST)))
    await one.advance(timedelta(days=2))
    answer = await put(admin, "overlays/police", collection(feature("A", EAST)))
    assert answer["version"] == 2
    assert answer["impact"]["changed"] == ["A"]
    assert answer["impact"]["removed"] == ["B"]
    assert answer["impact"]["counts"] == {"added": 0, "changed": 1, "removed": 1, "unchanged": 0}
    before = (AT + timedelta(days=1)).isoformat()
    assert await held_by(admin, IN_WEST) is None
    assert await held_by(admin, IN_EAST) == "A"
    assert await held_by(admin, IN_WEST, at=before) == "A"
    assert await held_by(admin, IN_EAST, at=before) == "B"
    then = await get(admin, "overlays/police", at=before)
    assert [f["properties"]["code"] for f in then["features"]] == ["A", "B"]
    grid = await get(admin, "grids/police/A")
    assert [edition["valid_to"] is None for edition in grid["history"]] == [False, True]
    assert (await admin.get("/grids/v1/grids/police/B")).status_code == 404
    assert (await get(admin, "grids/police/B", at=before))["code"] == "B"


async def test_a_part_replaces_only_what_it_names(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST), feature("B", EAST)))
    answer = await put(admin, "overlays/police", collection(feature("A", WEST, unit="U")), part=True)
    assert answer["impact"]["changed"] == ["A"]
    assert answer["impact"]["counts"]["removed"] == 0
    assert answer["topology"]["counts"]["grids"] == 2
    assert answer["topology"]["unknown_units"] == ["U"]
    assert await held_by(admin, IN_EAST) == "B"


async def test_stated_dates(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    later = (AT + timedelta(days=30)).isoformat()
    await put(admin, "overlays/police", collection(feature("A", EAST, valid_from=later)))
    assert await held_by(admin, IN_WEST) == "A"
    assert await held_by(admin, IN_EAST, at=later) == "A"
    await one.advance(timedelta(days=31))
    assert await held_by(admin, IN_WEST) is None


async def test_a_preview_changes_nothing(one: Single, admin: httpx.AsyncClient) -> None:
    first = await put(admin, "overlays/police", collection(feature("A", WEST)), preview=True)
    assert first["version"] == 0
    assert first["impact"]["added"] == ["A"]
    assert (await get(admin, "overlays"))["items"] == []
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    seen = await put(admin, "overlays/police", collection(feature("B", WEST)), preview=True)
    assert seen["version"] == 1
    assert seen["impact"]["removed"] == ["A"]
    assert seen["topology"]["codes_changed"] == [{"from": "A", "to": "B"}]
    assert await held_by(admin, IN_WEST) == "A"


async def test_each_bad_feature_is_named_and_nothing_taken(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    body = collection(
        feature("B", EAST),
        feature("C", bow),
        feature("B", WEST),
        feature("", WEST),
        feature("D", {"type": "Point", "coordinates": [1, 1]}),
        feature("E", square(350000.0, 3400000.0)),
        feature("F", WEST, valid_from="0001-01-01"),
        feature("G", WEST, valid_from="2027-01-01", valid_to="2026-01-01"),
        feature("H\0", WEST),
        feature("I", WEST, note="\0"),
        feature("J", WEST, households=10**30),
        feature("K", WEST, unit=["x"]),
        feature(
            "L", {"type": "Polygon", "coordinates": [[[31.24, 121.4], [31.25, 121.4], [31.25, 121.5], [31.24, 121.4]]]}
        ),
    )
    answer = await admin.put("/grids/v1/overlays/police", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert [int(error["pointer"].split("/")[2]) for error in errors] == list(range(1, 13))
    assert errors[0]["kind"] == "invalid"
    assert await held_by(admin, IN_WEST) == "A"
    assert [row["grids"] for row in (await get(admin, "overlays"))["items"]] == [1]


async def test_mending(one: Single, admin: httpx.AsyncClient) -> None:
    ring = [[121.40, 31.24], [121.42, 31.26], [121.42, 31.24], [121.40, 31.26], [121.40, 31.24]]
    body = collection(feature("A", {"type": "Polygon", "coordinates": [ring]}))
    refused = await admin.put("/grids/v1/overlays/police", json=body)
    assert refused.status_code == 422
    assert "mend" in refused.json()["errors"][0]["detail"]
    answer = await put(admin, "overlays/police", body, mend=True)
    assert [note["kind"] for note in answer["topology"]["notes"]] == ["mended"]
    assert await held_by(admin, {"lon": 121.4001, "lat": 31.245}) == "A"


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "cgcs2000"])
async def test_other_datums(one: Single, admin: httpx.AsyncClient, crs: str) -> None:
    ring = [list(from_wgs84(lon, lat, crs)) for lon, lat in WEST["coordinates"][0]]
    body = collection(feature("A", {"type": "Polygon", "coordinates": [ring]}))
    await put(admin, "overlays/police", body, crs=crs)
    assert await held_by(admin, IN_WEST) == "A"
    lon, lat = from_wgs84(IN_WEST["lon"], IN_WEST["lat"], crs)
    assert await held_by(admin, {"lon": lon, "lat": lat}, crs=crs) == "A"
    stored = (await get(admin, "overlays/police"))["features"][0]
    for told, wanted in zip(stored["geometry"]["coordinates"][0], ring, strict=True):
        assert told == pytest.approx(list(to_wgs84(wanted[0], wanted[1], crs)), abs=1e-9)
    assert stored["properties"].get("source_crs") == (None if crs == "cgcs2000" else crs)
    again = await put(admin, "overlays/police", body, crs=crs)
    assert again["impact"]["unchanged"] == ["A"]


async def test_numbers_that_are_no_degrees(one: Single, admin: httpx.AsyncClient) -> None:
    body = collection(feature("A", square(350000.0, 3400000.0, 10.0)))
    for parameters in ({}, {"crs": "gcj02"}):
        answer = await admin.put("/grids/v1/overlays/police", json=body, params=parameters)
        assert answer.status_code == 422
        assert "crs" in answer.json()["errors"][0]["detail"]
    assert (await admin.put("/grids/v1/overlays/police", json=body, params={"crs": "utm"})).status_code == 422


async def test_overlapping_and_gaps_are_told_not_refused(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/district", collection(feature("D", square(121.40, 31.24, 0.02))))
    body = collection(feature("A", square(121.40, 31.24, 0.012)), feature("B", EAST))
    topology = (await put(admin, "overlays/police", body))["topology"]
    assert topology["counts"]["overlaps"] == 1
    assert topology["counts"]["gaps"] == 1
    assert topology["without_unit"] == ["A", "B"]


async def test_whatever_a_code_is_made_of(one: Single, admin: httpx.AsyncClient) -> None:
    codes = ["a/b", "c#1", "d%", "网格 1", "e'f"]
    body = collection(*(feature(code, square(121.4 + 0.01 * n, 31.24)) for n, code in enumerate(codes)))
    await put(admin, "overlays/police", body)
    for number, code in enumerate(codes):
        assert await held_by(admin, {"lon": 121.405 + 0.01 * number, "lat": 31.245}) == code
        path = f"/grids/v1/grids/police/{code.replace('%', '%25').replace('#', '%23')}"
        assert (await admin.get(path)).json()["code"] == code


async def test_large_geometry_goes_in_parts_and_back(one: Single, admin: httpx.AsyncClient) -> None:
    import numpy as np

    turn = np.linspace(0, 2 * np.pi, 60_000)
    ring = np.column_stack([121.4 + 0.01 * np.cos(turn), 31.24 + 0.01 * np.sin(turn)]).round(9)
    ring[-1] = ring[0]
    body = collection(feature("A", {"type": "Polygon", "coordinates": [ring.tolist()]}))
    await put(admin, "overlays/police", body)
    assert await held_by(admin, {"lon": 121.4, "lat": 31.24}) == "A"
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    assert await held_by(admin, IN_WEST) == "A"


async def test_stale_and_reserved_and_unreadable(one: Single, admin: httpx.AsyncClient) -> None:
    body = collection(feature("A", WEST))
    await put(admin, "overlays/police", body)
    etag = (await admin.get("/grids/v1/overlays/police")).headers["etag"]
    await put(admin, "overlays/police", collection(feature("A", EAST)))
    stale = await admin.put("/grids/v1/overlays/police", json=body, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    fresh = (await admin.get("/grids/v1/overlays/police")).headers["etag"]
    assert (await admin.put("/grids/v1/overlays/police", json=body, headers={"If-Match": fresh})).status_code == 200
    for code in ("unit", "manifest", "Police", "a-b", "1a"):
        assert (await admin.put(f"/grids/v1/overlays/{code}", json=body)).status_code == 422
    for raw in (b"", b"{", b"\xff\xff", b'{"type":NaN}', b"[" * 200_000):
        assert (await admin.put("/grids/v1/overlays/police", content=raw)).status_code == 400
    no_collections: list[Any] = [[], {"type": "FeatureCollection"}, {"type": "FeatureCollection", "features": 1}, "x"]
    for told in no_collections:
        assert (await admin.put("/grids/v1/overlays/police", json=told)).status_code == 422


async def test_an_empty_overlay_is_one(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection())
    assert [row["grids"] for row in (await get(admin, "overlays"))["items"]] == [0]
    assert (await get(admin, "overlays/police"))["features"] == []


async def test_only_the_administrator_writes_and_any_key_reads(one: Single, admin: httpx.AsyncClient) -> None:
    body = collection(feature("A", WEST))
    await put(admin, "overlays/police", body)
    for role in ("supervisor", "duty_desk", "department", "source", "auditor"):
        other = await one.visitor(role)
        assert (await other.put("/grids/v1/overlays/police", json=body)).status_code == 403
        assert (await other.put("/grids/v1/units", json=[])).status_code == 403
        assert (await other.get("/grids/v1/keys")).status_code == 403
        for path in ("overlays", "overlays/police", "units", "gazetteer", "calendar", "profile", "check", "fabric"):
            assert (await other.get(f"/grids/v1/{path}")).status_code == 200, path
    async with one.visitor.anonymous() as nobody:
        assert (await nobody.get("/grids/v1/overlays")).status_code == 401


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"lon": 31.24, "lat": 121.4}, "/lon"),
        ({"lon": 500, "lat": 31}, "/lon"),
        ({"lon": 121.4}, "/lon"),
        ({}, "/lon"),
        ({"lon": 121.4, "lat": 31.2, "address": "x"}, "/lon"),
        ({"lon": "nan", "lat": 31.2}, "/lon"),
        ({"lon": 121.4, "lat": 31.2, "at": "2026-11-23T10:00:00"}, "/at"),
        ({"lon": 121.4, "lat": 31.2, "at": "soon"}, "/at"),
        ({"lon": 121.4, "lat": 31.2, "at": "0001-01-01T00:00:00+14:00"}, "/at"),
        ({"lon": 121.4, "lat": 31.2, "crs": "utm"}, "/crs"),
    ],
)
async def test_bad_questions(one: Single, admin: httpx.AsyncClient, parameters: dict[str, Any], pointer: str) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    answer = await admin.get("/grids/v1/resolve", params=parameters)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_batch_names_its_bad_points(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    points = [IN_WEST, {"lon": 31.2, "lat": 121.4}, IN_EAST, {"lon": 999.0, "lat": 0.5}]
    answer = await admin.post("/grids/v1/resolve", json={"points": points})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/points/1", "/points/3"]
    bad: list[Any] = [
        {"points": [{"lon": "x", "lat": 1}]},
        {"points": [IN_WEST] * 10_001},
        {"points": [IN_WEST], "at": 5},
        {"points": [IN_WEST], "more": 1},
        {"points": None},
        [],
    ]
    for body in bad:
        assert (await admin.post("/grids/v1/resolve", json=body)).status_code == 422
    lon, lat = from_wgs84(121.405, 31.245, "bd09")
    mixed = {"points": [{"lon": lon, "lat": lat}, {**IN_WEST, "crs": "wgs84"}], "crs": "bd09"}
    items = (await admin.post("/grids/v1/resolve", json=mixed)).json()["items"]
    assert [item["overlays"]["police"]["grid"] for item in items] == ["A", "A"]
    assert (await admin.post("/grids/v1/resolve", json={"points": []})).json() == {"items": []}


async def test_before_there_is_any_fabric(one: Single, admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/grids/v1/resolve", params=IN_WEST)).status_code == 503
    assert (await admin.get("/grids/readyz")).status_code == 200
    assert (await get(admin, "overlays"))["items"] == []
    assert (await get(admin, "profile"))["name"] == "zhenru"


async def test_a_body_over_the_limit(database_url: str) -> None:
    more: dict[str, object] = {"grids_body_limit": 2000}
    async with single(build, GridsSettings, database_url, fabric=False, more=more) as one:
        http = await one.visitor("admin")
        await put(http, "overlays/police", collection(feature("A", WEST)))
        body = collection(feature("A", WEST, note="x" * 3000))
        assert (await http.put("/grids/v1/overlays/police", json=body)).status_code == 413


async def test_null_island_is_a_place_on_earth(admin: httpx.AsyncClient) -> None:
    """A tracker without a fix says 0,0: a question about it is answered, and spoils no batch."""
    await put(admin, "overlays/police", collection(feature("A", square(0, 0))))
    assert await held_by(admin, {"lon": 0, "lat": 0}) == "A"
    body = {"points": [{"lon": 0, "lat": 0}, {"lon": 1, "lat": 1}]}
    items = (await admin.post("/grids/v1/resolve", json=body)).json()["items"]
    assert [item["overlays"]["police"]["how"] for item in items] == ["inside", "none"]
    wrong = await admin.post("/grids/v1/resolve", json={"points": [{"lon": 31.2, "lat": 121.4}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/points/0")
