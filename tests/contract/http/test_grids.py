"""Boundaries, units and whose ground a point is on, as an operator and a caller meet them: the contract's "Grids"."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import numpy as np
import pytest
import shapely

from services.fabric.datum import from_wgs84
from tests.contract.http.town import SHOP, Town, ok

G = "/grids/v1"
Json = dict[str, Any]


def square(west: float, south: float, side: float = 0.01) -> Json:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code: Any, geometry: Any, **more: Any) -> Json:
    told = {"code": code, "name": f"网格{code}", "unit": None} | more
    return {"type": "Feature", "properties": told, "geometry": geometry}


def layer(*features: Json, **more: Any) -> Json:
    return {"type": "FeatureCollection", "features": list(features)} | more


def problem(answer: httpx.Response, status: int) -> Json:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: Json = answer.json()
    assert told["code"]
    return told


def pointers(answer: httpx.Response) -> list[str]:
    return [error["pointer"] for error in problem(answer, 422)["errors"]]


async def put(
    town: Town, overlay: str, told: Any, headers: Mapping[str, str] | None = None, **query: str
) -> httpx.Response:
    admin = await town.key("admin")
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    return await admin.put(f"{G}/overlays/{overlay}", content=raw, params=query, headers=headers)


async def here(town: Town, lon: float, lat: float, overlay: str, **query: str) -> Json:
    admin = await town.key("admin")
    told = ok(await admin.get(f"{G}/resolve", params={"lon": lon, "lat": lat, **query}))
    return dict(told["overlays"][overlay])


async def test_a_point_has_a_grid_of_each_overlay_and_a_team(town: Town) -> None:
    anybody = await town.key("volunteer")
    told = ok(await anybody.get(f"{G}/resolve", params=SHOP))
    assert set(told) == {"as_of", "version", "zone", "overlays", "team"}
    for hit in told["overlays"].values():
        assert set(hit) == {"grid", "name", "unit", "how", "also"}
        assert hit["how"] in ("inside", "boundary", "nearest", "none")
    assert told["overlays"]["police"]["unit"].startswith("ZR-POLICE")
    shares = [member["share"] for member in told["team"]]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= 1 for share in shares)
    for crs in ("gcj02", "bd09", "cgcs2000"):
        lon, lat = from_wgs84(SHOP["lon"], SHOP["lat"], crs)
        other = ok(await anybody.get(f"{G}/resolve", params={"lon": lon, "lat": lat, "crs": crs}))
        assert other["overlays"] == told["overlays"]
    named = ok(await anybody.get(f"{G}/resolve", params={"address": "兰溪路生鲜店"}))
    assert named["overlays"]["community"] == told["overlays"]["community"]
    nowhere = ok(await anybody.get(f"{G}/resolve", params={"address": "没有这个地方的路"}))
    assert {hit["how"] for hit in nowhere["overlays"].values()} == {"none"}


async def test_ten_thousand_points_are_where_geometry_says(town: Town) -> None:
    """Forty by forty squares in New York, one with a hole, one in two parts; points inside, on edges and corners, near
    and far. Shapely, point by point, is the judge."""
    west, south, step, n = -74.05, 40.60, 0.01, 40
    edges_x, edges_y = west + step * np.arange(n + 1), south + step * np.arange(n + 1)
    grids: dict[str, Any] = {}
    for i in range(n):
        for j in range(n):
            box = shapely.box(edges_x[i], edges_y[j], edges_x[i + 1], edges_y[j + 1])
            grids[f"N{i:02}-{j:02}"] = box
    hole = shapely.box(edges_x[5] + 0.003, edges_y[5] + 0.003, edges_x[5] + 0.006, edges_y[5] + 0.006)
    grids["N05-05"] = grids["N05-05"].difference(hole)
    grids["N00-00"] = shapely.union_all([grids["N00-00"], shapely.box(west - 0.03, south, west - 0.02, south + step)])
    told = layer(*(feature(code, json.loads(shapely.to_geojson(ground))) for code, ground in grids.items()))
    assert ok(await put(town, "ny_grid", told, wait="true"))["topology"]["counts"]["grids"] == n * n
    dice = np.random.default_rng(7)
    lons = dice.uniform(west - 0.06, west + step * n + 0.03, 10_000)
    lats = dice.uniform(south - 0.03, south + step * n + 0.03, 10_000)
    lons[:400], lats[:400] = dice.choice(edges_x, 400), dice.choice(edges_y, 400)
    lons[400:800] = dice.choice(edges_x, 400)
    points = [{"lon": lon, "lat": lat} for lon, lat in zip(lons.tolist(), lats.tolist(), strict=True)]
    admin = await town.key("admin")
    items = ok(await admin.post(f"{G}/resolve", json={"points": points}))["items"]
    codes, shapes = list(grids), np.array(list(grids.values()))
    spots, tree = shapely.points(lons, lats), shapely.STRtree(shapes)
    holding: list[set[str]] = [set() for _ in points]
    for spot, grid in zip(*tree.query(spots, predicate="dwithin", distance=1e-9), strict=True):
        holding[spot].add(codes[grid])
    scale = np.array([111_195.08 * np.cos(np.radians(40.8)), 111_195.08])
    for item, held, spot in zip(items, holding, spots, strict=True):
        hit = item["overlays"]["ny_grid"]
        if held:
            assert {hit["grid"], *hit["also"]} == held
            assert hit["how"] == ("boundary" if len(held) > 1 else "inside")
            assert hit["grid"] == min(held)
        else:
            near = shapes[tree.query(shapely.buffer(spot, 0.01))]
            away = min((shapely.distance(shapely.transform(g, lambda p: p * scale), shapely.Point(*(np.array(spot.coords[0]) * scale))) for g in near), default=1e9)  # fmt: skip
            assert (hit["how"] == "nearest") == (away <= 50) or abs(away - 50) < 0.5
            assert (hit["grid"] is None) == (hit["how"] == "none")


async def test_what_can_not_be_resolved(town: Town) -> None:
    admin = await town.key("admin")
    queries: list[Json] = [
        {}, {"lon": 121.4}, {"lon": "x", "lat": 1}, {"lon": "nan", "lat": 1}, {"lon": 181, "lat": 1},
        {"lon": SHOP["lat"], "lat": SHOP["lon"]}, SHOP | {"crs": "epsg"}, SHOP | {"at": "soon"},
        SHOP | {"at": "2026-11-23"}, SHOP | {"address": "兰溪路"}, {"address": ""},
    ]  # fmt: skip
    for query in queries:
        assert pointers(await admin.get(f"{G}/resolve", params=query))
    post = f"{G}/resolve"
    assert pointers(await admin.post(post, json={"points": [SHOP] * 10_001})) == ["/points"]
    assert pointers(await admin.post(post, json={"points": [SHOP, {"lon": 31.2, "lat": 121.4}]})) == ["/points/1"]
    assert pointers(await admin.post(post, json={"points": [None]})) == ["/points/0"]
    assert ok(await admin.post(post, json={"points": []})) == {"items": []}
    assert len(ok(await admin.post(post, json={"points": [SHOP], "crs": None, "at": None}))["items"]) == 1
    assert len(ok(await admin.post(post, content=json.dumps({"points": [SHOP]}).encode()))["items"]) == 1
    problem(await admin.post(post, content=b'{"points":[', headers={"content-type": "application/json"}), 400)
    problem(await admin.post(post, content=b"points=1", headers={"content-type": "text/plain"}), 415)


async def test_preview_part_and_history(town: Town) -> None:
    """A new code on another's ground does not change whose it was."""
    seen = ok(await put(town, "beats", layer(feature("Z", square(10, 10))), preview="true"))
    assert {"version", "topology", "impact"} <= set(seen)
    problem(await (await town.key("admin")).get(f"{G}/overlays/beats"), 404)
    ok(
        await put(
            town, "beats", layer(feature("Z", square(10, 10), unit="ZR", colour="red"), feature("Y", square(10.02, 10)))
        )
    )
    assert (await here(town, 10.005, 10.005, "beats"))["grid"] == "Z"
    before = town.now.isoformat()
    await town.pass_by(minutes=5)
    etag = (await (await town.key("admin")).get(f"{G}/overlays/beats")).headers["etag"]
    part = layer(feature("X", square(10.04, 10)))
    problem(await put(town, "beats", part, {"If-Match": '"1"'}, part="true"), 412)
    assert ok(await put(town, "beats", part, {"If-Match": etag}, part="true"))["impact"]["added"] == ["X"]
    renamed = layer(feature("A", square(10, 10)), feature("X", square(10.04, 10)))
    impact = ok(await put(town, "beats", renamed))["impact"]
    assert (impact["added"], impact["removed"], impact["unchanged"]) == (["A"], ["Y", "Z"], ["X"])
    assert (await here(town, 10.005, 10.005, "beats"))["grid"] == "A"
    past = await here(town, 10.005, 10.005, "beats", at=before)
    assert (past["grid"], past["also"], past["unit"]) == ("Z", [], "ZR")
    admin = await town.key("admin")
    old = ok(await admin.get(f"{G}/grids/beats/Z", params={"at": before}))
    assert old["properties"] == {"colour": "red"}
    problem(await admin.get(f"{G}/grids/beats/Z"), 404)
    then = (town.now + timedelta(days=40)).isoformat()
    dated = layer(feature("A", square(10, 10), valid_to=then), feature("B", square(10, 10), valid_from=then))
    ok(await put(town, "beats", dated))
    assert (await here(town, 10.005, 10.005, "beats"))["grid"] == "A"
    assert (await here(town, 10.005, 10.005, "beats", at=then))["grid"] == "B"


async def test_an_overlay_without_its_datum_or_with_another(town: Town) -> None:
    metres = {
        "type": "Polygon",
        "coordinates": [[[13514e3, 366e4], [13515e3, 366e4], [13515e3, 3661e3], [13514e3, 366e4]]],
    }
    assert pointers(await put(town, "plane", layer(feature("A", metres)))) == ["/features/0/geometry/coordinates"]
    swapped = {"type": "Polygon", "coordinates": [[[31.2, 121.4], [31.3, 121.4], [31.3, 121.5], [31.2, 121.4]]]}
    assert pointers(await put(town, "plane", layer(feature("A", swapped)))) == ["/features/0/geometry/coordinates"]
    problem(await put(town, "plane", layer(feature("A", square(121.6, 31.0))), crs="epsg"), 422)
    ok(await put(town, "martian", layer(feature("A", square(121.6, 31.0))), crs="gcj02", wait="true"))
    assert (await here(town, 121.605, 31.005, "martian", crs="gcj02"))["grid"] == "A"
    west = (await here(town, 121.6001, 31.005, "martian"))["how"]
    assert west == "inside"
    assert (await here(town, 121.6091, 31.005, "martian"))["how"] != "inside"


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        (feature("", square(20, 10)), "/properties/code"),
        (feature("A", square(20, 10), name=None), "/properties/name"),
        (feature("A", square(20, 10), households=-1), "/properties/households"),
        (feature("A", square(20, 10), valid_from="soon"), "/properties/valid_from"),
        (feature("A", square(20, 10), unit=[1]), "/properties/unit"),
        (feature("A", None), "/geometry"),
        (feature("A", {"type": "Point", "coordinates": [20, 10]}), "/geometry"),
        (feature("A", {"type": "Polygon", "coordinates": []}), "/geometry/coordinates"),
        (feature("A", {"type": "Polygon", "coordinates": [[["20", 10], [21, 10], [21, 11], ["20", 10]]]}), "/geometry/coordinates"),
        (feature("A", {"type": "Polygon", "coordinates": [[[20, 10], [21, 10], [21, 11]]]}), "/geometry/coordinates"),
        (5, ""),
    ],
)  # fmt: skip
async def test_every_bad_feature_is_named_and_nothing_takes_effect(town: Town, bad: Any, pointer: str) -> None:
    good = feature("G", square(21, 10))
    answer = await put(town, "spoilt", layer(good, bad, good))
    assert pointers(answer) == [f"/features/1{pointer}", "/features/2/properties/code"]
    problem(await (await town.key("admin")).get(f"{G}/overlays/spoilt"), 404)


async def test_invalid_rings_are_mended_only_when_asked(town: Town) -> None:
    bow = {"type": "Polygon", "coordinates": [[[20, 10], [21, 11], [21, 10], [20, 11], [20, 10]]]}
    still_open = {"type": "Polygon", "coordinates": [[[22, 10], [23, 10], [23, 11], [22, 11]]]}
    told = layer(feature("A", bow), feature("B", still_open))
    assert len(pointers(await put(town, "mended", told))) == 2
    mended = ok(await put(town, "mended", told, mend="true", preview="true"))
    assert [note["kind"] for note in mended["topology"]["notes"]] == ["mended", "mended"]
    assert mended["topology"]["without_unit"] == ["A", "B"]


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"type":"FeatureCollection"}', b"NaN"]
)
async def test_what_is_no_collection(town: Town, raw: bytes) -> None:
    answer = await put(town, "nothing", raw)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)
    for overlay in ("Police", "a-b", "unit", "a" * 41):
        assert pointers(await put(town, overlay, layer())) == ["/overlay"]


async def test_a_new_overlay_works_at_once_everywhere(town: Town) -> None:
    """`wait=true`: the very next order is placed by it; so far from home, too, and swapped there is seen."""
    ok(await put(town, "brooklyn", layer(feature("BK", square(-73.99, 40.66))), wait="true"))
    order = await town.order(location={"lon": -73.985, "lat": 40.665}, address=None)
    assert order["located"]["grids"]["brooklyn"] == "BK"
    body = {
        "external_id": "swapped-1", "channel": "hotline_12345", "content": "噪声", "reported_at": town.now.isoformat(),
        "location": {"lon": 40.665, "lat": -73.985},
    }  # fmt: skip
    assert pointers(await (await town.source()).post("/intake/v1/orders", json=body)) == ["/location/lon"]
    admin = await town.key("admin")
    assert ok(await admin.get("/readyz"))["ready"] is True
    cells = ok(await admin.get(f"{G}/fabric", params={"overlays": "brooklyn"}))
    assert [cell["properties"]["grids"] for cell in cells["features"]] == [{"brooklyn": "BK"}]


async def test_the_check_tells_topology_norms_and_ownerless_ground(town: Town) -> None:
    ok(await put(town, "torn", layer(feature("A", square(30, 10)), feature("B", square(30.005, 10), unit="ZR"))))
    told = ok(await (await town.key("auditor")).get(f"{G}/check"))
    assert told["overlays"]["torn"]["counts"]["overlaps"] == 1
    assert {norm["code"] for norm in told["norms"]} >= {"micro_households"}
    mine = [(place["kind"], place["grids"]) for place in told["ownerless"] if place["overlay"] == "torn"]
    assert mine == [("no_unit", ["A"]), ("overlap", ["A", "B"])]


async def test_units_as_rows_and_one_by_one(town: Town) -> None:
    admin = await town.key("admin")
    row = {
        "code": "T-1",
        "name": "测试站",
        "level": "street",
        "parent": "QP",
        "guided_by": "",
        "hours": "",
        "aliases": ["站"],
    }
    made = await admin.put(f"{G}/units/T-1", json=row)
    assert (ok(made, 201)["parent"], made.headers["etag"]) == ("QP", '"1"')
    assert (
        await admin.put(f"{G}/units/T-1", json=row | {"name": "新名"}, headers={"If-Match": '"1"'})
    ).status_code == 200
    for tag in ('"1"', '"nonsense"'):
        problem(await admin.put(f"{G}/units/T-1", json=row, headers={"If-Match": tag}), 412)
    assert pointers(await admin.put(f"{G}/units/a b", json=row)) == ["/code"]
    assert pointers(await admin.put(f"{G}/units/{'x' * 65}", json=row)) == ["/code"]
    for wrong, pointer in (
        ({"level": "planet"}, "/level"),
        ({"parent": "T-1"}, "/parent"),
        ({"hours": "25:00"}, "/hours"),
    ):
        assert pointers(await admin.put(f"{G}/units/T-1", json=row | wrong)) == [pointer]
    bad = [row, {"code": "T-2", "name": "", "level": "street"}, row | {"code": "T-3", "level": "planet"}, row]
    assert pointers(await admin.put(f"{G}/units", json=bad)) == ["/1/name", "/2/level", "/3/code"]
    places = [
        {"name": "甲", "kind": "shop", "lon": "x", "lat": 31.2},
        {"name": "乙", "kind": "shop", "lon": 31.2, "lat": 121.4},
    ]
    assert pointers(await admin.put(f"{G}/gazetteer", json=places)) == ["/0/lon", "/1"]
    assert pointers(await admin.put(f"{G}/calendar", json={"days": {"soon": True}})) == ["/days/soon"]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = ok(await admin.get(f"{G}/units", params={"limit": 50} | ({"cursor": cursor} if cursor else {})))
        seen += [unit["code"] for unit in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(set(seen))
    assert "T-1" in seen


async def test_reading_is_for_every_key_and_writing_for_the_administrator(town: Town) -> None:
    anonymous = town.running.visitor.anonymous()
    paths = (
        "overlays",
        "overlays/police",
        "grids/police/PO1",
        "fabric",
        "check",
        "crosswalk?from=police&to=community",
        "fabric/cell?lon=121.4&lat=31.2",
        "fabric/findings",
        "fabric/progress",
        "units",
        "units/QP",
        "gazetteer",
        "calendar",
        "profile",
    )
    for path in paths:
        problem(await anonymous.get(f"{G}/{path}"), 401)
    for role in ("source", "department", "auditor"):
        reader = await town.key(role, "ZR-POLICE")
        assert [(await reader.get(f"{G}/{path}")).status_code for path in paths[:3]] == [200, 200, 200]
        for method, path in (("PUT", "overlays/x"), ("PUT", "units/X"), ("GET", "keys"), ("POST", "keys")):
            body = {"name": "x", "level": "street"} if path.startswith("units") else {"name": "x", "role": "admin"}
            problem(await reader.request(method, f"{G}/{path}", json=body if method != "GET" else None), 403)
    admin = await town.key("admin")
    assert "（隶属）" in problem(await admin.delete(f"{G}/units/QP"), 409)["detail"]
    refused = await admin.delete(f"{G}/profile")
    problem(refused, 405)
    assert refused.headers["allow"] == "GET"
    problem(await admin.get(f"{G}/overlays/nowhere"), 404)
    problem(await admin.get(f"{G}/nothing"), 404)
