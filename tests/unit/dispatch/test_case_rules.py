"""The small pure parts: masking, standing, climbing, rates."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain import climbing, standing
from services.dispatch.domain.rates import BadPeriod, Tally, period, rates_of, score_of, total
from services.fabric.calendar import SHANGHAI
from tests.harness.zhenru import AT, profile, zhenru
from tests.unit.dispatch.casework import Casework


def test_who_sees_and_how_they_stand() -> None:
    case = replace(Casework().case, lead="ZR-DUTY-5", assists=("ZR-POLICE-4",), called=("ZR-FIRE-1",))

    def stands(role: str, unit: str | None) -> tuple[bool, set[str]]:
        reach = standing.reach_of(zhenru(), role, unit, AT)
        return standing.sees(reach, case), set(standing.standing_of(reach, case))

    assert stands("department", "ZR-DUTY-5") == (True, {"lead"})
    assert stands("department", "ZR-DUTY") == (True, {"lead"})
    assert stands("department", "ZR-POLICE") == (True, {"assist"})
    assert stands("department", "ZR-FIRE-1") == (True, {"called"})
    assert stands("department", "ZR-DUTY-4") == (False, set())
    assert stands("department", None) == (False, set())
    assert stands("grid_chief", "ZR-G4") == (True, {"grid"})
    assert stands("grid_chief", "ZR-G1") == (False, set())
    assert stands("community", "ZR-G4") == (False, set())
    assert stands("duty_desk", None) == (True, {"dispatcher"})
    assert stands("supervisor", None) == (True, {"dispatcher", "district"})
    assert stands("auditor", None) == (True, set())
    assert stands("source", None) == (False, set())
    case = replace(case, confidential=True)
    assert stands("department", "ZR-DUTY") == (True, {"lead"})
    assert not stands("department", "ZR-POLICE")[0]
    assert not stands("grid_chief", "ZR-G4")[0]


def test_up_the_ladder() -> None:
    case = replace(Casework().case, lead="ZR-C13", level="community")
    rungs = []
    while (rung := climbing.above(zhenru(), case, AT)) is not None:
        rungs.append((rung.level, rung.unit))
        case = replace(case, level=rung.level, lead=rung.unit)
    assert rungs == [("comprehensive", "ZR-G4"), ("street", "ZR-OPS"), ("district", "QP")]


def test_an_empty_level_is_passed_over() -> None:
    case = Casework().case
    place = case.place.model_copy(update={"grids": {}})
    rung = climbing.above(zhenru(), replace(case, place=place, level="community"), AT)
    assert rung is not None
    assert rung.level == "street"


def test_rates_by_the_profiles_formula() -> None:
    one = Tally(cases=4, to_contact=4, contacted=3, answered=4, resolved=3, satisfied=2, fair=1, due=4, on_time=2)
    found = rates_of(one, profile().rates)
    assert {code: rate.rate for code, rate in found.items()} == {
        "response": 0.75,
        "resolution": 0.75,
        "satisfaction": 0.625,
        "on_time": 0.5,
    }
    assert score_of(found, profile().rates) == pytest.approx(100 * (0.2 * 0.75 + 0.4 * 0.75 + 0.4 * 0.625))
    assert score_of(rates_of(Tally(cases=1, to_contact=1), profile().rates), profile().rates) is None


@given(
    st.lists(
        st.builds(Tally, cases=st.integers(0, 9), excluded=st.dictionaries(st.sampled_from("ab"), st.integers(1, 5)))
    )
)
def test_the_total_is_of_all(tallies: list[Tally]) -> None:
    whole = total(tallies)
    assert whole.cases == sum(one.cases for one in tallies)
    assert sum(whole.excluded.values()) == sum(sum(one.excluded.values()) for one in tallies)


def test_periods() -> None:
    assert period("2026-12") == (datetime(2026, 12, 1, tzinfo=SHANGHAI), datetime(2027, 1, 1, tzinfo=SHANGHAI))
    assert period("2026")[1] == datetime(2027, 1, 1, tzinfo=SHANGHAI)
    assert period("2026-02-28")[1] == datetime(2026, 3, 1, tzinfo=SHANGHAI)
    for bad in ("", "2026-13", "2026-02-30", "0001", "9999-12", "十一月", "2026-11-23-1", "２０２６", "-1", "2026-1-"):
        with pytest.raises(BadPeriod):
            period(bad)
