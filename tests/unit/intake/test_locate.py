"""Coordinates in each datum, addresses, and what the text itself names."""

import json

import pytest

from services.fabric.datum import CRS, from_wgs84
from services.fabric.metric import distance
from services.intake.domain.draft import GivenPosition
from services.intake.domain.locate import Located, locate, located_from
from tests.harness.zhenru import AT, SHOP, zhenru
from tests.unit.intake.drafts import draft


def _one(**more: object) -> Located:
    return locate(zhenru(), [draft(**more)], AT)[0]


@pytest.mark.parametrize("crs", CRS)
def test_every_datum_means_the_same_place(crs: str) -> None:
    lon, lat = from_wgs84(*SHOP, crs)
    found = _one(position=GivenPosition(lon, lat, crs))
    assert found.lon is not None
    assert found.lat is not None
    assert distance(found.lon, found.lat, *SHOP) < 0.1
    assert found.grids == _one(position=GivenPosition(*SHOP)).grids
    assert set(found.grids) >= {"comprehensive", "police", "duty", "market", "community"}
    assert (found.how, found.confidence, found.inside, found.fabric_version) == ("coordinates", 1.0, True, 1)


def test_datums_of_one_batch_do_not_mix() -> None:
    drafts = [draft(position=GivenPosition(*from_wgs84(*SHOP, crs), crs)) for crs in CRS]
    drafts.insert(2, draft(position=None, address=None, content="哪里都不是"))
    found = locate(zhenru(), drafts, AT)
    assert [one.how for one in found] == ["coordinates", "coordinates", "none", "coordinates", "coordinates"]
    assert len({tuple(sorted(one.grids.items())) for one in found if one.known}) == 1


def test_an_address_is_found() -> None:
    found = _one(position=None, address="兰溪路生鲜店")
    assert (found.how, found.name) == ("address", "兰溪路生鲜店")
    assert found.grids["comprehensive"]


def test_else_the_text_names_the_place() -> None:
    found = _one(position=None, address=None)
    assert (found.how, found.name) == ("content", "兰溪路生鲜店")


def test_what_the_address_puts_elsewhere_the_text_does_not_bring_back() -> None:
    found = _one(position=None, address="静安区兰溪路138号", content="兰溪路138号门口有人摆摊")
    assert (found.how, found.grids) == ("unclear", {})
    other = _one(position=None, address="静安区兰溪路138号", content="上海西站门口有人摆摊")
    assert (other.how, other.name) == ("content", "上海西站")


def test_coordinates_win_and_a_mismatch_is_flagged() -> None:
    far = _one(position=GivenPosition(SHOP[0] + 0.012, SHOP[1]), address="兰溪路生鲜店")
    assert far.how == "coordinates"
    assert far.mismatch is not None
    assert far.mismatch > 500
    assert far.as_json()["address_mismatch"] is True
    near = _one(address="兰溪路生鲜店")
    assert (near.mismatch, near.as_json()["address_mismatch"], near.name) == (None, False, "兰溪路生鲜店")


def test_an_unclear_place_has_no_grid() -> None:
    found = _one(position=None, address="兰溪路", content="太吵了")
    assert found.how == "unclear"
    assert not found.known
    assert found.grids == {}


def test_nothing_named_is_nowhere() -> None:
    found = _one(position=None, address=None, content="太吵了")
    assert (found.how, found.known, found.lon) == ("none", False, None)


def test_far_away_is_outside() -> None:
    found = _one(position=GivenPosition(116.4, 39.9))
    assert (found.known, found.inside, dict(found.grids)) == (True, False, {})


def test_no_drafts_no_answers() -> None:
    assert locate(zhenru(), [], AT) == []


def test_it_is_kept_as_json_and_read_again() -> None:
    found = _one(address="兰溪路生鲜店")
    assert located_from(json.loads(json.dumps(found.as_json()))) == found
