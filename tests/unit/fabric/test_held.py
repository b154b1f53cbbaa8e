"""What a process lets go once it has a fabric, and what a new fabric takes over from the one before."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from services.fabric import entries as codec
from services.fabric.held import spent
from services.fabric.manifest import complete_version, encode_manifest
from services.fabric.model import GridEdition
from services.fabric.resolve import resolve, resolve_many
from services.fabric.snapshot import build
from services.fabric.teams import team_of
from tests.harness.zhenru import AT, SHOP, published, zhenru_entries

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_grids_are_held_as_their_hashes_and_go_on_from_there() -> None:
    first = zhenru_entries(1)
    fabric = build(first)
    husks = spent(first, fabric)
    assert {key.partition("/")[0] for key in husks} == set(fabric.overlays)
    assert all(codec.entry_hash(husk) == codec.entry_hash(first[key]) for key, husk in husks.items())
    held = {**first, **husks}
    assert spent(held, fabric) == {}
    assert complete_version(held) == 1
    news = dict(codec.encode_grid([replace(fabric.overlays["police"].editions[0], unit="ZR-NEW")]))
    second = {**{k: v for k, v in first.items() if not k.startswith("manifest")}, **news}
    manifest = encode_manifest(2, AT, {k: codec.entry_hash(v) for k, v in second.items()})
    after, plain = build({**held, **news, **dict(manifest)}, fabric), build({**second, **dict(manifest)})
    assert after.hashes == plain.hashes
    assert after.overlays["police"].editions[0].unit == "ZR-NEW"
    assert resolve(after, *SHOP, AT) == resolve(plain, *SHOP, AT)
    # The ground is the same, so its shape and index are too.
    assert after.overlays["police"].geometries[0] is fabric.overlays["police"].geometries[0]
    assert after.overlays["duty"] is fabric.overlays["duty"]
    # A value the topic sends again is no longer the one that was let go.
    assert set(spent({**held, **news}, after)) == set(news)


def test_what_was_let_go_is_missed_only_without_the_fabric_before() -> None:
    entries = zhenru_entries(1)
    held = {**entries, **spent(entries, build(entries))}
    with pytest.raises(json.JSONDecodeError):
        build(held)


@st.composite
def maps(draw: st.DrawFn) -> dict[str, list[GridEdition]]:
    """Comprehensive grids in a row and police grids anywhere over them, some from or until a day."""
    day = st.sampled_from([None, None, NOW - timedelta(days=1), NOW + timedelta(days=1)])

    def grid(overlay: str, number: int, west: int, wide: int) -> GridEdition:
        since, until = draw(day), draw(day)
        if since and until and until <= since:
            since = None
        ground = box(121 + west / 1e3, 31, 121 + (west + wide) / 1e3, 31.01)
        unit = draw(st.sampled_from(["U1", "U2"]))
        return GridEdition(overlay, f"{number}", "格", unit, ground, valid_from=since, valid_to=until)

    police = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=4))
    return {
        "comprehensive": [grid("comprehensive", n, n * 10, 10) for n in range(draw(st.integers(1, 4)))],
        "police": [grid("police", n, west, wide) for n, (west, wide) in enumerate(police)],
    }


@settings(max_examples=100, deadline=None)
@given(maps(), maps(), st.booleans())
def test_a_team_outlives_a_change_elsewhere_and_only_that(
    old: dict[str, list[GridEdition]], new: dict[str, list[GridEdition]], only_police: bool
) -> None:
    before = build(published(old))
    moments = [NOW + timedelta(days=days) for days in (-3, 0, 3)]
    lons, lats = 121 + np.arange(9) / 200, np.full(9, 31.005)
    for at in moments:
        resolve_many(before, lons, lats, at)
    changed = {**old, "police": new["police"]} if only_police else new
    after = build(published(changed, version=2), before)
    for at in moments:
        for (index, era), team in after.teams.items():
            edition = after.overlays["comprehensive"].editions[index]
            if era == after.era(at) and edition.in_force(at):
                assert team == team_of(after.overlays, index, at)
        fresh = build(published(changed, version=2))
        assert [told.team for told in resolve_many(after, lons, lats, at)] == [
            told.team for told in resolve_many(fresh, lons, lats, at)
        ]


def test_an_untouched_team_is_not_worked_out_again() -> None:
    entries = zhenru_entries(1)
    before = build(entries)
    layers = {code: list(layer.editions) for code, layer in before.overlays.items()}
    for grid in layers["comprehensive"]:
        spot = grid.geometry.representative_point()
        resolve(before, spot.x, spot.y, AT)
    assert len(before.teams) == 6
    far = [
        replace(e, unit="NEW") if shapely.disjoint(e.geometry, layers["comprehensive"][0].geometry) else e
        for e in layers["micro"]
    ]
    after = build(published({**layers, "micro": far}, version=2), before)
    assert (0, after.era(AT)) in after.teams
    assert 0 < len(after.teams) < 6
