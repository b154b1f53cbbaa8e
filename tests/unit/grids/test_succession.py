"""What follows what when a file comes in."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from shapely import box

from services.fabric.model import GridEdition
from services.grids.domain.succession import MOST_ENDED, Layer, Succession, layer_of, succeed

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NEXT_YEAR, LAST_YEAR = NOW + timedelta(days=365), NOW - timedelta(days=365)
LONG = timedelta(days=3650)
HERE, THERE = box(0, 0, 1, 1), box(0, 0, 2, 1)


def grid(code: str = "A", ground: Any = HERE, **more: Any) -> GridEdition:
    return GridEdition("police", code, more.pop("name", code), more.pop("unit", None), ground, **more)


def came(*held: GridEdition, file: list[GridEdition], part: bool = False, now: datetime = NOW) -> Succession:
    return succeed(layer_of(held), file, now, part=part, kept_for=LONG)


def spans(layer: Layer, code: str = "A") -> list[tuple[datetime | None, datetime | None]]:
    return [(edition.valid_from, edition.valid_to) for edition in layer[code]]


def test_the_first_of_its_code_is_always_in_force() -> None:
    done = came(file=[grid()])
    assert done.added == ("A",)
    assert spans(done.after) == [(None, None)]


def test_a_replaced_grid_keeps_its_past() -> None:
    done = came(grid(), file=[grid(ground=THERE)])
    assert done.changed == ("A",)
    assert spans(done.after) == [(None, NOW), (NOW, None)]
    assert [edition.geometry for edition in done.after["A"]] == [HERE, THERE]


def test_replaced_twice_in_one_moment() -> None:
    first = came(grid(), file=[grid(ground=THERE)])
    second = succeed(first.after, [grid(unit="U")], NOW, part=False, kept_for=LONG)
    assert spans(second.after) == [(None, NOW), (NOW, None)]
    assert second.after["A"][1].unit == "U"


def test_the_same_again_changes_nothing() -> None:
    turned = HERE.reverse()
    done = came(grid(), file=[grid(ground=turned)])
    assert (done.unchanged, dict(done.after)) == (("A",), {})


def test_other_words_about_the_same_ground_make_no_new_edition() -> None:
    done = came(grid(households=10), file=[grid(households=20, properties={"note": "x"})])
    assert done.changed == ("A",)
    assert spans(done.after) == [(None, None)]
    assert done.after["A"][0].households == 20


@pytest.mark.parametrize("other", [{"name": "B"}, {"unit": "U"}, {"parent": "P"}, {"properties": {"zone": "block"}}])
def test_what_a_point_would_be_answered_makes_an_edition(other: dict[str, Any]) -> None:
    assert len(came(grid(), file=[grid(**other)]).after["A"]) == 2


def test_missing_grids_end_now() -> None:
    done = came(grid(), grid("B"), file=[grid()])
    assert (done.removed, done.unchanged) == (("B",), ("A",))
    assert spans(done.after, "B") == [(None, NOW)]


def test_a_part_leaves_the_rest() -> None:
    done = came(grid(), grid("B"), file=[grid("C")], part=True)
    assert (done.added, done.removed, set(done.after)) == (("C",), (), {"C"})


def test_an_ended_grid_that_comes_again_was_not_there_in_between() -> None:
    done = came(grid(valid_to=LAST_YEAR), file=[grid()])
    assert done.added == ("A",)
    assert spans(done.after) == [(None, LAST_YEAR), (NOW, None)]


def test_what_starts_later_lets_the_old_go_on_until_then() -> None:
    done = came(grid(), grid("B"), file=[grid(ground=THERE, valid_from=NEXT_YEAR)])
    assert done.moment == NEXT_YEAR
    assert spans(done.after) == [(None, NEXT_YEAR), (NEXT_YEAR, None)]
    assert spans(done.after, "B") == [(None, NEXT_YEAR)]


def test_stated_dates_in_the_past_cut_what_was_there() -> None:
    done = came(grid(), file=[grid(ground=THERE, valid_from=LAST_YEAR)])
    assert spans(done.after) == [(None, LAST_YEAR), (LAST_YEAR, None)]


def test_a_stated_end_ends_the_grid() -> None:
    done = came(grid(), file=[grid(valid_to=NEXT_YEAR)])
    assert spans(done.after) == [(None, NEXT_YEAR)]


def test_what_is_planned_beyond_the_stated_end_stays() -> None:
    held = (grid(valid_to=NEXT_YEAR), grid(ground=THERE, valid_from=NEXT_YEAR))
    assert came(*held, file=[held[0]]).unchanged == ("A",)


def test_two_editions_of_one_file() -> None:
    done = came(grid(unit="U"), file=[grid(valid_to=NEXT_YEAR), grid(ground=THERE, valid_from=NEXT_YEAR)])
    assert spans(done.after) == [(None, NOW), (NOW, NEXT_YEAR), (NEXT_YEAR, None)]


def test_a_new_code_for_the_same_ground_is_told() -> None:
    done = came(grid(), file=[grid("B", ground=HERE.reverse())])
    assert done.recoded == (("A", "B"),)


def test_a_new_code_on_ground_that_another_gives_up_begins_now() -> None:
    renamed = came(grid("Z"), file=[grid("A", ground=HERE.reverse())])
    assert spans(renamed.after) == [(NOW, None)]
    assert spans(renamed.after, "Z") == [(None, NOW)]
    split = came(grid("Z", ground=THERE), file=[grid("Z"), grid("A", ground=box(1, 0, 2, 1))])
    assert spans(split.after) == [(NOW, None)]
    beside = came(grid("Z"), grid("Y", ground=box(5, 5, 6, 6)), file=[grid("Z"), grid("A", ground=box(1, 0, 2, 1))])
    assert spans(beside.after) == [(None, None)]
    part = came(grid("Z"), file=[grid("A")], part=True)
    assert spans(part.after) == [(None, None)]
    dated = came(grid("Z"), file=[grid("A", valid_from=LAST_YEAR)])
    assert spans(dated.after) == [(LAST_YEAR, None)]


def test_history_is_bounded_in_time_and_number() -> None:
    old = grid(valid_to=NOW - LONG - timedelta(days=1))
    assert came(old, file=[]).after == {"A": ()}
    layer: Layer = {}
    for day in range(MOST_ENDED + 10):
        done = succeed(layer, [grid(unit=f"U{day}")], NOW + timedelta(days=day), part=False, kept_for=LONG)
        layer = {**layer, **done.after}
    assert len(layer["A"]) == MOST_ENDED + 1
    assert layer["A"][-1].unit == f"U{MOST_ENDED + 9}"


def test_editions_never_have_a_time_in_common() -> None:
    layer: Layer = {}
    files = [
        [grid()],
        [grid(ground=THERE, valid_from=NEXT_YEAR)],
        [grid(unit="U", valid_from=LAST_YEAR, valid_to=NOW)],
        [grid(unit="V")],
        [grid(unit="W", valid_to=NEXT_YEAR)],
    ]
    for file in files:
        layer = {**layer, **succeed(layer, file, NOW, part=True, kept_for=LONG).after}
        ends = [(e.valid_from or datetime.min.replace(tzinfo=UTC), e.valid_to) for e in layer["A"]]
        for (_, until), (since, _) in pairwise(ends):
            assert until is not None
            assert until <= since
