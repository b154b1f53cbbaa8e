"""The transition table, whole, and cases driven through it at random."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.dispatch.domain import clocks, lifecycle
from services.dispatch.domain.lifecycle import ACTIONS, ALIVE, FINAL, STATES, TABLE, Standing, transition
from services.dispatch.usecases.actions.table import DO
from services.kit.contracts.envelope import Event
from services.kit.contracts.registry import TYPES
from services.kit.problems import Problem
from tests.unit.dispatch.casework import Casework

EVERYBODY: tuple[Standing, ...] = ("lead", "assist", "called", "dispatcher", "district", "grid")


def test_every_action_is_in_the_table_once_for_a_state_and_is_done_by_something() -> None:
    assert {row.action for row in TABLE} == set(ACTIONS) == set(DO)
    for state in STATES:
        for action in ACTIONS:
            assert sum(row.action == action and state in row.states for row in TABLE) <= 1
    assert all(row.event in TYPES for row in TABLE)


def test_what_is_allowed_is_what_the_table_says() -> None:
    for state in STATES:
        for who in EVERYBODY:
            allowed = lifecycle.allowed_in(state, {who})
            for action in ACTIONS:
                row = transition(action, state)
                assert (action in allowed) == (row is not None and who in row.by)
        assert lifecycle.allowed_in(state, ()) == []


def test_nothing_happens_to_a_withdrawn_case_and_only_aftermath_to_a_closed_one() -> None:
    assert lifecycle.allowed_in("withdrawn", EVERYBODY) == []
    assert lifecycle.allowed_in("closed", EVERYBODY) == ["callback", "recheck", "reopen"]
    assert {"closed", "withdrawn"} == FINAL


def test_every_state_but_open_and_withdrawn_is_reached_by_an_action() -> None:
    reached = {row.to for row in TABLE if row.to} | {"deferred", "shelved"}
    assert set(STATES) - reached == {"withdrawn"}
    # Wherever a case lives, the desk can still do something about it.
    assert all(lifecycle.allowed_in(state, {"dispatcher"}) for state in ALIVE)


def test_the_doer_never_verifies() -> None:
    for action in ("verify", "recheck", "callback"):
        assert "lead" not in lifecycle.by_whom(action)


def test_the_table_prints() -> None:
    printed = lifecycle.printed().splitlines()
    assert len(printed) == len(TABLE) + 1
    assert "sign | dispatched reopened | dispatcher lead | signed | case.signed" in printed


FIELDS: dict[str, dict[str, Any]] = {
    "return": {"reason": "not_ours"},
    "rule": {"lead": "ZR-MARKET-1", "ground": "职责清单"},
    "transfer": {"to": "ZR-POLICE-4"},
    "assign": {"to": "ZR-MARKET-1", "need": "查证照"},
    "statutory": {"basis": "市场监督管理投诉举报处理暂行办法"},
    "resolve": {"measures": "已劝导", "evidence": ["photo_before", "photo_after", "visit_note"]},
    "explain": {"measures": "无法律依据"},
}


def _refusal(one: Casework, action: str, fields: dict[str, Any]) -> Problem | None:
    try:
        one.do(action, **fields)
    except Problem as refused:
        return refused
    return None


class Cases(RuleBasedStateMachine):
    """Any action the table allows, at any time; refusals leave the case as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.one = Casework()

    @rule(
        action=st.sampled_from(ACTIONS),
        passed=st.booleans(),
        content=st.sampled_from([None, True, False]),
        reached=st.booleans(),
        ahead=st.integers(-1, 400),
        to=st.sampled_from(["ZR-POLICE-4", "ZR-MARKET-1", "ZR-DUTY-5", "ZR-C13"]),
    )
    def act(self, action: str, passed: bool, content: bool | None, reached: bool, ahead: int, to: str) -> None:
        one = self.one
        before = one.case
        if transition(action, before.state) is None:
            return
        fields = dict(FIELDS.get(action, {}))
        if action in ("extend", "defer"):
            fields["until"] = (one.now + timedelta(hours=ahead)).isoformat()
        if action == "supervise":
            fields["due"] = (one.now + timedelta(hours=ahead)).isoformat()
        if action in ("verify", "recheck"):
            fields["passed"] = passed
        if action == "callback":
            fields |= {"reached": reached, "resolved": content if reached else None}
        if action == "transfer":
            fields["to"] = to
        told = len(one.events)
        refused = _refusal(one, action, fields)
        if refused is not None:
            assert refused.status in (403, 409, 422)
            assert refused.detail
            assert one.case == before
            return
        row = transition(action, before.state)
        assert row is not None
        assert len(one.events) > told
        assert one.events[told].name in {row.event, "case.progressed", "case.extended", "case.shelved"}
        assert row.to is None or one.case.state in {row.to, "reopened"}

    @rule(hours=st.integers(0, 200))
    def wait(self, hours: int) -> None:
        self.one.wait(timedelta(hours=hours))

    @rule(hours=st.integers(0, 2000))
    @precondition(lambda self: self.one.case.state not in FINAL)
    def outage(self, hours: int) -> None:
        self.one.now += timedelta(hours=hours)
        self.one.sweep()

    @invariant()
    def numbered_without_a_gap(self) -> None:
        assert [event.sequence for event in self.one.events] == list(range(1, len(self.one.events) + 1))
        assert self.one.case.sequence == len(self.one.events)
        assert self.one.events[-1].data["state"] == self.one.case.state

    @invariant()
    def one_lead_and_others_help(self) -> None:
        case = self.one.case
        assert case.lead
        assert case.lead not in case.assists
        assert len(set(case.assists)) == len(case.assists)

    @invariant()
    def limits_follow_the_state(self) -> None:
        case = self.one.case
        kinds = {clock.kind for clock in case.clocks if clock.open}
        assert all(clock.round == case.round for clock in case.clocks if clock.open)
        if case.state == "closed":
            assert kinds <= {"recheck", "look_again"}
        elif case.state in ("resolved", "explained", "verified"):
            assert kinds <= {"verify", "callback", "silence"}
        elif case.state in ("deferred", "shelved"):
            assert clocks.find(case.clocks, "resolve") is not None
        else:
            assert "resolve" in kinds

    @invariant()
    def each_limit_is_told_once(self) -> None:
        told = [
            (event.name, *(event.data["clock"][name] for name in ("kind", "started", "due")), _of_slip(event))
            for event in self.one.events
            if event.name in ("case.warned", "case.overdue")
        ]
        assert len(told) == len(set(told))


def _of_slip(event: Event) -> str:
    """Two slips may be due at one moment."""
    return event.data["text"] if event.data["clock"]["kind"] == "slip" else ""


TestCases = Cases.TestCase
TestCases.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_returned_twice_then_only_a_ruling_which_binds() -> None:
    one = Casework()
    first = one.case.lead
    one.do("return", reason="not_ours")
    assert one.state == "open"
    assert one.case.lead == first, "whoever got it first leads until it is ruled"
    assert "ZR-OPS" in one.case.assists
    with pytest.raises(Problem, match="等城运中心"):
        one.do("transfer", role="department", unit=first, to="ZR-MARKET-1")
    one.do("transfer", to="ZR-MARKET-1")
    assert (one.state, one.case.lead) == ("dispatched", "ZR-MARKET-1")
    assert first in one.case.assists
    assert "ZR-OPS" not in one.case.assists
    with pytest.raises(Problem, match="来回退"):
        one.do("return", reason="not_ours", proposal=first)
    one.do("return", reason="other_owner")
    assert one.case.lead == first
    with pytest.raises(Problem, match="来回转"):
        one.do("transfer", to=first)
    with pytest.raises(Problem, match="退单已到次数"):
        one.do("transfer", to="ZR-POLICE-4")
    one.do("rule", lead="ZR-POLICE-4", ground="职责清单第三条")
    assert (one.state, one.case.lead) == ("dispatched", "ZR-POLICE-4")
    assert not {first, "ZR-MARKET-1", "ZR-OPS"} & set(one.case.assists)
    with pytest.raises(Problem, match="已经裁定"):
        one.do("return", reason="not_ours")


def test_a_return_needs_a_reason_and_its_window() -> None:
    for reason, kept in (("not_ours", "not_ours"), ("不属于本单位职责", "not_ours"), ("设备已拆", "设备已拆")):
        one = Casework()
        one.do("return", reason=reason)
        assert one.events[-1].data["reason"] == kept
    one = Casework()
    for missing in (None, ""):
        with pytest.raises(Problem) as refused:
            one.do("return", reason=missing)
        assert refused.value.errors[0]["pointer"] == "/reason"
    one.now += timedelta(days=3)
    with pytest.raises(Problem, match="退单时限"):
        one.do("return", reason="not_ours")


def test_a_transfer_restarts_signing_but_not_the_citizens_waiting() -> None:
    one = Casework()
    resolve = clocks.find(one.case.clocks, "resolve")
    one.wait(timedelta(hours=1))
    one.do("transfer", to="ZR-MARKET-1")
    after, sign = clocks.find(one.case.clocks, "resolve"), clocks.find(one.case.clocks, "sign")
    assert resolve is not None
    assert after is not None
    assert sign is not None
    assert after.due == resolve.due
    assert sign.started == one.now


def test_an_extension_that_nobody_has_to_grant_holds_at_once() -> None:
    one = Casework()
    one.do("sign")
    before = clocks.find(one.case.clocks, "resolve")
    assert before is not None
    until = before.due + timedelta(days=2)
    one.do("extend", role="department", unit=one.case.lead, until=until.isoformat())
    longer = clocks.find(one.case.clocks, "resolve")
    assert longer is not None
    assert longer.due == until
    with pytest.raises(Problem, match="没有等批准") as refused:
        one.do("approve")
    assert "approve" not in refused.value.extra["allowed"]


def test_extension_is_asked_of_the_district_and_granted_once() -> None:
    one = Casework(concern="GL-02", sub_concern=None)
    one.do("sign")
    lead = one.case.lead
    before = clocks.find(one.case.clocks, "resolve")
    assert before is not None
    until = (before.due + timedelta(days=2)).isoformat()
    one.do("extend", role="department", unit=lead, until=until)
    assert one.case.course.request is not None
    assert one.names()[-1] == "case.progressed"
    one.do("refuse", role="supervisor")
    one.do("extend", role="department", unit=lead, until=until)
    one.do("approve", role="supervisor")
    longer = clocks.find(one.case.clocks, "resolve")
    assert longer is not None
    assert longer.due == before.due + timedelta(days=2)
    assert one.names()[-1] == "case.extended"
    with pytest.raises(Problem, match="最多延期 1 次"):
        one.do("extend", until=(longer.due + timedelta(days=1)).isoformat())
    with pytest.raises(Problem, match="没有等批准"):
        one.do("approve")


def test_an_extension_of_a_hard_case_is_the_districts_to_grant() -> None:
    one = Casework(concern="GL-02", sub_concern=None)
    assert one.case.case_class == "hard"
    one.do("sign")
    resolve = clocks.find(one.case.clocks, "resolve")
    assert resolve is not None
    one.do("extend", role="duty_desk", until=(resolve.due + timedelta(days=3)).isoformat())
    with pytest.raises(Problem) as refused:
        one.do("approve", role="duty_desk")
    assert refused.value.status == 403
    one.do("approve", role="supervisor")


def test_deferred_until_a_day_and_taken_up_by_itself() -> None:
    one = Casework()
    one.do("sign")
    one.do("contact")
    one.do("defer", until=(one.now + timedelta(days=30)).isoformat())
    assert one.state == "deferred"
    one.wait(timedelta(days=29))
    assert one.state == "deferred"
    one.wait(timedelta(days=2))
    assert one.state == "signed"
    assert one.names()[-1] == "case.resumed"
    assert "case.overdue" not in one.names()


def test_a_lead_asks_for_the_register_and_the_desk_signs() -> None:
    one = Casework()
    one.do("sign")
    one.do("shelve", role="department", unit=one.case.lead)
    assert one.state == "signed"
    one.do("approve", role="duty_desk")
    assert one.state == "shelved"
    one.now += timedelta(days=200)
    one.sweep()
    assert "case.overdue" not in one.names()
    one.do("unshelve")
    assert one.state == "in_progress"


def test_ours_to_call_three_tries_on_three_days() -> None:
    one = Casework(channel="community_line")
    one.do("sign")
    one.do("resolve", measures="已劝导")
    assert clocks.find(one.case.clocks, "callback") is not None
    one.do("callback", reached=False)
    with pytest.raises(Problem, match="改天"):
        one.do("callback", reached=False)
    one.wait(timedelta(days=1))
    one.do("callback", reached=False)
    one.wait(timedelta(days=1))
    one.do("callback", reached=False)
    assert one.case.excluded == "unreachable"
    assert clocks.find(one.case.clocks, "callback") is None


def test_anonymous_reporters_are_not_called() -> None:
    one = Casework(channel="community_line", anonymous=True)
    one.do("sign")
    one.do("resolve", measures="已劝导")
    assert clocks.find(one.case.clocks, "callback") is None


def test_an_emergency_is_verified_around_the_clock() -> None:
    one = Casework(emergency=True)
    assert one.case.case_class == "emergency"
    one.do("sign")
    one.do("resolve", measures="已排除")
    verify = clocks.find(one.case.clocks, "verify")
    assert verify is not None
    assert verify.due == one.now + timedelta(days=1)


def test_looked_at_again_at_a_time_nobody_can_tell() -> None:
    one = Casework()
    for action, fields in (("sign", {}), ("resolve", {"measures": "已劝导"}), ("verify", {}), ("close", {})):
        one.do(action, **fields)
    look = clocks.find(one.case.clocks, "look_again")
    assert look is not None
    assert timedelta(days=7) <= look.due - one.now <= timedelta(days=30)
    assert clocks.shown(one.case.clocks, 1) == tuple(
        c for c in clocks.shown(one.case.clocks, 1) if c.kind != "look_again"
    )
    one.wait(look.due - one.now)
    assert clocks.find(one.case.clocks, "recheck") is not None
    assert one.events[-1].data["unit"] == one.case.course.verifier == "ZR-G4"
    one.wait(timedelta(days=5))
    late = one.events[-1].data
    assert (late["unit"], "没有在" in late["text"]) == ("ZR-G4", True)
    one.do("recheck", passed=False)
    assert one.state == "reopened"


def test_who_looks_early_does_not_take_the_drawn_day_away() -> None:
    one = Casework()
    for action, fields in (("sign", {}), ("resolve", {"measures": "已劝导"}), ("verify", {}), ("close", {})):
        one.do(action, **fields)
    look = clocks.find(one.case.clocks, "look_again")
    assert look is not None
    one.do("recheck")
    one.wait(look.due - one.now)
    assert clocks.find(one.case.clocks, "recheck") is not None
    one.do("recheck")
    assert clocks.find(one.case.clocks, "recheck") is None


def test_an_outage_tells_of_every_limit_but_climbs_once() -> None:
    one = Casework(concern="AQ-03", sub_concern="AQ-03.plain")
    one.now += timedelta(days=20)
    one.sweep()
    assert one.names().count("case.overdue") == 3
    assert one.names().count("case.climbed") == 1
    assert "case.warned" not in one.names()


def test_a_community_holds_it_two_days_at_most() -> None:
    one = Casework(concern="FW-03", sub_concern="FW-03.elderly")
    lead = one.case.lead
    assert lead is not None
    assert lead.startswith("ZR-C")
    one.do("sign")
    one.do("contact")
    one.wait(timedelta(hours=48))
    assert (one.case.level, one.case.lead) == ("street", "ZR-OPS")
    assert lead in one.case.assists
    assert one.names()[-1] == "case.climbed"
