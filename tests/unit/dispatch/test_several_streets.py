"""A district of two streets: what comes back, climbs or is looked at goes to the centre of the case's own street."""

from dataclasses import replace

import pytest

from services.dispatch.domain import climbing
from services.dispatch.domain.checking import verifier
from services.dispatch.models import Case
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.work import Work
from services.fabric.model import Unit
from services.fabric.snapshot import Fabric
from tests.harness.zhenru import AT, zhenru
from tests.unit.dispatch.casework import Casework

HERE, THERE = "A-OPS", "B-OPS"
NEW = (
    Unit("ZX", "真新街道办事处", "street", "QP", kind="office"),
    Unit(HERE, "真如镇街道城运中心", "street", "ZR", kind="operation"),
    Unit(THERE, "真新街道城运中心", "street", "ZX", kind="operation"),
)


def district(*moved: str) -> Fabric:
    """Zhenru and a second street, to which the `moved` units belong."""
    known = {code: unit for code, unit in zhenru().units.items() if code != "ZR-OPS"}
    known |= {unit.code: unit for unit in NEW}
    known |= {code: replace(known[code], parent="ZX") for code in moved}
    return replace(zhenru(), units=known, views={})


def dispatcher(fabric: Fabric, case: Case) -> str:
    return Work(Record(AT), fabric, AT, b"secret").dispatcher(case)


@pytest.fixture
def case() -> Case:
    """Its community is ZR-C13, its comprehensive grid ZR-G4, its duty squad ZR-DUTY-5."""
    return Casework().case


# Every unit of the place that belongs to a street itself; the departments' belong to the district by their own line.
PLACE = ("ZR-C13", "ZR-G4", "ZR-DUTY", "ZR-PARTY", "ZR-MEDIATION")


def test_what_is_sent_back_goes_to_its_own_street(case: Case) -> None:
    assert dispatcher(district(), case) == HERE
    assert dispatcher(district(*PLACE), case) == THERE


def test_what_climbs_to_the_street_goes_to_its_own(case: Case) -> None:
    low = replace(case, level="comprehensive")
    assert climbing.above(district(), low, AT) == climbing.Rung(HERE, "street")
    assert climbing.above(district(*PLACE), low, AT) == climbing.Rung(THERE, "street")


def test_the_centre_that_looks_is_its_own_streets(case: Case) -> None:
    rules = zhenru().profile.after_resolve.model_copy(update={"verifiers": ("operation",)})
    profile = zhenru().profile.model_copy(update={"after_resolve": rules})
    for known, wanted in ((district(), HERE), (district(*PLACE), THERE)):
        assert verifier(replace(known, profile=profile, views={}), case, case.lead, AT) == wanted


def test_a_place_on_no_grid_is_told_by_its_lead(case: Case) -> None:
    nowhere = replace(case, place=case.place.model_copy(update={"grids": {}}), lead="ZR-C13")
    assert dispatcher(district("ZR-C13"), nowhere) == THERE
    assert dispatcher(district(), nowhere) == HERE


def test_where_nothing_tells_it_is_the_first(case: Case) -> None:
    nowhere = replace(case, place=case.place.model_copy(update={"grids": {}}), lead=None)
    assert dispatcher(district(), nowhere) == HERE


def test_a_community_asks_its_own_street() -> None:
    known = district("ZR-C13")
    assert [climbing.dispatcher(known, [unit]) for unit in ("ZR-C13", "ZR-C14")] == [THERE, HERE]
    assert climbing.centre(known, "street", ["ZR-C13"]) == THERE


def test_one_street_has_one_centre(case: Case) -> None:
    assert dispatcher(zhenru(), case) == climbing.dispatcher(zhenru()) == "ZR-OPS"


def test_where_streets_are_an_overlay_the_office_leaves_it_to_its_centre(case: Case) -> None:
    known = district()
    streets = known.overlays["comprehensive"]  # its grids stand in for streets: G4 is the office's ground
    known = replace(known, overlays={**known.overlays, "street": streets}, views={})
    low = replace(case, level="community", place=case.place.model_copy(update={"grids": {"street": "G4"}}))
    assert climbing.holder(known, low, "street", AT) == "ZR-G4"
    centre = Unit("C-OPS", "兰溪城运中心", "street", "ZR-G4", kind="operation")
    assert (
        climbing.holder(replace(known, units={**known.units, "C-OPS": centre}, views={}), low, "street", AT) == "C-OPS"
    )
