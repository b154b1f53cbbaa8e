"""Large bodies, read without lists of numbers."""

import json

import numpy as np
import pytest

from services.fabric.boundaries import read_boundaries
from services.grids.domain.collection import NotJson, parse_collection
from services.grids.domain.telling import collection_json, grid_properties
from tests.harness.zhenru import DATA, OVERLAYS, editions


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_reads_as_plain_json_does(overlay: str) -> None:
    read = read_boundaries(parse_collection((DATA / f"{overlay}.geojson").read_bytes()), overlay)
    assert read.faults == ()
    assert read.editions == editions(overlay)


def test_rings_are_arrays() -> None:
    told = parse_collection(b'{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}')
    assert isinstance(told["coordinates"][0][0], np.ndarray)


@pytest.mark.parametrize(
    "coordinates",
    [
        "[[[0,0],[1]]]",
        "[[0,0]]",
        '[[["a","b"]]]',
        "{}",
        "null",
        "[[[1e999,0],[1,0],[1,1],[1e999,0]]]",
        "[[[%s,0]]]" % (10**400),
    ],
)
def test_what_is_no_ring_is_left_for_the_sentence(coordinates: str) -> None:
    head = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"A","name":"A"},'
    body = head + '"geometry":{"type":"Polygon","coordinates":' + coordinates + "}}]}"
    faults = read_boundaries(parse_collection(body.encode()), "police").faults
    assert len(faults) == 1
    assert faults[0].pointer.startswith("/features/0/geometry")


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\xfa", b'{"a":NaN}', b"[" * 100_000, b'{"a":Infinity}'])
def test_no_json(raw: bytes) -> None:
    with pytest.raises(NotJson):
        parse_collection(raw)


def test_what_is_told_reads_back_the_same() -> None:
    told = collection_json([(grid_properties(e), e.geometry) for e in editions("market")], name="市场")
    assert json.loads(told)["name"] == "市场"
    assert read_boundaries(parse_collection(told.encode()), "market").editions == editions("market")
