"""The borders that a preview draws: only of what differs, at most so many."""

from dataclasses import replace

from shapely.affinity import translate

from services.grids.domain import borders as module
from services.grids.domain.borders import borders
from tests.harness.zhenru import editions


def test_only_grids_that_differ_are_drawn_on_their_side() -> None:
    before = editions("police")
    moved = replace(before[0], geometry=translate(before[0].geometry, 0.001, 0))
    other = replace(before[1], unit="ELSEWHERE")
    new = replace(before[3], code="NEW")
    told = borders(before, (moved, other, before[2], new, *before[4:]))
    assert told["total"] == 4
    assert [f["properties"]["code"] for f in told["before"]["features"]] == [e.code for e in (*before[:2], before[3])]
    assert [f["properties"]["code"] for f in told["after"]["features"]] == [before[0].code, before[1].code, "NEW"]
    (lon, lat), *_ = told["after"]["features"][0]["geometry"]["coordinates"][0]
    assert (round(lon, 6), round(lat, 6)) == (lon, lat)


def test_nothing_differs_and_nothing_was_there() -> None:
    same = borders(editions("police"), editions("police"))
    assert (same["total"], same["before"]["features"], same["after"]["features"]) == (0, [], [])
    fresh = borders((), editions("police"))
    assert (fresh["total"], len(fresh["after"]["features"])) == (8, 8)


def test_of_very_many_only_the_first_are_drawn() -> None:
    grid = editions("police")[0]
    many = [replace(grid, code=f"G{n}") for n in range(module.MOST_DRAWN + 5)]
    told = borders((), many)
    assert told["total"] == module.MOST_DRAWN + 5
    assert len(told["after"]["features"]) == module.MOST_DRAWN
