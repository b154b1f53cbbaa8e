"""The card of a grid: what is told of it, by whom it is worked, and what lies within it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from shapely import box

from services.fabric.grid_card import card
from services.fabric.model import GridEdition
from services.fabric.overlay import Overlay
from services.fabric.people import Person, Posting
from services.fabric.snapshot import Fabric
from tests.harness.cities import city
from tests.harness.zhenru import AT, profile, zhenru

THEMES = {
    "G1": "社区治理精细提效",
    "G2": "和谐环境平安建设",
    "G3": "资源共享楼宇赋能",
    "G4": "慈善互助民主协商",
    "G5": "群团协同多元参与",
    "G6": "智慧服务数治社区",
}


def told(code: str, *people: Person, fabric: Fabric | None = None, overlay: str = "comprehensive") -> dict[str, Any]:
    here = replace(fabric or zhenru(), people={person.code: person for person in people})
    edition = here.grid(overlay, code, AT)
    assert edition is not None
    return card(here, edition, AT, lambda person: f"名{person.code}")


def posted(code: str, role: str, grid: str = "G4", unit: str = "ZR-G4", **more: Any) -> Person:
    return Person(code, unit, role, postings=(Posting("comprehensive", grid, role, **more),))


@pytest.mark.parametrize("code", THEMES)
def test_theme_branch_team_and_ground_of_each_comprehensive_grid(code: str) -> None:
    shown = told(code)
    assert shown["theme"] == shown["first_question"] == THEMES[code]
    assert shown["party_branch"]["code"] == f"ZR-{code}-PB"
    assert shown["party_branch"]["name"].endswith("街区党支部")
    assert [team["code"] for team in shown["volunteers"]["teams"]] == [f"ZR-{code}-VOL"]
    assert (shown["unit"]["code"], shown["chief"], shown["members"]["count"]) == (f"ZR-{code}", None, 0)
    assert shown["shops"] > 100
    assert shown["households_counted_in"] == "micro"
    micro = [e for e in zhenru().overlays["micro"].editions if e.parent == code]
    assert shown["beneath"]["micro"]["grids"] == len(micro)
    assert shown["households"] == sum(e.households or 0 for e in micro)


def test_everything_within_belongs_to_one_grid() -> None:
    cards = [told(code) for code in THEMES]
    for overlay in ("micro", "community"):
        grids = sum(one["beneath"][overlay]["grids"] for one in cards)
        assert grids == len(zhenru().overlays[overlay].editions)
    assert sum(one["estates"] for one in cards) == 36
    residents = sum(edition.properties["residents"] for edition in zhenru().overlays["community"].editions)
    assert sum(one["residents"] for one in cards) == residents
    assert told("G1")["brand"] == "守护万家烟火"


def test_chief_and_members_are_those_who_are_posted_at_the_moment() -> None:
    gone = posted("P3", "网格员", valid_to=AT)
    shown = told("G4", posted("P1", "网格长"), posted("P2", "网格员"), gone, posted("P4", "下沉人员", "G5", "ZR-G5"))
    assert shown["chief"] == {"code": "P1", "name": "名P1", "unit": "ZR-G4", "role": "网格长"}
    assert [one["code"] for one in shown["members"]["people"]] == ["P2", "P3"]
    assert shown["members"]["by_role"] == {"网格员": 2}, "P3 stays on the unit's staff"
    elsewhere = replace(gone, unit="ZR-DUTY")
    assert told("G4", elsewhere)["members"]["count"] == 0
    assert (
        told("G4", posted("P5", "网格员", valid_from=AT + timedelta(days=1), unit="ZR-DUTY"))["members"]["count"] == 0
    )


def test_a_unit_with_many_grids_lends_its_staff_to_none() -> None:
    shown = told("G4-M01", Person("P1", "ZR-G4", "网格员"), overlay="micro")
    assert (shown["members"]["count"], shown["households_counted_in"]) == (0, "micro")


def test_volunteers_are_counted_by_team() -> None:
    shown = told("G1", Person("V1", "ZR-C01", "居民", team="ZR-G1-VOL"), Person("V2", "ZR-C02", "居民"))
    assert shown["volunteers"]["count"] == 1


def test_the_overlays_beneath_are_those_of_the_citys_ladder() -> None:
    assert list(told("G4", fabric=city("beijing"))["beneath"]) == ["micro", "community"]
    assert told("G4", fabric=city("dexinyuan"))["beneath"]["micro"]["name"] == "小网格"


@pytest.mark.parametrize(
    ("properties", "field", "value"),
    [
        ({"theme": " "}, "theme", None),
        ({"theme": 7}, "theme", None),
        ({"theme": "甲", "first_question": "乙"}, "first_question", "乙"),
        ({"party_branch": "某街区党支部"}, "party_branch", {"code": None, "name": "某街区党支部"}),
        (
            {"chief": "由社区书记兼任"},
            "chief",
            {"code": None, "name": "由社区书记兼任", "unit": None, "role": "网格长"},
        ),
        ({"shops": "12"}, "shops", 12),
        ({"shops": -1}, "shops", 0),
        ({"shops": True}, "shops", 0),
        ({"shops": 12.0}, "shops", 12),
        ({"shops": float("inf")}, "shops", 0),
        ({"residents": "许多"}, "residents", None),
    ],
)
def test_properties_as_authorities_write_them(properties: dict[str, Any], field: str, value: Any) -> None:
    edition = GridEdition("comprehensive", "X", "某格", None, box(0, 0, 0.01, 0.01), properties=properties)
    fabric = replace(zhenru(), overlays={"comprehensive": Overlay("comprehensive", [edition])}, profile=profile())
    shown = card(fabric, edition, AT, lambda person: None)
    assert shown[field] == value
    assert (shown["unit"], shown["households"], shown["beneath"]) == (None, None, {})
