"""Norms of size, staffing and equipment: what is met, what is outside, by how much, and how it is said."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from services.fabric.model import GridEdition, Unit
from services.fabric.norms import Ground, Headcount, headcount, judge
from services.fabric.people import Person, Posting
from services.fabric.rules import Norm
from tests.harness.zhenru import AT, profile


def grid(
    overlay: str, code: str, unit: str | None = "U", households: int | None = None, **properties: Any
) -> GridEdition:
    return GridEdition(
        overlay, code, f"网格{code}", unit, box(0, 0, 1, 1), households=households, properties=properties
    )


def told(norm: Norm, ground: Ground) -> dict[str, Any]:
    (found,) = judge(profile().model_copy(update={"norms": (norm,)}), ground)
    return found


MICRO = next(norm for norm in profile().norms if norm.code == "micro_households")
WORKERS = next(norm for norm in profile().norms if norm.code == "community_workers")
MEMBER = Norm(
    code="member",
    text="",
    measure="people",
    overlay="micro",
    kinds=("专职网格员",),
    stated="full_time",
    least=1,
    most=1,
)
KIT = Norm(code="kit", text="", measure="equipment", overlay="micro", items={"ledger": "台账", "armband": "红袖标"})


def test_households_too_few_and_too_many() -> None:
    grids = [grid("micro", f"M{n}", households=n) for n in (299, 300, 500, 501)] + [grid("micro", "M")]
    found = told(MICRO, Ground({"micro": grids}))
    assert [(one["grid"], one["by"], one["said"]) for one in found["outside"]] == [
        ("M299", -1, "网格M299：299 户，比标准下限 300 户少 1 户"),
        ("M501", 1, "网格M501：501 户，比标准上限 500 户多 1 户"),
    ]
    assert (found["checked"], found["met"], found["unstated"]) == (4, 2, 1)
    assert found["said"] == "查了 4 个微网格，2 个不合标准；另有 1 个没有填户数（households）。"


def test_an_overlay_that_is_not_there_yet() -> None:
    found = told(MICRO, Ground({}))
    assert (found["checked"], found["said"]) == (0, "还没有微网格图层，没有查。")


def test_people_posted_to_the_grid_then_of_its_own_unit_then_what_the_grid_states() -> None:
    grids = [grid("micro", "A", "UA"), grid("micro", "B", "UB"), grid("micro", "C", "UC", full_time="2")]
    nobody = told(MEMBER, Ground({"micro": grids}))
    assert (nobody["checked"], nobody["unstated"]) == (1, 2)
    people = Headcount({("micro", "A"): {"专职网格员": 1, "志愿者": 9}}, {"UB": {"专职网格员": 3}})
    found = told(MEMBER, Ground({"micro": grids}, people=people))
    assert [(one["grid"], one["value"], one["by"]) for one in found["outside"]] == [("B", 3, 2), ("C", 2, 1)]
    gone = told(MEMBER, Ground({"micro": [*grids, grid("micro", "D", "UD")]}, people=people))
    assert gone["outside"][-1]["said"] == "网格D：0 人，比标准下限 1 人少 1 人"


def test_people_are_counted_where_they_are_posted_at_the_moment() -> None:
    ended = Posting("micro", "B", "专职网格员", valid_to=AT)
    people = [
        Person("P1", "U", "社区工作者", postings=(Posting("micro", "A", "专职网格员"), ended)),
        Person("P2", "U", "社区工作者"),
    ]
    counted = headcount(people, AT)
    assert counted.of_grid == {("micro", "A"): {"专职网格员": 1}}
    assert counted.of_unit == {"U": {"社区工作者": 2}}
    assert ("micro", "B") in headcount(people, AT - timedelta(days=1)).of_grid


def test_people_of_a_unit_with_several_grids_are_not_counted_for_each() -> None:
    grids = [grid("micro", "A", "U"), grid("micro", "B", "U")]
    found = told(MEMBER, Ground({"micro": grids}, people=Headcount({}, {"U": {"专职网格员": 2}})))
    assert (found["checked"], found["unstated"]) == (0, 2)


def test_workers_to_ten_thousand_residents_of_each_and_of_all() -> None:
    grids = [
        grid("community", "A", "UA", residents=5000, workers=9),
        grid("community", "B", "UB", residents="10000", workers=20),
        grid("community", "C", "UC", workers=1),
        grid("community", "D", "UD", residents=0, workers=1),
        grid("community", "E", "UE", residents=True, workers="many"),
    ]
    units = {"UC": Unit("UC", "丙", "community", properties={"residents": 1000})}
    found = told(WORKERS, Ground({"community": grids}, units))
    assert [(one["grid"], one["value"], one["by"]) for one in found["outside"]] == [("C", 10, -8)]
    assert found["overall"] == {"people": 30, "residents": 16_000, "value": 18.75, "by": 0}
    assert found["said"] == (
        "查了 3 个居民区，1 个不合标准；合起来每万人 18.75 名，达标；另有 2 个没有填常住人口（residents）或社区工作者人数。"
    )


def test_equipment_that_is_missing_is_named() -> None:
    grids = [grid("micro", "A", ledger=True, armband=True), grid("micro", "B", ledger=True), grid("micro", "C")]
    found = told(KIT, Ground({"micro": grids}))
    assert [(one["grid"], one["said"]) for one in found["outside"]] == [("B", "网格B：缺红袖标")]
    assert (found["least"], found["checked"], found["unstated"]) == (2, 2, 1)


@given(st.lists(st.one_of(st.none(), st.integers(0, 10_000)), max_size=30))
def test_every_grid_is_met_or_outside_or_unstated(households: list[int | None]) -> None:
    grids = [grid("micro", str(n), households=count) for n, count in enumerate(households)]
    found = told(MICRO, Ground({"micro": grids}))
    assert found["met"] + len(found["outside"]) + found["unstated"] == len(grids)
    for one in found["outside"]:
        assert one["value"] - one["by"] in (300, 500)
