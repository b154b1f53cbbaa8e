"""The small pure parts: masking, standing, climbing, rates."""

from dataclasses import replace

from services.dispatch.domain import climbing, standing
from tests.harness.zhenru import AT, zhenru
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
