"""主办、协办 each for their part; who may give a matter to whom."""

import itertools
from datetime import timedelta

import pytest

from services.dispatch.domain import parts
from services.dispatch.domain.standing import reach_of
from services.dispatch.schemas.cases import Asked
from services.dispatch.usecases.acting import Command, perform
from services.kit.keys import Caller
from services.kit.problems import Problem
from tests.harness.zhenru import profile, zhenru
from tests.unit.dispatch.casework import Casework


def at_work() -> Casework:
    one = Casework()
    one.do("sign")
    return one


def test_an_assigned_part_is_owed_until_its_unit_says_it_is_done() -> None:
    one = at_work()
    one.do("assign", to="ZR-MARKET-1", need="查证照", role="department", unit=one.case.lead)
    assert "ZR-MARKET-1" in one.case.assists
    states = {part.unit: state for part, state in parts.shown(one.case)}
    assert states["ZR-MARKET-1"] == "owed"
    assert set(states.values()) == {"owed", "helping"}
    with pytest.raises(Problem, match="分办的还没有办完") as refused:
        one.do("resolve", measures="已劝导")
    assert refused.value.code == "parts_owed"
    one.do("progress", role="department", unit="ZR-MARKET-1", part_done=True, note="证照齐全")
    assert parts.owed(one.case) == []
    assert "办完自己的一份：证照齐全" in one.events[-1].data["text"]
    one.do("resolve", measures="已劝导")
    assert one.state == "resolved"


def test_the_lead_may_finish_before_a_part_if_it_says_why() -> None:
    one = at_work()
    one.do("assign", to="ZR-MARKET-1", need="查证照")
    one.do("resolve", measures="已劝导", unfinished="证照另案办理")
    assert "分办的未完：证照另案办理" in one.events[-1].data["text"]


def test_without_an_assigned_part_nobody_waits() -> None:
    one = at_work()
    assert one.case.assists
    one.do("resolve", measures="已劝导")
    assert one.state == "resolved"


@pytest.mark.parametrize("need", ["", None])
def test_an_assignment_says_what_and_never_to_the_lead(need: str | None) -> None:
    one = at_work()
    with pytest.raises(Problem) as refused:
        one.do("assign", to="ZR-MARKET-1", need=need)
    assert refused.value.errors[0]["pointer"] == "/need"
    with pytest.raises(Problem) as refused:
        one.do("assign", to=one.case.lead, need="查证照")
    assert "主办单位" in refused.value.errors[0]["detail"]


def test_a_helper_acts_on_its_part_alone() -> None:
    one = at_work()
    one.do("assign", to="ZR-MARKET-1", need="查证照")
    reach = reach_of(zhenru(), "department", "ZR-MARKET-1", one.now)

    def tried(action: str, **fields: object) -> Problem:
        asked = Asked.model_validate({"action": action, **fields})
        command = Command("case_1", asked, Caller("k", "乙", "department", "ZR-MARKET-1"), one.now)
        with pytest.raises(Problem) as refused:
            perform(one.work(), one.case, command, reach)
        return refused.value

    for action in (
        "sign",
        "contact",
        "return",
        "transfer",
        "assign",
        "extend",
        "defer",
        "shelve",
        "resolve",
        "explain",
    ):
        assert tried(action, measures="x", to="ZR-POLICE-4").status == 403
    assert tried("progress", part_done=True, unit="ZR-POLICE-4").status == 403
    lead = one.case.lead
    with pytest.raises(Problem, match="只有协办单位"):
        one.do("progress", role="department", unit=lead, part_done=True)


def test_every_party_may_give_to_whom_the_table_says() -> None:
    kinds = {
        "ZR-C13": "community",
        "ZR-G4": "grid",
        "ZR-DUTY-5": "department",
        "QP-TRAFFIC": "department",
        "ZR-OPS": "street",
        "QP": "district",
        "PROP-2": "property",
        "OWN-LAMP": "owner",
        None: "street",
    }
    for unit, kind in kinds.items():
        assert parts.party_of(zhenru(), unit) == kind
    for by, to in itertools.product(kinds, [unit for unit in kinds if unit]):
        refused = parts.may_not_dispatch(zhenru(), by, to)
        assert (refused is None) is profile().may_dispatch(kinds[by], kinds[to])
    assert parts.may_not_dispatch(zhenru(), "ZR-C13", "QP-TRAFFIC") is None
    assert parts.may_not_dispatch(zhenru(), "ZR-C13", "ZR-C20") is not None


def test_a_department_sends_nothing_down_to_a_community_but_by_the_desk() -> None:
    one = Casework()
    with pytest.raises(Problem, match="派单权限表") as refused:
        one.do("transfer", role="department", unit=one.case.lead, to="ZR-C13")
    assert refused.value.code == "dispatch_refused"
    assert "transfer" not in refused.value.extra["allowed"]
    one.do("transfer", role="duty_desk", to="ZR-C13")
    assert one.case.lead == "ZR-C13"


def test_a_community_gives_to_a_department_and_the_street_is_told() -> None:
    one = Casework()
    one.do("transfer", role="duty_desk", to="ZR-C13")
    one.wait(timedelta(minutes=5))
    one.do("transfer", role="community", unit="ZR-C13", to="ZR-POLICE-4")
    assert {"ZR-C13", "ZR-OPS"} <= set(one.case.assists)
