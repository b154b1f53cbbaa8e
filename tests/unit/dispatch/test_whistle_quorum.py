"""The quorum under any order of steps, against a model that only counts."""

from dataclasses import replace
from datetime import datetime, timedelta

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.dispatch.domain.whistle import deadlines, nods, paging, rules, steps
from services.dispatch.domain.whistle.model import Call, Happening, Nod, Outcome, Paging
from services.dispatch.domain.whistle.rules import Action
from tests.harness.staffed import staffed
from tests.harness.zhenru import AT
from tests.unit.dispatch.whistle_making import LATER, blown

UNITS = ("ZR-POLICE", "ZR-MARKET-1", "ZR-FIRE", "OWN-GAS")
SPARE = ("ZR-CITYLOOK", "ZR-SAFETY")
WHO = st.sampled_from(UNITS + SPARE)
TEAM = "ZR-G4-VOL"


class Quorum(RuleBasedStateMachine):
    """Every step goes through the table first, as it does over HTTP; `told` is all that was ever told."""

    def __init__(self) -> None:
        super().__init__()
        self.whistle = blown(*UNITS)
        self.now: datetime = AT
        self.told: list[Happening] = []
        self.came_at: dict[str, datetime] = {}
        self.let_go: set[str] = set()
        self.called = set(UNITS)
        self.ended = False
        self.heard: set[str] = set()
        self.nod: str | None = None

    @initialize(waits=st.booleans(), pages=st.booleans())
    def is_blown(self, waits: bool, pages: bool) -> None:
        """As `blow` leaves it: perhaps waiting for the street, perhaps an emergency."""
        self.nod = "waiting" if waits else None
        self.whistle = replace(
            self.whistle,
            nod=Nod("waiting") if waits else None,
            paging=Paging(180, 0, (TEAM,)) if pages else None,
        )

    def take(self, outcome: Outcome) -> None:
        self.whistle = outcome.whistle
        self.told += outcome.happened

    def open(self, action: Action, unit: str) -> Call | None:
        call = self.whistle.call(unit)
        if call is None or rules.repeated(action, self.whistle, call) or not rules.open_to(action, self.whistle, call):
            return None
        return call

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def street_agrees(self) -> None:
        if not rules.repeated("approve", self.whistle, None) and rules.open_to("approve", self.whistle, None):
            assert self.nod == "waiting"
            self.nod = "given"
            self.take(nods.given(self.whistle, "城运中心", self.now, self.now + LATER, ""))

    @precondition(lambda self: self.now > AT + timedelta(hours=20))
    @rule()
    def street_refuses(self) -> None:
        if not rules.repeated("refuse", self.whistle, None) and rules.open_to("refuse", self.whistle, None):
            assert self.nod == "waiting"
            self.nod, self.ended = "refused", True
            self.take(nods.refused(self.whistle, "城运中心", self.now, ""))

    @rule()
    def next_round_is_paged(self) -> None:
        before = self.whistle.paging
        outcome = paging.next_round(staffed(), self.whistle, self.now)
        for happening in outcome.happened:
            assert before is not None
            assert happening.detail is not None
            assert happening.detail["round"] == before.rounds + 1
            silent = (self.called - self.let_go) - self.heard
            paged = {page.of for page in happening.detail["pages"]}
            assert paged - {TEAM} == silent
            assert (TEAM in paged) == (not self.heard), "volunteers until anybody has answered"
        self.take(outcome)

    @rule(comes=st.booleans())
    def volunteers_answer(self, comes: bool) -> None:
        """Those who were paged without having been called."""
        if self.whistle.paging is None:
            return
        joined = self.whistle if self.whistle.call(TEAM) else steps.join(self.whistle, TEAM)
        call, action = joined.call(TEAM), "report-in" if comes else "accept"
        assert call is not None
        if rules.repeated(action, joined, call) or not rules.open_to(action, joined, call):  # type: ignore[arg-type]
            return
        self.heard.add(TEAM)
        after = steps.report_in(joined, call, self.now, "") if comes else steps.accept(joined, call, self.now, "")
        assert after.whistle.state == self.whistle.state
        self.take(after)

    @rule(unit=WHO)
    def accepts(self, unit: str) -> None:
        if call := self.open("accept", unit):
            self.heard.add(unit)
            self.take(steps.accept(self.whistle, call, self.now, ""))

    @rule(unit=WHO)
    def declines(self, unit: str) -> None:
        if call := self.open("decline", unit):
            self.heard.add(unit)
            self.take(steps.decline(self.whistle, call, self.now, "另有任务"))

    @rule(unit=WHO, vouched=st.booleans())
    def reports_in(self, unit: str, vouched: bool) -> None:
        if call := self.open("vouch" if vouched else "report-in", unit):
            self.came_at[unit] = self.now
            self.heard.add(unit)
            self.take(steps.report_in(self.whistle, call, self.now, "", vouched=vouched))

    @rule(unit=WHO)
    def finishes(self, unit: str) -> None:
        if call := self.open("done", unit):
            self.take(steps.done(self.whistle, call, ""))

    @rule(unit=WHO, other=st.sampled_from(SPARE))
    def is_replaced(self, unit: str, other: str) -> None:
        call, there = self.open("substitute", unit), self.whistle.call(other)
        if call and unit != other and (there is None or not there.released):
            self.called.add(other)
            self.let_go.add(unit)
            self.take(steps.substitute(self.whistle, call, other, (), ""))

    @rule(unit=WHO)
    def is_released(self, unit: str) -> None:
        call = self.open("release", unit)
        if call and not call.released:
            if not call.came:
                self.let_go.add(unit)
            self.take(steps.release_unit(self.whistle, call, ""))

    @rule()
    def first_deadline_is_swept(self) -> None:
        if self.now >= self.whistle.report_in_by:
            self.take(deadlines.first_passed(self.whistle, self.now + LATER))

    @rule()
    def second_deadline_is_swept(self) -> None:
        if self.whistle.second_by is not None and self.now >= self.whistle.second_by:
            self.take(deadlines.second_passed(self.whistle))

    @precondition(lambda self: self.now > AT + timedelta(days=2))
    @rule()
    def is_cancelled(self) -> None:
        if rules.open_to("cancel", self.whistle, None):
            self.take(steps.cancel(self.whistle, ""))
            self.ended = True

    @invariant()
    def met_exactly_when_all_owed_are_in(self) -> None:
        owed = self.called - self.let_go
        all_in = bool(self.came_at) and owed <= self.came_at.keys()
        times = sum(happening.name == "whistle.met" for happening in self.told)
        assert times == int(all_in)
        if all_in:
            assert self.whistle.state in ("met", "released")
        elif self.nod == "refused":
            assert self.whistle.state == "cancelled"
        elif owed and not self.ended:
            assert self.whistle.state in ("open", "partly_met", "exhausted")

    @invariant()
    def nobody_is_called_missing_or_escalated_twice(self) -> None:
        for name in ("whistle.missing", "whistle.escalated", "whistle.reported_in"):
            about = [happening.unit for happening in self.told if happening.name == name]
            assert len(about) == len(set(about))
        for name in ("whistle.exhausted", "whistle.cancelled"):
            assert sum(happening.name == name for happening in self.told) <= 1
        assert sum(h.name == "whistle.released" and h.unit is None for h in self.told) <= 1

    @invariant()
    def nothing_happens_before_the_street_has_agreed(self) -> None:
        if self.nod in ("waiting", "refused"):
            told = {happening.name for happening in self.told}
            assert told <= {"whistle.cancelled"}
            assert all(call.state == "called" for call in self.whistle.calls)
            assert rules.allowed(self.whistle) == ([] if self.ended else ["approve", "cancel", "refuse"])
        assert sum(happening.name == "whistle.approved" for happening in self.told) == int(self.nod == "given")

    @invariant()
    def only_the_missing_were_escalated(self) -> None:
        missing = {happening.unit for happening in self.told if happening.name == "whistle.missing"}
        for call in self.whistle.calls:
            assert not call.escalated_to or call.unit in missing
            if call.state == "missing":
                assert call.unit in missing
        assert {h.unit for h in self.told if h.name == "whistle.escalated"} <= missing

    @invariant()
    def late_is_judged_by_the_deadline(self) -> None:
        for unit, at in self.came_at.items():
            call = self.whistle.call(unit)
            assert call is not None
            assert call.reported_at == at
            assert call.late == (call.due is not None and at > call.due)

    @invariant()
    def partly_met_only_after_the_deadline_and_with_somebody(self) -> None:
        if self.whistle.state == "partly_met":
            assert self.whistle.level == 1
            assert self.came_at


TestQuorum = Quorum.TestCase
TestQuorum.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def names(outcome: Outcome) -> list[tuple[str, str | None]]:
    return [(happening.name, happening.unit) for happening in outcome.happened]


def test_at_the_deadline_each_missing_unit_is_named_and_escalated() -> None:
    whistle = blown("ZR-POLICE", "ZR-MARKET")
    police = whistle.call("ZR-POLICE")
    assert police is not None
    whistle = steps.report_in(whistle, police, AT, "").whistle
    outcome = deadlines.first_passed(whistle, AT + LATER)
    assert names(outcome) == [("whistle.missing", "ZR-MARKET"), ("whistle.escalated", "ZR-MARKET")]
    assert outcome.happened[1].escalated_to == ("QP-MARKET", "QP")
    assert outcome.whistle.state == "partly_met"
    assert outcome.whistle.second_by == AT + LATER
    assert names(deadlines.first_passed(outcome.whistle, AT + LATER)) == []


def test_a_decline_that_nobody_agreed_to_is_missing_too() -> None:
    whistle = blown("ZR-POLICE")
    call = whistle.call("ZR-POLICE")
    assert call is not None
    declined = steps.decline(whistle, call, AT, "另有任务").whistle
    after = deadlines.first_passed(declined, AT + LATER).whistle
    assert after.state == "open"
    assert after.calls[0].state == "missing"


def test_an_agreed_decline_completes_the_rest() -> None:
    whistle = blown("ZR-POLICE", "ZR-MARKET")
    police, market = whistle.calls
    whistle = steps.report_in(whistle, police, AT, "").whistle
    whistle = steps.decline(whistle, market, AT, "").whistle
    declined = whistle.call("ZR-MARKET")
    assert declined is not None
    outcome = steps.release_unit(whistle, declined, "")
    assert names(outcome) == [("whistle.released", "ZR-MARKET"), ("whistle.met", None)]
    assert outcome.whistle.state == "met"


def test_the_last_one_out_ends_the_whistle() -> None:
    whistle = blown("ZR-POLICE")
    whistle = steps.report_in(whistle, whistle.calls[0], AT, "").whistle
    assert not rules.open_to("release", whistle, whistle.calls[0])
    whistle = steps.done(whistle, whistle.calls[0], "").whistle
    outcome = steps.release_unit(whistle, whistle.calls[0], "")
    assert names(outcome) == [("whistle.released", None)]
    assert outcome.whistle.state == "released"


def test_when_all_declines_are_agreed_to_there_is_nothing_left_to_meet() -> None:
    whistle = blown("ZR-POLICE")
    whistle = steps.decline(whistle, whistle.calls[0], AT, "").whistle
    outcome = steps.release_unit(whistle, whistle.calls[0], "")
    assert outcome.whistle.state == "released"
    assert "whistle.met" not in [happening.name for happening in outcome.happened]


def test_a_volunteers_whistle_climbs_to_nobody() -> None:
    whistle = blown("ZR-G4-VOL", kind="volunteer")
    outcome = deadlines.first_passed(whistle, AT + LATER)
    assert names(outcome) == [("whistle.missing", "ZR-G4-VOL")]
    assert outcome.whistle.state == "open"
    assert outcome.whistle.second_by is None
    assert names(deadlines.second_passed(outcome.whistle)) == []


def test_where_nobody_stands_above_the_top_is_reached_at_once() -> None:
    outcome = deadlines.first_passed(blown("QP"), AT + LATER)
    assert names(outcome) == [("whistle.missing", "QP"), ("whistle.exhausted", None)]
    assert outcome.whistle.state == "exhausted"


def test_after_the_last_deadline_coming_still_counts() -> None:
    whistle = deadlines.first_passed(blown("ZR-POLICE"), AT + LATER).whistle
    ended = deadlines.second_passed(whistle)
    assert names(ended) == [("whistle.exhausted", None)]
    assert names(deadlines.second_passed(ended.whistle)) == []
    outcome = steps.report_in(ended.whistle, ended.whistle.calls[0], AT + 3 * LATER, "")
    assert outcome.whistle.state == "met"
    assert outcome.whistle.calls[0].late


def test_a_substitute_called_after_the_deadline_has_until_the_second() -> None:
    whistle = deadlines.first_passed(blown("ZR-POLICE-5"), AT + LATER).whistle
    outcome = steps.substitute(whistle, whistle.calls[0], "ZR-POLICE", (), "")
    other = outcome.whistle.call("ZR-POLICE")
    assert other is not None
    assert other.due == AT + LATER
    came = steps.report_in(outcome.whistle, other, AT + LATER, "").whistle
    assert came.state == "met"
    assert not came.calls[1].late


def test_a_refusal_says_what_is_open() -> None:
    whistle = blown("ZR-POLICE")
    assert rules.allowed(whistle, whistle.calls[0]) == [
        "accept",
        "cancel",
        "decline",
        "report-in",
        "substitute",
        "vouch",
    ]
    assert rules.allowed(steps.cancel(whistle, "").whistle, whistle.calls[0]) == []
