"""The merged fabric, its crosswalk and its findings over HTTP."""

import asyncio
import json

import httpx
import shapely

from tests.harness.single import Single
from tests.harness.zhenru import SHOP
from tests.integration.grids.steps import collection, feature, get, load_zhenru, put, square

WEST, EAST = square(121.40, 31.24), square(121.41, 31.24)
G = "/grids/v1"


async def test_the_map_has_a_tag_and_a_window(one: Single, admin: httpx.AsyncClient) -> None:
    await load_zhenru(admin)
    whole = await admin.get(f"{G}/fabric")
    assert whole.headers["content-type"] == "application/geo+json"
    again = await admin.get(f"{G}/fabric", headers={"If-None-Match": f'W/{whole.headers["etag"]}, "x"'})
    assert (again.status_code, again.content) == (304, b"")
    window = await get(admin, "fabric", bbox=f"{SHOP[0] - 1e-3},{SHOP[1] - 1e-3},{SHOP[0]},{SHOP[1]}")
    assert 0 < window["cells"] == len(window["features"]) < whole.json()["cells"]
    told = await get(admin, "fabric/progress")
    assert told == {"version": whole.json()["version"], "done": 201, "of": 201}
    await put(admin, "overlays/police", collection(feature("NEW", WEST)), part=True)
    changed = await admin.get(f"{G}/fabric", headers={"If-None-Match": whole.headers["etag"]})
    assert changed.status_code == 200
    assert any(cell["properties"].get("doubled") for cell in changed.json()["features"])
    for bad in ("1,2,3", "a,b,c,d", "3,2,1,4", "nan,1,2,3", "0,0,200,1"):
        assert (await admin.get(f"{G}/fabric", params={"bbox": bad})).status_code == 422


async def test_many_who_ask_at_once_get_the_same(one: Single, admin: httpx.AsyncClient) -> None:
    await load_zhenru(admin)
    answers = await asyncio.gather(*(admin.get(f"{G}/fabric") for _ in range(4)))
    assert len({answer.content for answer in answers}) == 1


async def test_a_point_stands_on_one_cell(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST), feature("B", EAST)))
    inside = await get(admin, "fabric/cell", lon=121.405, lat=31.245)
    assert (inside["how"], inside["cell"]["properties"]["grids"]) == ("inside", {"police": "A"})
    assert shapely.from_geojson(json.dumps(inside["cell"]["geometry"])).contains(shapely.Point(121.405, 31.245))
    edge = await get(admin, "fabric/cell", lon=121.41, lat=31.245)
    assert (edge["how"], edge["others"], edge["cell"]["properties"]["grids"]) == ("boundary", 1, {"police": "A"})
    away = await get(admin, "fabric/cell", lon=SHOP[0], lat=32.0)
    assert (away["how"], away["cell"]) == ("none", None)
    assert (await admin.get(f"{G}/fabric/cell", params={"lon": 31.2, "lat": 121.4})).status_code == 422
    assert (await admin.get(f"{G}/fabric/cell", params={"lon": 121.4})).status_code == 422


async def test_the_crosswalk_page_by_page(one: Single, admin: httpx.AsyncClient) -> None:
    await load_zhenru(admin)
    params = {"from": "police", "to": "community"}
    whole = await get(admin, "crosswalk", **params)
    assert whole["next"] is None
    rows, cursor = [], None
    while True:
        page = await get(admin, "crosswalk", **params, limit=7, **({"cursor": cursor} if cursor else {}))
        rows += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert rows == whole["items"]
    shares: dict[str, float] = {}
    for row in rows:
        shares[row["from"]] = shares.get(row["from"], 0.0) + row["share_of_from"]
    assert all(abs(share - 1) < 1e-3 for share in shares.values())
    assert (await admin.get(f"{G}/crosswalk", params={"from": "police", "to": "none"})).status_code == 404
    assert (await admin.get(f"{G}/crosswalk", params={"from": "police"})).status_code == 422
    assert (await admin.get(f"{G}/crosswalk", params={**params, "cursor": "WzEsMl0"})).status_code == 400


async def test_gaps_and_doubles_with_their_ground(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST), feature("B", square(121.409, 31.24))))
    await put(admin, "overlays/community", collection(feature("C", WEST)))
    found = await get(admin, "fabric/findings", geometry=True)
    assert [(f["overlay"], f["kind"], f["grids"]) for f in found["items"]] == [
        ("community", "gap", []),
        ("police", "double", ["A", "B"]),
    ]
    for finding in found["items"]:
        ground = shapely.from_geojson(json.dumps(finding["geometry"]))
        assert ground.contains(shapely.Point(finding["lon"], finding["lat"]))
    first = await get(admin, "fabric/findings", limit=1)
    second = await get(admin, "fabric/findings", limit=1, cursor=first["next"])
    assert [first["items"][0]["kind"], second["items"][0]["kind"], second["next"]] == ["gap", "double", None]
    assert "geometry" not in first["items"][0]
    only = await get(admin, "fabric/findings", overlay="police", kind="gap")
    assert only["items"] == []
    assert (await admin.get(f"{G}/fabric/findings", params={"overlay": "none"})).status_code == 404
    assert (await admin.get(f"{G}/fabric/findings", params={"kind": "hole"})).status_code == 422
    assert (await admin.get(f"{G}/fabric/findings", params={"cursor": "WzEsMl0"})).status_code == 400
