"""Ownerless ground that was given to somebody: whom routing asks, and what it says of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from shapely.geometry import box

from services.dispatch.domain.ground import NOWHERE, ground_of, stirred
from services.dispatch.domain.routing.decide import Decision, decide
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.row import Row, When
from services.dispatch.domain.routing.table import RuleTable
from services.fabric import entries as codec
from services.fabric.manifest import encode_manifest
from services.fabric.model import GridEdition, Ruling
from services.fabric.resolve import resolve
from services.fabric.rulings import decode_ruling, encode_ruling
from services.fabric.snapshot import Fabric, build
from tests.harness.zhenru import AT, OVERLAYS, SHOP, editions, published, units

HERE = box(SHOP[0] - 0.001, SHOP[1] - 0.001, SHOP[0] + 0.001, SHOP[1] + 0.001)
MATTER = Matter("GL-03", "GL-03.shop", lon=SHOP[0], lat=SHOP[1])
DUTY = RuleTable(7, [Row(id="r", when=When(), lead=("grid:duty", "operation"))])
OWNER = RuleTable(7, [Row(id="r", when=When(), lead=("owner", "operation"))])
OURS = "ZR-DUTY-3"
SETTLED = Ruling("gr_1", "gap", ("duty",), {}, OURS, True, "红线内归责任网格", AT, HERE)
INTERIM = replace(SETTLED, settled=False, ground="", unit="ZR-PARTY")


def with_duty(change: object, rulings: Sequence[Ruling] = (), version: int = 1) -> Fabric:
    """The Zhenru data with another duty overlay (None: as it is), and what the register has given."""
    layers: dict[str, Sequence[GridEdition]] = {name: editions(name) for name in OVERLAYS}
    if change is not None:
        layers["duty"] = change(layers["duty"])  # type: ignore[operator]
    held = {k: v for k, v in published(layers, version, units()).items() if k.partition("/")[0] != codec.MANIFEST}
    held.update(encode_ruling(ruling) for ruling in rulings)
    hashes = {key: codec.entry_hash(value) for key, value in held.items()}
    return build(held | dict(encode_manifest(version, AT, hashes)))


def hole(layer: Sequence[GridEdition]) -> list[GridEdition]:
    return [replace(edition, geometry=edition.geometry.difference(HERE)) for edition in layer]


def nobody(layer: Sequence[GridEdition]) -> list[GridEdition]:
    return [replace(edition, unit=None) for edition in layer]


def doubled(layer: Sequence[GridEdition]) -> list[GridEdition]:
    return [*layer, GridEdition("duty", "DX", "另一格", "ZR-DUTY-1", HERE)]


def asked(fabric: Fabric, table: RuleTable = DUTY, matter: Matter = MATTER) -> Decision:
    return decide(fabric, table, matter, AT)


def test_a_gap_falls_to_the_street_until_somebody_is_given_it() -> None:
    lost = asked(with_duty(hole))
    assert (lost.lead, lost.fallback, lost.found_by) == ("ZR-OPS", True, "operation")
    held = asked(with_duty(hole, [INTERIM]))
    assert (held.lead, held.fallback, held.found_by) == ("ZR-PARTY", False, "grid:duty")
    assert "起裁定前由" in held.reason
    ruled = asked(with_duty(hole, [SETTLED]))
    assert (ruled.lead, ruled.fallback, ruled.inputs["rulings"]) == (OURS, False, {"duty": "gr_1"})
    assert "此处无格覆盖，2026-11-23 裁定归" in ruled.reason
    assert "红线内归责任网格" in ruled.reason
    assert ruled.reason.endswith("主办。")


def test_on_a_grid_the_ruling_of_a_gap_beside_it_says_nothing() -> None:
    whole, before = with_duty(None, [SETTLED]), asked(with_duty(None))
    assert asked(whole) == before
    beside = Matter("GL-03", "GL-03.shop", lon=SHOP[0] + 0.0012, lat=SHOP[1])
    assert asked(with_duty(hole, [SETTLED]), matter=beside).lead == asked(with_duty(hole), matter=beside).lead


def test_an_overlap_and_a_grid_of_nobody() -> None:
    (code,) = {e.code for e in editions("duty") if e.geometry.covers(HERE.centroid)}
    both = Ruling("gr_2", "overlap", ("duty",), {"duty": (code, "DX")}, OURS, True, "先建者先管", AT, HERE)
    assert asked(with_duty(doubled)).lead != OURS
    assert asked(with_duty(doubled, [both])).lead == OURS
    orphan = Ruling("gr_3", "no_unit", ("duty",), {"duty": (code,)}, OURS, False, "", AT, HERE)
    fabric = with_duty(nobody, [orphan])
    assert asked(with_duty(nobody)).lead == "ZR-OPS"
    assert asked(fabric).lead == OURS
    by_grids = Matter("GL-03", "GL-03.shop", grids={"duty": code})
    assert asked(fabric, matter=by_grids).lead == OURS


def test_a_place_that_bounced_takes_what_nobody_is_found_for() -> None:
    """A ruling about the place is no ruling about every authority's matters on it."""
    place = Ruling("gr_4", "bouncing", ("duty", "police"), {}, "ZR-PARTY", True, "党建办牵头", AT, HERE)
    fabric = with_duty(None, [place])
    assert asked(fabric, OWNER).lead == "ZR-PARTY"
    assert "党建办牵头" in asked(fabric, OWNER).reason
    assert asked(fabric).lead == asked(with_duty(None)).lead
    of_duty = replace(place, unit=OURS)
    assert asked(with_duty(None, [of_duty])).lead == OURS


def test_settled_before_interim_the_later_before_the_earlier_and_no_unit_that_has_ended() -> None:
    later = replace(SETTLED, id="gr_5", unit="ZR-DUTY-1", at=AT + timedelta(hours=1))
    gone = replace(later, id="gr_6", unit="NOBODY", at=AT + timedelta(hours=2))
    interim = replace(INTERIM, id="gr_7", at=AT + timedelta(hours=3))
    assert asked(with_duty(hole, [SETTLED, later, gone, interim])).lead == "ZR-DUTY-1"


def test_resolve_says_it_and_a_later_fabric_takes_it_over() -> None:
    first = with_duty(hole, [SETTLED])
    assert resolve(first, *SHOP, AT).as_json()["ruled"]["duty"]["unit"] == OURS
    assert "ruled" not in resolve(first, SHOP[0] + 0.01, SHOP[1], AT).as_json()
    assert decode_ruling(encode_ruling(SETTLED)[1]) == SETTLED
    assert first.rulings.near(np.array([0.0, SHOP[0]]), np.array([0.0, SHOP[1]])).keys() == {1}


@pytest.mark.parametrize(("before", "after"), [([], [SETTLED]), ([SETTLED], []), ([INTERIM], [SETTLED])])
def test_cases_on_the_ground_are_looked_at_again(before: list[Ruling], after: list[Ruling]) -> None:
    old, new = with_duty(hole, before), with_duty(hole, after, 2)
    new = replace(new, overlays=old.overlays)
    west, south, east, north = stirred(old, ground_of(old, AT), new, AT) or NOWHERE
    assert west < SHOP[0] < east
    assert south < SHOP[1] < north
