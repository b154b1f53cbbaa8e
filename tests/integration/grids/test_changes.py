"""The feed of changes: who changed what, from which file; the entries themselves don't know."""

import json
from typing import Any

import httpx

from services.fabric.manifest import complete_version
from services.kit.contracts.fabric import FabricPublished
from tests.harness.single import Single
from tests.integration.grids.steps import collection, feature, get, put, square, topic

WEST, EAST = square(121.40, 31.24), square(121.41, 31.24)


async def changes(http: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await get(http, "changes", **asked))["items"]
    return items


async def test_every_publication_is_told(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "units", [{"code": "U", "name": "甲", "level": "street"}])
    both = collection(feature("A", WEST), feature("B", EAST))
    await put(admin, "overlays/police", both, file="派出所.geojson")
    await put(admin, "overlays/police", both, file="again.geojson")
    await put(admin, "overlays/police", collection(feature("A", EAST)))
    first, second, third = await changes(admin)
    assert (first["version"], first["what"], first["counts"]["added"]) == (1, "units", 2)
    assert "unit/U" in first["codes"]["added"]
    assert (second["overlay"], second["file"], second["codes"]) == ("police", "派出所.geojson", {"added": ["A", "B"]})
    assert second["by"] == third["by"] != ""
    assert third["counts"] == {"added": 0, "changed": 1, "removed": 1}
    assert third["codes"] == {"changed": ["A"], "removed": ["B"]}
    assert third["file"] is None
    assert [one["version"] for one in await changes(admin, after=1)] == [2, 3]
    assert [one["version"] for one in await changes(admin, overlay="police")] == [2, 3]
    page = await get(admin, "changes", limit=2)
    assert [one["version"] for one in page["items"]] == [1, 2]
    assert [one["version"] for one in await changes(admin, cursor=page["next"])] == [3]
    assert (await get(admin, "changes", after=3)) == {"items": [], "next": None}


async def test_the_manifest_tells_it_and_no_entry_does(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST)), file="a.geojson")
    await one.drain()
    values = {record.key: record.value for record in await topic(one.bus) if record.value}
    told = FabricPublished.model_validate_json(values["manifest"])
    assert (told.what, told.overlay, told.file, told.counts) == (
        "overlay", "police", "a.geojson", {"added": 1, "changed": 0, "removed": 0},
    )  # fmt: skip
    assert told.by
    assert complete_version(values) == 1
    assert "by" not in json.loads(values["police/A"])


async def test_names_of_keys_are_for_all_and_their_ids_for_few(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "overlays/police", collection(feature("A", WEST)))
    desk, auditor = await one.visitor("duty_desk"), await one.visitor("auditor")
    assert "by_key" not in (await changes(desk))[0]
    assert (await changes(auditor))[0]["by_key"]
    async with one.visitor.anonymous() as nobody:
        assert (await nobody.get("/grids/v1/changes")).status_code == 401
    for asked in (
        {"after": -1},
        {"after": "x"},
        {"limit": 0},
        {"overlay": "\0"},
        {"cursor": "W3RydWVd"},
        {"cursor": "!"},
    ):
        assert (await admin.get("/grids/v1/changes", params=asked)).status_code in (400, 422), asked
