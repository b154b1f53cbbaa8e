"""双考核 over whistles made by hand."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.dispatch.domain.whistle import deadlines, nods, steps
from services.dispatch.domain.whistle.assessment import assess, cases_by_street, means, month_of, street_of, streets_of
from services.dispatch.domain.whistle.model import Marks, Nod, Whistle
from services.dispatch.schemas.assessing import assessment_json
from services.fabric.calendar import SHANGHAI
from tests.harness.zhenru import AT, profile, zhenru
from tests.unit.dispatch.whistle_making import LATER, blown

ROWS = profile().whistle.marks_of_unit


def a_month() -> list[Whistle]:
    """One heeded late by one of three, one that nobody heeded, one let go, one refused, one that waits, one cancelled."""
    heeded = blown("ZR-POLICE", "ZR-MARKET", "ZR-FIRE")
    heeded = steps.report_in(heeded, heeded.calls[0], AT, "").whistle
    heeded = deadlines.first_passed(heeded, AT + 2 * LATER).whistle
    heeded = steps.report_in(heeded, heeded.calls[1], AT + LATER, "").whistle
    for mark in (
        Marks("ZR-OPS", "ZR-POLICE", {"到场": 5, "配合": 4}, AT),
        Marks("ZR-POLICE", None, {"确有必要": 3}, AT),
    ):
        heeded = steps.evaluate(heeded, mark, "").whistle
    unheeded = deadlines.first_passed(blown("ZR-POLICE"), AT + LATER).whistle
    let_go = steps.decline(blown("ZR-POLICE"), blown("ZR-POLICE").calls[0], AT, "").whistle
    let_go = steps.release_unit(let_go, let_go.calls[0], "").whistle
    waiting = replace(blown("QP-ECO", unit="ZR-G4"), nod=Nod("waiting"))
    refused = nods.refused(replace(blown("QP-ECO", unit="ZR-C13"), nod=Nod("waiting")), "城运中心", AT, "").whistle
    cancelled = steps.cancel(blown("ZR-MARKET"), "").whistle
    return [heeded, unheeded, let_go, waiting, refused, cancelled]


def test_each_call_has_one_fate() -> None:
    found = assess(zhenru(), a_month(), {}, AT + 3 * LATER)
    units = {one.unit: one for one in found.units}
    assert set(units) == {"ZR-POLICE", "ZR-MARKET", "ZR-FIRE"}, "a whistle called off or never agreed to judges nobody"
    assert units["ZR-POLICE"].fates == Counter(on_time=1, missing=1, let_go=1)
    assert units["ZR-MARKET"].fates == Counter(late=1)
    assert units["ZR-FIRE"].fates == Counter(missing=1)
    for one in found.units:
        assert sum(one.fates.values()) == one.called
    police = assessment_json(zhenru(), found)["units"][2]
    assert (police["unit"], police["on_time_rate"], police["declined"]) == ("ZR-POLICE", 0.5, 1)
    assert police["marks"] == {"by": {"到场": 5, "配合": 4}, "mean": 4.5, "of": 1}
    assert police["small_sample"]


def test_a_call_that_is_not_due_yet_is_open_and_judges_nobody() -> None:
    found = assess(zhenru(), [blown("ZR-POLICE")], {}, AT)
    assert found.units[0].fates == Counter(open=1)
    assert assessment_json(zhenru(), found)["units"][0]["on_time_rate"] is None


def test_whoever_blew() -> None:
    blowers = {one.unit: one for one in assess(zhenru(), a_month(), {}, AT + 3 * LATER).blowers}
    desk = blowers["ZR-OPS"]
    assert (desk.blown, desk.cancelled, desk.met, desk.outside_catalogue) == (4, 1, 1, 4)
    assert (blowers["ZR-G4"].waiting, blowers["ZR-C13"].refused) == (1, 1)
    assert means(profile().whistle.marks_of_whistle, desk.marks).means == {"确有必要": 3}


@pytest.mark.parametrize(("cases", "verdict"), [(1000, "too_few"), (100, "fitting"), (10, "too_many"), (0, None)])
def test_too_many_or_too_few(cases: int, verdict: str | None) -> None:
    (street,) = assess(zhenru(), a_month(), {"ZR": cases}, AT).streets
    assert (street.street, street.whistles, street.verdict) == ("ZR", 4, verdict)


def test_whose_ground_a_case_is_on() -> None:
    fabric = zhenru()
    streets = streets_of(fabric)
    assert streets == {"ZR"}
    assert street_of(fabric, "ZR-G4", streets) == "ZR"
    assert street_of(fabric, "ZR-POLICE", streets) is None, "a bureau's station stands in the street and is not of it"
    opened = [(None, "ZR-DUTY-3", 3), (None, "QP-TRAFFIC", 2), ("gone", None, 1)]
    assert cases_by_street(fabric, opened, AT) == {"ZR": 6}


@pytest.mark.parametrize("told", ["2026", "2026-13", "2026-1", "2026-11-01", "", "二〇二六", "９０２６-11", "1999-01"])
def test_what_is_no_month(told: str) -> None:
    assert month_of(told) is None


def test_a_month_is_of_shanghai() -> None:
    assert month_of("2026-12") == (
        datetime(2026, 12, 1, tzinfo=SHANGHAI),
        datetime(2027, 1, 1, tzinfo=SHANGHAI),
    )
    assert month_of("2026-02") == (datetime(2026, 2, 1, tzinfo=SHANGHAI), datetime(2026, 3, 1, tzinfo=SHANGHAI))


def test_means_keep_the_profiles_order_and_old_names_come_last() -> None:
    given = [
        Marks("a", "b", {"旧项": 2, "实效": 4}, AT),
        Marks("c", "b", {"到场": 1, "实效": 5}, AT + timedelta(days=1)),
    ]
    found = means(ROWS, given)
    assert list(found.means.items()) == [("到场", 1), ("实效", 4.5), ("旧项", 2)]
    assert found.mean == 2.5
    assert means(ROWS, []).mean is None
