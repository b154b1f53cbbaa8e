"""The register of ownerless ground, without a database: what is found again, what bounces, where a place ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from services.fabric.model import GridEdition
from services.fabric.topology import examine
from services.grids.domain.bouncing import bounces
from services.grids.domain.following import FollowedCase, follow
from services.grids.domain.ground import Ground, Ruling, allowed, closed, found_again, held, ruled, text_of
from services.grids.domain.spots import SIDE_M, spot_of, square_of
from services.grids.domain.surveying import Finding, Survey, renew, survey
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Payload
from services.kit.contracts.registry import body_of
from tests.integration.grids.cases import Case

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
OUTLINE = box(121.40, 31.24, 121.42, 31.25)


def grid(code: str, west: float, east: float, unit: str | None = "U") -> GridEdition:
    return GridEdition("police", code, code, unit, box(west, 31.24, east, 31.25))


def surveyed(*grids: GridEdition) -> Survey:
    return survey("police", examine(grids, OUTLINE, frozenset({"U"})), grids, frozenset({"U"}))


def entry(finding: Finding, number: int = 1, **more: Any) -> Ground:
    told: dict[str, Any] = {
        "id": f"gr_{number}",
        "key": finding.key,
        "kind": finding.kind,
        "state": "open",
        "lon": finding.lon,
        "lat": finding.lat,
        "address": None,
        "overlays": (finding.overlay,),
        "grids": {},
        "area_m2": finding.area_m2,
        "shape": finding.shape,
        "first_seen": NOW,
        "last_seen": NOW,
    }
    return Ground(**(told | more))


def events(*told: Event) -> list[tuple[Event, Payload]]:
    return [(event, body_of(event)) for event in told]


def test_a_survey_names_each_kind() -> None:
    found = surveyed(grid("A", 121.40, 121.41), grid("B", 121.409, 121.415, None))
    assert [(finding.kind, finding.grids) for finding in found.findings] == [
        ("gap", ()),
        ("overlap", ("A", "B")),
        ("no_unit", ("B",)),
    ]
    assert found.cut == frozenset()
    gap, overlap, _ = found.findings
    assert gap.shape.symmetric_difference(box(121.415, 31.24, 121.42, 31.25)).area < 1e-12
    assert overlap.shape.symmetric_difference(box(121.409, 31.24, 121.41, 31.25)).area < 1e-12


def test_a_gap_is_known_by_its_ground_and_an_overlap_by_its_grids() -> None:
    before = surveyed(grid("A", 121.40, 121.41), grid("B", 121.409, 121.415))
    gap, overlap = before.findings
    known = [entry(gap, 1), entry(overlap, 2)]
    after = surveyed(grid("A", 121.40, 121.41), grid("B", 121.408, 121.417))
    renewal = renew(known, [after])
    assert [(ground.id, finding.kind) for ground, finding in renewal.seen] == [("gr_1", "gap"), ("gr_2", "overlap")]
    assert (renewal.new, renewal.gone) == ((), ())


def test_what_is_whole_again_is_gone_once() -> None:
    gap = surveyed(grid("A", 121.40, 121.41)).findings[0]
    whole = surveyed(grid("A", 121.40, 121.42))
    known = entry(gap)
    assert renew([known], [whole]).gone == (known,)
    assert renew([closed(known, None, NOW)], [whole]).gone == ()
    assert renew([known], []).gone == (known,), "its overlay is no more"


def test_a_gap_that_falls_in_two_is_one_old_and_one_new() -> None:
    gap = surveyed(grid("A", 121.40, 121.405)).findings[0]
    parted = surveyed(grid("A", 121.40, 121.405), grid("B", 121.41, 121.412))
    renewal = renew([entry(gap)], [parted])
    assert len(renewal.new) == len(renewal.seen) == 1
    assert renewal.seen[0][1].area_m2 > renewal.new[0].area_m2


def test_what_a_list_that_was_cut_does_not_name_is_not_gone() -> None:
    small, large = (
        Finding("police", "gap", (), m2, 121.4, 31.2, box(n, 0, n + 1, 1)) for n, m2 in ((0, 5.0), (5, 90.0))
    )
    listed = Finding("police", "gap", (), 50.0, 121.4, 31.2, box(9, 0, 10, 1))
    held_entries = [entry(small, 1), entry(large, 2)]
    cut = renew(held_entries, [Survey("police", (listed,), frozenset({"gap"}))])
    assert [ground.id for ground in cut.gone] == ["gr_2"]
    assert len(renew(held_entries, [Survey("police", (listed,), frozenset())]).gone) == 2


def test_steps_of_an_entry() -> None:
    found = entry(surveyed(grid("A", 121.40, 121.41)).findings[0])
    assert allowed("open") == ["hold", "rule", "close"]
    kept = held(found, "ZR", "desk", NOW)
    assert (kept.state, kept.holder, kept.version) == ("held", "ZR", 2)
    given_ = ruled(kept, Ruling("U", "图纸", "desk", NOW))
    assert (given_.state, given_.holder, allowed(given_.state)) == ("ruled", "ZR", ["rule", "close"])
    over = closed(given_, "desk", NOW)
    assert allowed(over.state) == []
    again = found_again(over, NOW + timedelta(days=1))
    assert (again.state, again.holder, again.closed_by, again.version) == ("open", None, None, 5)
    names = {"ZR": "真如镇街道", "U": "一组", None: "未定"}
    said = [text_of(one, lambda code: names[code]) for one in (found, kept, given_, over, closed(found, None, NOW))]
    assert said == [
        "police（无格覆盖）列入三不管地带台账",
        "police（无格覆盖）由真如镇街道代管",
        "police（无格覆盖）裁定归一组，依据：图纸",
        "police（无格覆盖）销号",
        "police（无格覆盖）已不再发现，自动销号",
    ]


@given(lon=st.floats(-179, 179), lat=st.floats(-85, 85))
def test_a_point_lies_in_the_square_that_it_names(lon: float, lat: float) -> None:
    spot = spot_of(lon, lat, {})
    assert spot is not None
    square = square_of(spot)
    assert square is not None
    west, south, east, north = square
    assert west - 1e-9 <= lon <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9
    assert (north - south) * 111_195 < SIDE_M * 1.01


def test_a_place_without_a_point_is_its_cell() -> None:
    cell = spot_of(None, None, {"police": "A", "market": "M"})
    assert cell == spot_of(None, None, {"market": "M", "police": "A"})
    assert cell != spot_of(None, None, {"police": "A"})
    assert cell is not None
    assert square_of(cell) is None
    assert spot_of(None, 31.2, {}) is None


def test_how_much_is_enough() -> None:
    assert not bounces({})
    assert not bounces({"returned": 1, "repeated": 1})
    assert bounces({"returned": 2})
    assert bounces({"repeated": 2})
    assert bounces({"unmet": 1})


def test_a_batch_is_folded_into_one_row_a_case() -> None:
    case = Case("case_1", 121.405, 31.245, "P1", orders=["a", "b"])
    followed = follow(
        events(
            *case.dispatched(),
            case.step("case.signed", timedelta(hours=1), state="signed"),
            case.step("case.returned", timedelta(hours=1), state="open"),
            case.step("case.ruled", timedelta(hours=1), state="dispatched", lead="P2"),
        )
    )
    (row,) = followed.cases
    assert (row.lead, row.state, row.settled, row.orders, row.fabric_version) == ("P2", "dispatched", True, 2, 1)
    assert row.changed_at - row.opened_at == timedelta(hours=3)
    assert [(sign.reason, sign.sequence) for sign in followed.signs] == [("returned", 4)]
    assert followed.begun == ("case_1",)


def test_a_case_that_is_over_and_one_that_is_opened_again() -> None:
    case = Case("case_1", 121.405, 31.245, "P1")
    over = follow(events(*case.dispatched(), case.step("case.closed", state="closed"))).cases[0]
    assert over.closed_at == over.changed_at
    late = follow(events(case.step("case.rechecked", timedelta(days=1)))).cases[0]
    assert late.closed_at == late.changed_at
    again = follow(events(case.step("case.reopened", timedelta(days=1), state="reopened")))
    assert again.cases[0].closed_at is None
    assert [sign.reason for sign in again.signs] == ["repeated"]


def test_an_event_that_says_nothing_of_the_lead_leaves_it_open_who_named_it() -> None:
    case = Case("case_1", None, None, "P1")
    row: FollowedCase = follow(events(case.step("case.signed", state="signed"))).cases[0]
    assert (row.settled, row.spot) == (None, None)
    assert replace(row, settled=True).settled
