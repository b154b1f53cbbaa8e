"""跟踪问效: who verifies, who is called, what several reporters say, when it is looked at again, and 限期整改."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch.domain import callbacks, checking, clocks, meetings, moves, rectifying
from services.dispatch.domain.actors import Actor
from services.dispatch.domain.may import may_now
from services.dispatch.models import Case, OrderLink
from services.dispatch.schemas.follow_up import MeetingIn
from services.dispatch.usecases import meeting, work
from services.dispatch.usecases import rectifying as putting_right
from services.dispatch.usecases.rectifying import Looked, Ordered
from services.kit.contracts.registry import body_of
from services.kit.problems import Problem
from tests.harness.zhenru import AT, zhenru
from tests.unit.dispatch.casework import Casework

DESK = Actor("甲", "duty_desk", "城运中心")


def link(number: int, **more: object) -> OrderLink:
    told = {
        "order_id": f"ord_{number}",
        "case_id": "case_1",
        "since": AT + timedelta(minutes=number),
        "source": "street",
        "channel": "community_line",
        "kind": "complaint",
        "callback_by": "us",
        "anonymous": False,
    }
    return OrderLink(**told | more)  # type: ignore[arg-type]


def resolved(links: list[OrderLink]) -> Casework:
    """A case of these orders whose lead has done it."""
    one = Casework(channel="community_line")
    one.links = links
    one.case = replace(one.case, orders=tuple(held.order_id for held in links))
    one.do("sign")
    one.do("resolve", measures="已劝导")
    return one


def test_two_orders_of_one_caller_are_one_call() -> None:
    people = callbacks.reporters([link(1, person="a"), link(2, person="a"), link(3), link(4)], 1, 3)
    assert [[held.order_id for held in one.links] for one in people] == [["ord_1", "ord_2"], ["ord_3"], ["ord_4"]]
    one = resolved([link(1, person="a"), link(2, person="a")])
    one.do("callback", order_id="ord_2", resolved=True, satisfaction="satisfied")
    assert one.state == "closed"
    assert one.names().count("case.called_back") == 1


def test_nobody_is_asked_twice_about_the_same() -> None:
    one = resolved([link(1, person="a"), link(2, person="a"), link(3)])
    one.do("callback", order_id="ord_1", resolved=True, satisfaction="satisfied")
    assert one.state == "resolved"
    for order_id in ("ord_1", "ord_2"):
        with pytest.raises(Problem, match="不重复回访"):
            one.do("callback", order_id=order_id, resolved=False)


def test_who_reported_to_a_source_too_is_called_by_the_source() -> None:
    both = [link(1, person="a"), link(2, person="a", callback_by="source", source="sh12345")]
    assert not any(one.ours for one in callbacks.reporters(both, 1, 3))
    assert clocks.find(resolved(both).case.clocks, "callback") is None


def test_nobody_calls_the_anonymous_and_nobody_waits_for_them() -> None:
    one = resolved([link(1, anonymous=True), link(2)])
    with pytest.raises(Problem, match="匿名"):
        one.do("callback", order_id="ord_1", resolved=True)
    one.do("callback", resolved=True, satisfaction="fair")
    assert one.state == "closed"


def test_three_tries_on_different_days_are_each_reporters_own() -> None:
    one = resolved([link(1), link(2)])
    for order_id in ("ord_1", "ord_2"):
        one.do("callback", order_id=order_id, reached=False)
        with pytest.raises(Problem, match="改天"):
            one.do("callback", order_id=order_id, reached=False)
    for _ in range(2):
        one.wait(timedelta(days=1))
        one.do("callback", order_id="ord_1", reached=False)
    assert one.case.excluded is None
    assert clocks.find(one.case.clocks, "callback") is not None
    with pytest.raises(Problem, match="不再回访"):
        one.do("callback", order_id="ord_1", resolved=True)
    one.do("callback", resolved=True, satisfaction="satisfied")
    assert one.state == "closed"


@pytest.mark.parametrize("verdict", [{"resolved": True}, {"satisfaction": "dissatisfied"}])
def test_nobody_who_was_not_reached_has_a_verdict(verdict: dict[str, Any]) -> None:
    one = resolved([link(1)])
    with pytest.raises(Problem) as refused:
        one.do("callback", reached=False, **verdict)
    assert refused.value.errors[0]["pointer"] == "/reached"
    assert not any(person.tries for person in one.work().reporters(one.case))


def test_one_of_several_not_content_opens_it_again_and_is_asked_about_the_rework() -> None:
    one = resolved([link(1), link(2)])
    one.do("callback", order_id="ord_1", resolved=True, satisfaction="satisfied")
    one.do("callback", order_id="ord_2", resolved=True, satisfaction="dissatisfied")
    assert (one.state, one.case.course.dissatisfied) == ("reopened", 1)
    one.do("sign")
    one.do("resolve", measures="再次劝导")
    asked = [person.asked_about.order_id for person in one.work().reporters(one.case) if person.ours]
    assert asked == ["ord_2"]
    with pytest.raises(Problem, match="不重复回访"):
        one.do("callback", order_id="ord_1", resolved=True)
    one.do("callback", resolved=True, satisfaction="satisfied")
    assert one.state == "closed"


def closed_early(*links: OrderLink) -> Casework:
    """Verified, and closed by the desk before anybody was called."""
    one = resolved(list(links))
    one.do("verify")
    one.do("close")
    return one


def test_whoever_is_owed_a_call_is_owed_it_after_closing_too() -> None:
    one = closed_early(link(1), link(2), link(3, anonymous=True))
    said = body_of(one.events[-1]).text  # type: ignore[attr-defined]
    assert said == "结案，还有 2 位市民没有回访，结案后照样回访"
    assert clocks.find(one.case.clocks, "callback") is not None
    assert clocks.find(one.case.clocks, "verify") is None
    assert "callback" in may_now(one.case, {"dispatcher"})
    one.wait(timedelta(days=10))
    assert "case.overdue" in one.names()
    assert (one.state, one.case.course.climbed_from) == ("closed", ())
    one.do("callback", resolved=True, satisfaction="satisfied")
    assert clocks.find(one.case.clocks, "callback") is not None
    one.do("callback", resolved=True, satisfaction="fair")
    assert (one.state, one.names().count("case.closed")) == ("closed", 1)
    assert clocks.find(one.case.clocks, "callback") is None
    assert "callback" not in may_now(one.case, {"dispatcher"})
    with pytest.raises(Problem, match="重办"):
        one.do("callback", order_id="ord_1", resolved=False)


def test_whoever_is_not_content_after_closing_opens_it_again() -> None:
    one = closed_early(link(1), link(2))
    one.do("callback", resolved=False)
    assert (one.state, one.case.round) == ("reopened", 2)
    assert clocks.find(one.case.clocks, "callback") is None


def test_who_is_tried_three_times_after_closing_is_given_up() -> None:
    one = closed_early(link(1))
    for _ in range(3):
        one.do("callback", reached=False)
        one.wait(timedelta(days=1))
    assert (one.state, one.case.excluded) == ("closed", "unreachable")
    assert clocks.find(one.case.clocks, "callback") is None


def test_who_was_called_and_said_nothing_is_not_called_again() -> None:
    """But may still say it; and it isn't held against the case that somebody has nothing to say."""
    one = resolved([link(1)])
    one.do("callback", note="不愿评价")
    assert clocks.find(one.case.clocks, "callback") is None
    assert not any(person.ours for person in one.work().reporters(one.case))
    one.do("verify")
    one.do("close")
    assert body_of(one.events[-1]).text == "结案"  # type: ignore[attr-defined]
    assert one.case.excluded is None
    again = resolved([link(1)])
    again.do("callback")
    again.do("callback", resolved=False)
    assert again.state == "reopened"
    again.do("sign")
    again.do("resolve", measures="再次劝导")
    assert any(person.ours for person in again.work().reporters(again.case)), "asked about the rework"


def test_not_content_again_is_supervised_and_goes_before_the_streets_meeting() -> None:
    one = resolved([link(1)])
    one.do("callback", resolved=False)
    one.do("sign")
    one.do("resolve", measures="再次劝导")
    one.do("callback", resolved=False)
    assert one.state == "reopened"
    assert "case.supervised" in one.names()
    assert meetings.waits_for(one.case) == "street"
    held(one, decision="由城管和市场所每晚联合巡查")
    assert meetings.waits_for(one.case) is None
    told = body_of(one.events[-1])
    assert told.meeting.decision == "由城管和市场所每晚联合巡查"  # type: ignore[attr-defined]
    assert [kept.kind for kept in one.case.course.meetings] == ["street"]


def held(one: Casework, **more: object) -> None:
    due = one.now + timedelta(days=7)
    body = {"held_at": one.now, "units": ["ZR-OPS", "ZR-DUTY"], "decision": "定了", "due": due, **more}
    asked = MeetingIn.model_validate(
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in body.items()}
    )
    doing = one.work()
    one.case = meeting.hold(doing, doing.record.known(one.case), asked, DESK, "ZR-OPS")
    one._settle(doing)


def test_a_hard_case_is_studied_once() -> None:
    one = Casework()
    one.case = replace(one.case, case_class="hard")
    assert meetings.waits_for(one.case) == "study"
    one.now += timedelta(hours=1)
    for wrong in ({"held_at": one.now + timedelta(hours=1)}, {"units": ["NOBODY"]}, {"due": one.now}):
        with pytest.raises(Problem):
            held(one, **wrong)
    held(one)
    assert meetings.waits_for(one.case) is None
    assert one.case.course.meetings[0].kind == "study"


def test_the_verifier_is_neither_the_doer_nor_above_or_below_it() -> None:
    case = Casework().case
    fabric = zhenru()
    assert checking.verifier(fabric, case, "ZR-DUTY-5", AT) == "ZR-G4"
    assert checking.verifier(fabric, case, "ZR-G4", AT) == "ZR-OPS"
    assert checking.verifier(fabric, replace(case, confidential=True), "ZR-DUTY-5", AT) == "ZR-OPS"
    assert checking.verifier(fabric, case, "ZR-OPS", AT) != "ZR-OPS"
    assert checking.does(fabric, "ZR-DUTY-5", "ZR-DUTY")
    assert not checking.does(fabric, "ZR-OPS", "ZR-DUTY-5")
    # Everybody is below the district: its own word is its own, and somebody looks at what it did itself.
    assert checking.does(fabric, "QP", "QP")
    assert checking.verifier(fabric, case, "QP", AT) == "ZR-G4"


def test_nobody_verifies_what_they_did() -> None:
    one = Casework()
    one.do("sign")
    one.do("resolve", measures="已劝导", by="老王")
    assert one.case.course.verifier == "ZR-G4"
    assert body_of(one.events[-1]).verifier == "ZR-G4"  # type: ignore[attr-defined]
    with pytest.raises(Problem, match="不能自己核查"):
        one.do("verify", unit=one.case.lead)
    with pytest.raises(Problem, match="换一个人"):
        one.do("verify", by="老王")
    one.do("verify", by="老李", passed=False)
    assert one.state == "reopened"


def test_a_share_is_looked_at_again_and_nobody_can_tell_which() -> None:
    one = Casework()
    fabric = zhenru()
    few = replace_share(0.3)
    cases = [replace(one.case, case_id=f"case_{n}") for n in range(2000)]

    def drawn(using: object, secret: bytes) -> set[str]:
        closed = (moves.closed(using, case, AT, secret) for case in cases)  # type: ignore[arg-type]
        return {case.case_id for case in closed if clocks.find(case.clocks, "look_again") is not None}

    assert len(drawn(fabric, b"secret")) == 2000
    some = drawn(few, b"secret")
    assert 500 < len(some) < 700
    assert drawn(few, b"secret") == some
    assert drawn(few, b"another") != some
    assert not drawn(replace_share(0), b"secret")


def replace_share(share: float) -> object:
    fabric = zhenru()
    after = fabric.profile.after_resolve.model_copy(update={"recheck_share": share})
    return replace(fabric, profile=fabric.profile.model_copy(update={"after_resolve": after}))


def ordered(one: Casework, days: int = 3) -> Case:
    doing = one.work()
    wanted = Ordered("兰溪路生鲜店", "S-1", "夜里不再装卸", one.now + timedelta(days=days))
    one.case = putting_right.order(doing, doing.record.known(one.case), wanted, DESK, "ZR-DUTY-5")
    one._settle(doing)
    return one.case


def looked(one: Casework, **more: Any) -> Case:
    doing = one.work()
    last = one.case.course.rectifications[-1]
    one.case = putting_right.check(
        doing,
        doing.record.known(one.case),
        last,
        Looked("看过了", **more),
        DESK,
        "ZR-DUTY-5",
    )
    one._settle(doing)
    return one.case


def test_ordered_due_looked_at_and_handed_to_enforcement() -> None:
    one = Casework()
    one.do("sign")
    ordered(one)
    one.wait(timedelta(days=4))
    told = [body_of(event) for event in one.events if event.name == "case.progressed"]
    lights = [body.text[:2] for body in told if body.text[:2] in ("黄灯", "红灯")]  # type: ignore[attr-defined]
    assert lights == ["黄灯", "红灯"]
    assert one.case.course.rectifications[0].overdue
    looked(one, due=one.now + timedelta(days=1))
    assert (one.case.course.rectifications[0].failed, one.case.course.rectifications[0].overdue) == (1, False)
    looked(one, to="ZR-MARKET")
    assert one.case.course.rectifications[0].state == "handed_over"
    assert (one.case.lead, one.names()[-1]) == ("ZR-MARKET", "case.transferred")
    assert rectifying.next_moment(one.case.course.rectifications) is None


def test_put_right_is_over_and_a_closed_case_opens_again_for_enforcement() -> None:
    one = Casework()
    for action, fields in (("sign", {}), ("resolve", {"measures": "已劝导"}), ("verify", {}), ("close", {})):
        one.do(action, **fields)
    ordered(one)
    looked(one)
    assert one.case.course.rectifications[0].state == "passed"
    ordered(one)
    assert [held.number for held in one.case.course.rectifications] == ["case_1-R1", "case_1-R2"]
    looked(one, to="ZR-MARKET")
    assert (one.state, one.case.lead) == ("reopened", "ZR-MARKET")


def test_a_withdrawn_case_orders_nothing_any_more() -> None:
    one = Casework()
    ordered(one)
    doing = one.work()
    one.case = work.withdraw(doing, doing.record.known(one.case), "撤案")
    assert one.case.course.rectifications[0].state == "void"
    assert rectifying.next_moment(one.case.course.rectifications) is None


STEPS = st.tuples(
    st.integers(1, 4), st.sampled_from(["yes", "no", "silent", "source_yes", "source_no"]), st.integers(0, 2)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_in_whichever_order_the_reporters_speak(steps: list[tuple[int, str, int]]) -> None:
    """Nobody is called twice in a round, nobody more than three times or twice in a day, the anonymous never; it closes only
    when all who can be asked are content or given up, and opens by itself once."""
    links = [link(1, person="a"), link(2, person="a"), link(3), link(4, anonymous=True)]
    one = resolved(links)
    called: dict[tuple[int, str], int] = {}
    for number, answer, days in steps:
        if one.state == "reopened":
            one.do("sign")
            one.do("resolve", measures="再办")
        one.wait(timedelta(days=days))
        if one.state not in ("resolved", "verified"):
            return
        round = one.case.round
        who = "a" if number <= 2 else str(number)
        person = next(
            held for held in one.work().reporters(one.case) if f"ord_{number}" in {x.order_id for x in held.links}
        )
        fields: dict[str, Any] = {"order_id": f"ord_{number}"}
        fields |= {"reached": False} if answer == "silent" else {"resolved": answer.endswith("yes")}
        may = not person.anonymous and person.silent and (answer != "silent" or person.callable_on(one.now))
        try:
            one.do("callback", **fields)
        except Problem:
            assert not may
            continue
        assert may
        called[round, who] = called.get((round, who), 0) + 1
        assert called[round, who] <= 3
    people = one.work().reporters(one.case)
    verdicts = [person.verdict for person in people if person.verdict is not None]
    if one.state == "resolved":
        assert not callbacks.all_content(people)
        assert all(map(callbacks.content, verdicts))
        owed = any(person.ours for person in people)
        assert (clocks.find(one.case.clocks, "callback") is not None) == owed
    assert one.names().count("case.reopened") <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["order", "pass", "again", "over", "wait"]), st.integers(1, 6)), max_size=10))
def test_each_light_of_an_order_turns_once(steps: list[tuple[str, int]]) -> None:
    """Whatever happens in whichever order: of each limit one yellow and one red at most, none of what is over, and what
    nobody has looked at in time is red."""
    one = Casework()
    one.do("sign")
    for step, days in steps:
        standing = [held for held in one.case.course.rectifications if held.state == "ordered"]
        if step == "wait":
            one.wait(timedelta(days=days))
        elif step == "order":
            ordered(one, days)
        elif standing and standing[-1] is one.case.course.rectifications[-1] and one.case.state != "closed":
            due = one.now + timedelta(days=days)
            told: dict[str, dict[str, Any]] = {"pass": {}, "again": {"due": due}, "over": {"to": "ZR-MARKET"}}
            looked(one, **told[step])
    lights: dict[tuple[str, str, str], int] = {}
    for event in one.events:
        body: Any = body_of(event)
        held = getattr(body, "rectification", None)
        if held is not None and body.text[:2] in ("黄灯", "红灯"):
            assert held.state == "ordered"
            turned = (held.number, body.text[:2], held.due.isoformat())
            lights[turned] = lights.get(turned, 0) + 1
    assert set(lights.values()) <= {1}
    one.sweep()
    for held in one.case.course.rectifications:
        assert held.overdue == (held.due <= one.now) or held.state != "ordered"
