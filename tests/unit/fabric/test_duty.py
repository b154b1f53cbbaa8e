"""Whom to call for a unit, over rosters, hours and what it belongs to."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from services.fabric.calendar import SHANGHAI
from services.fabric.duty import OnDuty, Post
from services.fabric.model import Unit
from services.fabric.roster import WEEKDAYS, Roster, Shift
from services.fabric.snapshot import Fabric
from services.fabric.units import UnitBook
from tests.harness.zhenru import zhenru

NOON = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
MIDNIGHT = NOON + timedelta(hours=12)
DESK = Unit("OPS", "城运中心", "street", "ZR", kind="operation", hours="24x7")
UNITS = (
    Unit("QP", "区", "district", hours="24x7"),
    Unit("ZR", "街道", "street", "QP", hours="08:30-18:00"),
    DESK,
    Unit("STATION", "派出所", "street", "ZR", hours="24x7"),
    Unit("TEAM", "一组", "street", "STATION"),
)


def roster(unit: str, *people: str, begins: int = 0, ends: int = 0) -> Roster:
    shift = Shift(time(begins), time(ends), people)
    return Roster(unit, (tuple((shift,) for _ in WEEKDAYS),), NOON.date())


def fabric(*rosters: Roster, units: tuple[Unit, ...] = UNITS) -> Fabric:
    book = UnitBook({unit.code: (unit,) for unit in units})
    there = book.at(NOON)
    return replace(
        zhenru(),
        units=there.in_force,
        former=there.former,
        book=book,
        rosters={one.unit: (one,) for one in rosters},
        views={},
    )


def asked(here: Fabric, unit: str, at: datetime = NOON) -> OnDuty:
    found = here.on_duty(unit, at)
    assert found is not None
    return found


def line(found: OnDuty) -> list[tuple[str, str | None]]:
    posts = [] if found.first is None else [found.first, *found.then]
    return [(post.unit, post.person) for post in posts]


def test_by_the_roster_then_whoever_follows() -> None:
    here = fabric(roster("TEAM", "A", "B", begins=8, ends=20), roster("STATION", "S1", "S2"), roster("OPS", "D1", "D2"))
    found = asked(here, "TEAM")
    assert (found.source, found.first) == ("roster", Post("TEAM", "A", NOON + timedelta(hours=8)))
    assert line(found) == [("TEAM", "A"), ("TEAM", "B"), ("STATION", "S1"), ("STATION", "S2"), ("OPS", "D1")]


def test_in_a_gap_hours_then_the_parent() -> None:
    here = fabric(roster("TEAM", "A", begins=8, ends=10))
    assert (asked(here, "TEAM").source, line(asked(here, "TEAM"))[0]) == ("hours", ("TEAM", None))
    at_night = asked(here, "TEAM", MIDNIGHT)
    assert (at_night.source, line(at_night)) == ("parent", [("STATION", None), ("OPS", None)])


def test_hours_say_until_when() -> None:
    here = fabric()
    assert asked(here, "ZR").first == Post("ZR", None, NOON + timedelta(hours=6))
    assert asked(here, "STATION").first == Post("STATION", None, None)
    assert asked(here, "TEAM").first == Post("TEAM", None, NOON + timedelta(hours=5))
    sunday = NOON - timedelta(days=1)
    assert asked(here, "ZR", sunday).source == "parent"
    assert line(asked(here, "ZR", sunday)) == [("QP", None), ("OPS", None)]


def test_the_desk_comes_last_even_when_it_is_shut() -> None:
    shut = tuple(replace(unit, hours="working") for unit in UNITS)
    assert line(asked(fabric(units=shut), "TEAM", MIDNIGHT)) == [("OPS", None)]
    assert line(asked(fabric(units=UNITS[:1]), "QP")) == [("QP", None)]


def test_a_unit_that_is_not_there() -> None:
    here = fabric(units=(*UNITS, Unit("GONE", "撤了", "street", "ZR", valid_to=NOON)))
    assert here.on_duty("NOBODY", NOON) is None
    assert here.on_duty("GONE", NOON) is None
    assert here.on_duty("GONE", NOON - timedelta(hours=1)) is not None


def test_nobody_is_called_twice() -> None:
    found = asked(fabric(roster("OPS", "D1", "D2")), "OPS")
    assert line(found) == [("OPS", "D1"), ("OPS", "D2"), ("ZR", None)]
