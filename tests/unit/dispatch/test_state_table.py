"""The state table against a model: anybody tries anything at any time; what is allowed is what is accepted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.dispatch.domain import clocks, lifecycle, slips, standing
from services.dispatch.domain.lifecycle import ACTIONS, FINAL
from services.dispatch.domain.may import may_now
from services.dispatch.schemas.cases import Asked
from services.dispatch.usecases.acting import Command, perform
from services.kit.http.etags import check_version
from services.kit.keys import Caller
from services.kit.problems import Forbidden, NotAllowedNow, Problem, Stale
from tests.harness.zhenru import zhenru
from tests.unit.dispatch.casework import Casework

UNITS = ("ZR-DUTY-5", "ZR-POLICE-4", "ZR-MARKET-1", "ZR-C13", "ZR-G4", "OWN-LAMP")
PEOPLE = (
    ("admin", None),
    ("supervisor", None),
    ("duty_desk", "ZR-OPS"),
    ("auditor", None),
    ("volunteer", "ZR-C13"),
    ("grid_chief", "ZR-G4"),
    ("grid_member", "ZR-G1"),
    ("community", "ZR-C13"),
    *(("department", unit) for unit in UNITS),
)
_WORDS: dict[str, dict[str, Any]] = {
    "return": {"reason": "not_ours"},
    "rule": {"ground": "职责清单"},
    "assign": {"need": "查证照"},
    "statutory": {"basis": "办法"},
    "resolve": {"measures": "已劝导", "evidence": ["photo_before", "photo_after", "visit_note"]},
    "explain": {"measures": "无法律依据"},
    "callback": {"resolved": True},
}
_UNIT_FIELD = {"rule": "lead", "transfer": "to", "assign": "to"}
_TIME_FIELD = {"extend": "until", "defer": "until", "supervise": "due", "review": "until", "shelve": "until"}


@dataclass
class Model:
    """What is remembered beside the case: every lead, who sent it back since the last ruling, whether one binds."""

    returned: list[str]
    bound: bool = False


def _refusal(doing: Callable[[], object]) -> Problem | None:
    try:
        doing()
    except Problem as refused:
        return refused
    return None


class AnybodyAnything(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.one = Casework()
        self.model = Model([])

    @rule(
        who=st.sampled_from(PEOPLE),
        action=st.sampled_from(ACTIONS),
        to=st.sampled_from(UNITS),
        hours=st.integers(-2, 300),
        passed=st.booleans(),
        extra=st.sampled_from(
            [{}, {"unfinished": "另案"}, {"part_done": True}, {"result": "受理"}, {"reached": False}]
        ),
    )
    def tries(
        self, who: tuple[str, str | None], action: str, to: str, hours: int, passed: bool, extra: dict[str, Any]
    ) -> None:
        role, unit = who
        one, before = self.one, self.one.case
        reach = standing.reach_of(zhenru(), role, unit, one.now)
        stands = standing.standing_of(reach, before)
        fields = {"passed": passed} | _WORDS.get(action, {}) | extra
        if action in _UNIT_FIELD:
            fields[_UNIT_FIELD[action]] = to
        if action in _TIME_FIELD:
            fields[_TIME_FIELD[action]] = (one.now + timedelta(hours=hours)).isoformat()
        asked = Asked.model_validate({"action": action, **fields})
        work = one.work()
        command = Command(before.case_id, asked, Caller("k", "甲", role, unit), one.now)
        allowed = may_now(before, stands)
        refused = _refusal(lambda: perform(work, before, command, reach))
        if refused is not None:
            self._refused_rightly(refused, action, allowed, bool(stands & lifecycle.by_whom(action)))
            return
        assert action in allowed
        one.case = work.record.case(before.case_id)
        one.events += work.record.events
        one.links = list(work.links[before.case_id].values())
        self._remembers(action, before.lead)
        with pytest.raises(Stale):
            check_version(before.sequence, one.case.sequence)

    @rule(hours=st.integers(0, 300))
    def waits(self, hours: int) -> None:
        told, over = len(self.one.events), self.one.case.state in FINAL
        self.one.wait(timedelta(hours=hours))
        if over:
            news = {event.name for event in self.one.events[told:]}
            assert news <= {"case.progressed", "case.overdue", "case.warned"}
            assert self.one.case.state in FINAL

    @invariant()
    def at_most_one_open_clock_of_a_kind(self) -> None:
        kinds = [clock.kind for clock in self.one.case.clocks if clock.open]
        assert len(kinds) == len(set(kinds))

    @invariant()
    def what_stands_beside_belongs_to_its_state(self) -> None:
        case = self.one.case
        kinds = {clock.kind for clock in case.clocks if clock.open} & set(clocks.BESIDE)
        assert kinds <= (
            {"review"} if case.state == "shelved" else {"statutory"} if case.state == "statutory" else set()
        )
        assert (case.state == "shelved") <= ("review" in kinds)

    @invariant()
    def a_ruling_binds_and_nobody_returns_twice(self) -> None:
        case = self.one.case
        assert len(case.dispute.returned_by) == len(set(case.dispute.returned_by)) <= 2
        assert list(case.dispute.returned_by) == self.model.returned
        assert case.dispute.bound is self.model.bound

    @invariant()
    def slips_are_numbered_and_only_their_table_moves_them(self) -> None:
        held = self.one.case.course.slips
        assert [slip.place for slip in held] == list(range(1, len(held) + 1))
        assert all(slip.state in ("issued", "void") for slip in held)
        assert all(
            (slip.due is None) or slips.light(slip, slip.due) == "red" for slip in held if slip.state == "issued"
        )

    def _refused_rightly(self, refused: Problem, action: str, allowed: list[str], ever: bool) -> None:
        assert refused.detail
        if not ever:
            assert isinstance(refused, Forbidden)
        elif action not in allowed:
            assert isinstance(refused, NotAllowedNow)
            assert refused.extra["allowed"] == allowed
        else:
            assert refused.status in (403, 409, 422)

    def _remembers(self, action: str, lead: str | None) -> None:
        if action == "return":
            assert not self.model.bound
            self.model.returned.append(lead or "")
        elif action == "rule":
            self.model = Model([], bound=True)


TestAnybodyAnything = AnybodyAnything.TestCase
TestAnybodyAnything.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
