"""What a case says may be done to it is not refused for what the case itself rules out."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from services.dispatch.domain.clocks import find
from services.dispatch.domain.lifecycle import Standing
from services.dispatch.domain.may import may_now
from services.kit.problems import NotAllowedNow
from tests.unit.dispatch.casework import Casework

LEAD: frozenset[Standing] = frozenset({"lead"})
DESK: frozenset[Standing] = frozenset({"dispatcher"})


def ruled() -> Casework:
    one = Casework()
    one.do("return", reason="not_ours")
    one.do("rule", lead="ZR-MARKET", ground="职责清单第三条")
    return one


def returned() -> Casework:
    one = Casework()
    one.do("return", reason="not_ours")
    return one


def asked() -> Casework:
    one = Casework()
    one.do("sign")
    one.do("shelve", role="department", unit=one.case.lead, note="等工程")
    return one


@pytest.mark.parametrize(
    ("made", "standing", "barred", "free"),
    [
        pytest.param(Casework, LEAD, (), ("return", "transfer"), id="fresh"),
        pytest.param(ruled, LEAD, ("return", "transfer"), ("sign", "urge"), id="ruled"),
        pytest.param(ruled, DESK, ("return",), ("transfer", "rule"), id="ruled, for the desk"),
        pytest.param(returned, LEAD, ("transfer",), (), id="returned"),
        pytest.param(returned, DESK, (), ("transfer", "rule"), id="returned, for the desk"),
        pytest.param(asked, LEAD, ("shelve", "extend"), ("progress",), id="asked for"),
        pytest.param(asked, DESK, ("shelve", "extend"), ("approve", "refuse"), id="asked for, for the desk"),
    ],
)
def test_what_the_case_rules_out_is_not_offered(
    made: type[Casework], standing: Collection[Standing], barred: tuple[str, ...], free: tuple[str, ...]
) -> None:
    now = may_now(made().case, standing)
    assert not set(barred) & set(now)
    assert set(free) <= set(now)


def test_what_the_district_has_to_grant_is_offered_to_the_district_alone() -> None:
    one = Casework()
    one.do("sign")
    one.do("reclassify", concern="GL-02", **{"class": "hard"}, reason="要拆")
    resolve = find(one.case.clocks, "resolve")
    assert resolve is not None
    until = (resolve.due + timedelta(days=2)).isoformat()
    one.do("extend", role="department", unit=one.case.lead, until=until)
    assert not {"approve", "refuse"} & set(may_now(one.case, DESK))
    assert {"approve", "refuse"} <= set(may_now(one.case, DESK | {"district"}))


def test_nothing_to_agree_to_is_not_offered() -> None:
    one = Casework()
    one.do("sign")
    assert not {"approve", "refuse"} & set(may_now(one.case, DESK))


def test_a_refusal_offers_no_other_thing_that_would_be_refused() -> None:
    one = ruled()
    with pytest.raises(NotAllowedNow) as refused:
        one.do("return", role="department", unit=one.case.lead, reason="not_ours")
    allowed = refused.value.extra["allowed"]
    assert not {"return", "transfer"} & set(allowed)
