"""督办单, from issue to 销号, under a time that the test moves."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from services.dispatch.domain import clocks, slips
from services.dispatch.domain.lifecycle import Standing
from services.dispatch.domain.slips import SLIP_ACTIONS, STEPS
from services.dispatch.repository.columns import case_of, case_row
from services.kit.contracts.registry import TYPES
from services.kit.problems import Problem
from tests.unit.dispatch.casework import Casework


def supervised(days: int = 3, **more: Any) -> Casework:
    one = Casework()
    one.do("sign")
    one.do("supervise", due=(one.now + timedelta(days=days)).isoformat(), note="请说明为什么还在扰民", **more)
    return one


def test_issued_answered_and_struck_off() -> None:
    one = supervised()
    [slip] = one.case.course.slips
    assert (slip.number, slip.level, slip.unit, slip.state) == ("case_1-1", "street", one.case.lead, "issued")
    told = one.events[-1].data
    assert told["text"].startswith("街道督办单第1号：请说明为什么还在扰民，")
    assert told["slip"]["number"] == slip.number
    resolve = clocks.find(one.case.clocks, "resolve")
    assert resolve is not None
    assert resolve.due == slip.due, "what the slip demands is due with it"
    one.slip("reply", role="department", unit=one.case.lead, note="已约店主，电话 13800000000")
    assert "13800000000" not in one.events[-1].data["text"]
    assert one.events[-1].data["clock"]["state"] == "met"
    one.slip("refuse", note="没有写整改")
    assert [held.state for held in one.case.course.slips] == ["issued"]
    one.slip("reply", role="department", unit=one.case.lead, note="店主承诺二十二时后不卸货")
    one.slip("close", note="")
    assert [held.state for held in one.case.course.slips] == ["closed"]
    assert one.names()[-4:] == ["case.slip_replied", "case.slip_refused", "case.slip_replied", "case.slip_closed"]


def test_yellow_red_then_talks_then_a_circular_each_once() -> None:
    one = supervised(days=4)
    one.wait(timedelta(days=10))
    lights = [e.name for e in one.events if e.data.get("clock") and e.data["clock"]["kind"] == "slip"]
    assert lights == ["case.warned", "case.overdue"]
    desk = frozenset[Standing]({"dispatcher"})
    assert slips.allowed(one.case.course.slips[0], desk, False) == ["reply", "summon"]
    one.slip("summon")
    assert slips.allowed(one.case.course.slips[0], desk, False) == ["reply", "circulate"]
    one.slip("circulate")
    assert slips.allowed(one.case.course.slips[0], desk, False) == ["reply"]
    one.slip("reply", role="department", unit=one.case.lead)
    assert one.events[-1].data["clock"]["state"] == "late"
    one.slip("close")
    one.wait(timedelta(days=30))
    assert [e.name for e in one.events if e.name in ("case.summoned", "case.circulated")] == [
        "case.summoned",
        "case.circulated",
    ]


def test_an_outage_tells_red_alone() -> None:
    one = supervised(days=3)
    one.now += timedelta(days=9)
    one.sweep()
    lights = [e.name for e in one.events if e.data.get("clock") and e.data["clock"]["kind"] == "slip"]
    assert lights == ["case.overdue"]


def test_several_slips_of_one_case_and_each_by_its_level() -> None:
    one = supervised(role="duty_desk")
    one.do("supervise", role="supervisor", due=(one.now + timedelta(days=9)).isoformat())
    first, second = one.case.course.slips
    assert (first.level, second.level, second.number) == ("street", "district", "case_1-2")
    replied = slips.done(second, "reply", "已办", one.now)
    street = frozenset[Standing]({"dispatcher"})
    district = frozenset[Standing]({"dispatcher", "district"})
    assert "close" not in slips.allowed(replied, street, False)
    assert "close" in slips.allowed(replied, district, False)
    with pytest.raises(Problem, match="由区里签发"):
        one.do("supervise", role="duty_desk", level="city", due=(one.now + timedelta(days=9)).isoformat())


def test_only_its_unit_or_the_desk_answers() -> None:
    [slip] = supervised().case.course.slips
    nobody, desk = frozenset[Standing](), frozenset[Standing]({"dispatcher"})
    for action in SLIP_ACTIONS:
        assert not slips.theirs(slip, action, nobody, False)
        assert slips.theirs(slip, action, desk, False)
        assert slips.theirs(slip, action, nobody, True) is (action == "reply")
    assert all(step.event in TYPES for step in STEPS.values())
    assert slips.printed().count("\n") == len(STEPS)


def test_a_slip_outlives_a_new_round_and_ends_with_the_case() -> None:
    one = supervised()
    one.do("resolve", measures="已劝导")
    one.do("reopen")
    assert one.case.course.slips[0].state == "issued"
    withdrawn = slips.voided(one.case)
    assert withdrawn.course.slips[0].state == "void"
    assert slips.next_moment(withdrawn.course.slips) is None


def test_it_is_read_back_as_it_was_written() -> None:
    one = supervised(days=4)
    one.wait(timedelta(days=8))
    one.do("assign", to="ZR-MARKET-1", need="查证照")
    one.slip("summon")

    class Row:
        def __init__(self, fields: dict[str, object]) -> None:
            self._mapping = fields
            self.__dict__.update(fields)

    stored = orjson.loads(orjson.dumps(case_row(one.case)["course"], default=vars))
    row = case_row(one.case) | {
        "course": stored,
        "place": one.case.place.model_dump(),
        "dispute": {"holders": (), "returned_by": (), "bound": False},
        "decision": orjson.loads(orjson.dumps(one.case.decision, default=vars)),
        "head": b"",
    }
    again = case_of(Row(row), one.case.clocks)  # type: ignore[arg-type]
    assert again.course == replace(one.case.course)
