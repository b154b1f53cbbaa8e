"""延期, 缓办, 挂账 and 法定程序: four different things."""

from datetime import timedelta

import pytest

from services.dispatch.domain import clocks
from services.dispatch.schemas.showing import case_json
from services.kit.problems import Problem
from tests.unit.dispatch.casework import Casework


def at_work(**more: object) -> Casework:
    one = Casework(**more)  # type: ignore[arg-type]
    one.do("sign")
    return one


def test_shelved_with_a_signature_looked_at_again_and_taken_up() -> None:
    one = at_work()
    one.do("shelve", role="department", unit=one.case.lead, reason="works")
    one.do("approve", role="duty_desk")
    assert one.state == "shelved"
    shown = case_json(one.case, one.now)["shelving"]
    assert (shown["reason"], shown["signed_by"], shown["review_overdue"]) == ("待工程实施", "甲", False)
    one.wait(timedelta(days=31))
    assert one.names()[-1] == "case.warned"
    assert case_json(one.case, one.now)["shelving"]["review_overdue"] is True
    assert case_json(one.case, one.now)["light"] == "green"
    one.do("review", note="明年三月开工")
    assert case_json(one.case, one.now)["shelving"]["review_overdue"] is False
    one.wait(timedelta(days=20))
    one.do("unshelve")
    assert one.state == "in_progress"
    assert clocks.find(one.case.clocks, "review") is None
    assert case_json(one.case, one.now)["shelving"] is None
    one.wait(timedelta(days=40))
    assert "case.overdue" in one.names(), "what is taken up is owed again"


@pytest.mark.parametrize(
    ("action", "told", "said"),
    [
        ("defer", {}, "（未说明原因），时限暂停"),
        ("defer", {"reason": "等汛期过去"}, "（等汛期过去），时限暂停"),
        ("defer", {"note": "等汛期过去"}, "时限暂停：等汛期过去"),
        ("shelve", {}, "同意挂账（未说明原因）"),
        ("shelve", {"reason": "works"}, "同意挂账（待工程实施）"),
    ],
)
def test_why_it_stands_still_is_in_the_record_or_that_nobody_said(action: str, told: dict[str, str], said: str) -> None:
    one = at_work()
    fields = {"until": (one.now + timedelta(days=20)).isoformat()} if action == "defer" else {}
    one.do(action, **fields, **told)
    assert said in one.events[-1].data["text"]
    shelved = case_json(one.case, one.now)["shelving"]
    assert shelved is None or shelved["reason"] in ("未说明原因", "待工程实施")


def test_an_asking_without_a_reason_says_so_to_whoever_signs() -> None:
    one = at_work()
    one.do("shelve", role="department", unit=one.case.lead)
    assert "申请挂账（未说明原因）" in one.events[-1].data["text"]
    one.do("approve", role="duty_desk")
    assert case_json(one.case, one.now)["shelving"]["reason"] == "未说明原因"


@pytest.mark.parametrize("asks", [True, False])
def test_a_review_on_a_day_that_is_named(asks: bool) -> None:
    one = at_work()
    until, past = one.now + timedelta(days=90), (one.now - timedelta(days=1)).isoformat()
    who = {"role": "department", "unit": one.case.lead} if asks else {}
    with pytest.raises(Problem) as refused:
        one.do("shelve", until=past, **who)  # type: ignore[arg-type]
    assert "已经过去" in refused.value.errors[0]["detail"]
    one.do("shelve", until=until.isoformat(), **who)  # type: ignore[arg-type]
    if asks:
        one.do("approve", role="duty_desk")
    review = clocks.find(one.case.clocks, "review")
    assert review is not None
    assert review.due == until
    with pytest.raises(Problem) as refused:
        one.do("review", until=past)
    assert "已经过去" in refused.value.errors[0]["detail"]


@pytest.mark.parametrize(("kind", "days", "name"), [("complaint", 7, "投诉受理"), ("report", 15, "举报核查")])
def test_a_procedure_of_law_has_its_own_term_and_no_overtime(kind: str, days: int, name: str) -> None:
    one = at_work(concern="FW-01", sub_concern=None, kind=kind)
    one.do("statutory", basis="市场监督管理投诉举报处理暂行办法")
    law = clocks.find(one.case.clocks, "statutory")
    assert law is not None
    assert law.span.amount == days
    assert one.events[-1].data["clock"]["kind"] == "statutory"
    shown = case_json(one.case, one.now)["procedure"]
    assert name in shown["name"]
    assert shown["overdue"] is False
    one.wait(timedelta(days=60))
    assert "case.overdue" not in [
        e.name for e in one.events if e.data["clock"] and e.data["clock"]["kind"] != "contact"
    ]
    assert one.events[-1].name == "case.warned"
    assert case_json(one.case, one.now)["procedure"]["overdue"] is True
    assert case_json(one.case, one.now)["light"] != "yellow"
    one.do("progress", result="决定受理")
    shown = case_json(one.case, one.now)["procedure"]
    assert (shown["result"], shown["overdue"]) == ("决定受理", True)
    one.do("resolve", measures="已调解")
    assert one.case.course.procedure is not None
    assert one.case.course.procedure.result == "决定受理"


def test_a_result_in_time_meets_the_term_and_the_end_is_a_result_too() -> None:
    one = at_work(concern="FW-01", sub_concern=None, kind="complaint")
    one.do("statutory", basis="办法")
    one.do("explain", measures="经营者不同意调解，终止调解")
    law = clocks.find(one.case.clocks, "statutory", open_only=False)
    assert law is not None
    assert law.state == "met"
    assert one.case.course.procedure is not None
    assert one.case.course.procedure.result == "经营者不同意调解，终止调解"


def test_no_result_outside_a_procedure() -> None:
    one = at_work()
    with pytest.raises(Problem, match="不在法定程序"):
        one.do("progress", result="受理")


def test_the_law_that_sets_no_term_has_no_clock() -> None:
    one = at_work(concern="GL-02", sub_concern=None)
    one.do("statutory", basis="城乡规划法")
    assert clocks.find(one.case.clocks, "statutory") is None
    assert case_json(one.case, one.now)["procedure"]["name"] == "违法建设查处"
    one.do("resume")
    assert one.state == "signed"


def test_a_procedure_that_is_broken_off_leaves_the_case_in_the_figures() -> None:
    one = at_work(concern="GL-02", sub_concern=None)
    one.do("statutory", basis="城乡规划法")
    assert one.case.excluded == "statutory"
    one.do("resume")
    assert one.case.excluded is None
    assert one.case.course.procedure is None
    assert "照常计入考核" in one.events[-1].data["text"]
    one.do("statutory", basis="城乡规划法")
    one.do("progress", result="责令限期拆除")
    one.do("resume")
    assert one.case.excluded == "statutory", "it came to something"


def test_what_was_left_out_for_another_reason_stays_so() -> None:
    one = at_work(concern="GL-02", sub_concern=None, kind="consult")
    assert one.case.excluded == "consult"
    one.do("statutory", basis="城乡规划法")
    one.do("resume")
    assert one.case.excluded == "consult"
