"""The whole of Zhenru through the API, and what is answered of it."""

import json
import random

import httpx
import numpy as np
import shapely

from services.fabric import entries as codec
from services.fabric.snapshot import Fabric
from services.fabric.snapshot import build as build_fabric
from tests.harness.single import Single
from tests.harness.zhenru import AT, OVERLAYS, SHOP, editions
from tests.integration.grids.steps import get, load_zhenru, topic


async def test_import_and_resolve(one: Single, admin: httpx.AsyncClient) -> None:
    answers = await load_zhenru(admin)
    assert [answers[overlay]["version"] for overlay in OVERLAYS] == list(range(3, 3 + len(OVERLAYS)))
    for overlay in OVERLAYS:
        counts = answers[overlay]["impact"]["counts"]
        assert counts == {"added": len(editions(overlay)), "changed": 0, "removed": 0, "unchanged": 0}
        assert answers[overlay]["topology"]["unknown_units"] == []
    one_point = await get(admin, "resolve", lon=SHOP[0], lat=SHOP[1])
    assert set(one_point) == {"as_of", "version", "zone", "overlays", "team"}
    assert one_point["version"] == 2 + len(OVERLAYS)
    assert one_point["as_of"] == AT.isoformat()
    assert set(one_point["overlays"]) == set(OVERLAYS)
    assert set(one_point["overlays"]["police"]) == {"grid", "name", "unit", "how", "also"}
    assert one_point["overlays"]["comprehensive"]["grid"] == "G4"
    assert {member["unit"] for member in one_point["team"]} >= {"ZR-G4"}

    dice = random.Random(7)
    points = [(dice.uniform(121.37, 121.42), dice.uniform(31.23, 31.27)) for _ in range(2000)]
    body = {"points": [{"lon": lon, "lat": lat} for lon, lat in points]}
    answer = await admin.post("/grids/v1/resolve", json=body)
    items = answer.json()["items"]
    assert len(items) == 2000
    assert items[0].keys() == one_point.keys()
    spots = shapely.points(np.array(points))
    for overlay in OVERLAYS:
        shapes = np.array([edition.geometry for edition in editions(overlay)], dtype=object)
        codes = np.array([edition.code for edition in editions(overlay)])
        for spot, item in zip(spots, items, strict=True):
            hit = item["overlays"][overlay]
            inside = set(codes[shapely.contains_properly(shapes, spot)].tolist())
            if inside:
                assert hit["how"] == "inside"
                assert {hit["grid"], *hit["also"]} >= inside
                assert hit["grid"] == min(inside)
            else:
                assert hit["how"] in ("boundary", "nearest", "none")
    same = await get(admin, "resolve", lon=points[5][0], lat=points[5][1])
    assert same == items[5]


async def test_address(one: Single, admin: httpx.AsyncClient) -> None:
    await load_zhenru(admin)
    found = await get(admin, "resolve", address="兰溪路生鲜店")
    assert found["match"]["confidence"] >= 0.5
    assert found["triage"] is False
    assert found["overlays"]["comprehensive"]["how"] == "inside"
    assert set(found["match"]) >= {"name", "kind", "lon", "lat", "confidence", "matched", "alternatives", "how"}
    nowhere = await get(admin, "resolve", address="查无此地")
    assert nowhere["match"] is None
    assert nowhere["triage"] is True
    assert nowhere["overlays"]["police"]["how"] == "none"


async def test_what_is_on_the_topic_is_what_is_answered(one: Single, admin: httpx.AsyncClient) -> None:
    """A copy that reads the topic from its beginning is the registry's own."""
    await load_zhenru(admin)
    await one.drain()
    held = {record.key: record.value for record in await topic(one.bus)}
    fabric = build_fabric({key: value for key, value in held.items() if value is not None})
    assert one.service.copy is not None
    own: Fabric | None = one.service.copy.current
    assert own is not None
    assert (fabric.version, fabric.hashes) == (own.version, own.hashes)
    assert len(fabric.units) == 131
    assert set(fabric.hashes) == {key for key in held if not key.startswith(codec.MANIFEST)}


async def test_lists_and_single_grids(one: Single, admin: httpx.AsyncClient) -> None:
    await load_zhenru(admin)
    overlays = (await get(admin, "overlays"))["items"]
    assert [row["overlay"] for row in overlays] == list(OVERLAYS)
    assert next(row for row in overlays if row["overlay"] == "police")["grids"] == len(editions("police"))
    first = await get(admin, "overlays", limit=4)
    second = await get(admin, "overlays", limit=100, cursor=first["next"])
    assert [row["overlay"] for row in first["items"] + second["items"]] == list(OVERLAYS)
    answer = await admin.get("/grids/v1/overlays/police")
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert {f["properties"]["code"] for f in answer.json()["features"]} == {e.code for e in editions("police")}
    again = await admin.put("/grids/v1/overlays/police", content=answer.content)
    assert again.json()["impact"]["counts"]["unchanged"] == len(editions("police"))
    assert again.json()["version"] == 2 + len(OVERLAYS)
    grid = await get(admin, "grids/police/PO1")
    assert grid["unit"] == "ZR-POLICE-1"
    assert shapely.from_geojson(json.dumps(grid["geometry"])).equals(editions("police")[0].geometry)
    assert len(grid["history"]) == 1
    assert (await admin.get("/grids/v1/grids/police/none")).status_code == 404
    assert (await admin.get("/grids/v1/overlays/none")).status_code == 404


async def test_cells_and_check(one: Single, admin: httpx.AsyncClient) -> None:
    await load_zhenru(admin)
    cells = await get(admin, "fabric")
    assert cells["cells"] == len(cells["features"]) > len(editions("micro"))
    for cell in cells["features"][:40]:
        assert set(cell["properties"]["grids"]) == set(OVERLAYS)
        spot = shapely.from_geojson(json.dumps(cell["geometry"])).representative_point()
        here = await get(admin, "resolve", lon=spot.x, lat=spot.y)
        for overlay, code in cell["properties"]["grids"].items():
            hit = here["overlays"][overlay]
            assert code == (hit["grid"] if hit["how"] in ("inside", "boundary") else None)
    few = await get(admin, "fabric", overlays="comprehensive")
    assert few["cells"] >= 6
    assert (await admin.get("/grids/v1/fabric", params={"overlays": "none"})).status_code == 404
    found = await get(admin, "check")
    assert (found["ownerless"], len(found["norms"])) == ([], 3)
    assert set(found["overlays"]) == set(OVERLAYS)
    assert found["overlays"]["police"]["counts"]["grids"] == len(editions("police"))
