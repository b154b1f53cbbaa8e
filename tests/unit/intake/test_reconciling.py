"""Both sides' lists: each difference with the action that mends it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from services.fabric.profile import find_profile
from services.intake.domain.handing_over import LONGEST, HandedOver, again_at
from services.intake.domain.lifecycle import RETURN_PROPOSED
from services.intake.domain.reconciling import Ours, Theirs, compare
from services.intake.lists import read_list
from services.intake.usecases.reconciling import night_after
from services.kit.problems import Problem

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def ours(status: str, standing: str | None = None, satisfaction: str | None = None, calls_back: bool = True) -> Ours:
    return Ours("ord_1", "E-1", status, standing or status, AT, satisfaction, calls_back)


@pytest.mark.parametrize(
    ("order", "row", "expected"),
    [
        (ours("accepted"), Theirs("E-1", "已受理"), None),
        (ours("joined"), Theirs("E-1", "accepted"), None),
        (ours("in_progress"), Theirs("E-1", " 处理中 "), None),
        (ours("closed"), Theirs("E-1", "办理中"), ("callback_undelivered", "tell_again")),
        (ours("closed", calls_back=False), Theirs("E-1", "办理中"), ("callback_undelivered", "ask")),
        (ours("declined"), Theirs("E-1", "已受理"), ("callback_undelivered", "tell_again")),
        (ours("in_progress"), Theirs("E-1", "已结案"), ("status_differs", "ask")),
        (ours("in_progress"), Theirs("E-1", "撤单"), ("status_differs", "withdraw")),
        (ours("closed"), Theirs("E-1", "撤单"), ("status_differs", "ask")),
        (ours("returned_to_source", RETURN_PROPOSED), Theirs("E-1", "退单"), ("status_differs", "accept_return")),
        (ours("returned_to_source", RETURN_PROPOSED), Theirs("E-1", "办理中"), None),
        (ours("returned_to_source"), Theirs("E-1", "退单"), None),
        (ours("accepted"), Theirs("E-1", "云深不知处"), ("status_unknown", "ask")),
        (
            ours("closed", satisfaction="satisfied"),
            Theirs("E-1", "closed", "不满意"),
            ("result_differs", "give_feedback"),
        ),
        (ours("accepted"), Theirs("E-1", None, "满意"), ("result_differs", "ask")),
        (ours("closed", satisfaction="satisfied"), Theirs("E-1", None, "满意"), None),
        (None, Theirs("E-1", "已受理"), ("missing_here", "post_again")),
        (ours("accepted"), None, ("missing_there", "tell_again")),
    ],
)
def test_what_differs_and_what_mends_it(
    order: Ours | None, row: Theirs | None, expected: tuple[str, str] | None
) -> None:
    found = compare({"E-1": order} if order else {}, ["E-1"] if order else [], [row] if row else [])
    assert [(one.kind, one.action) for one in found] == ([expected] if expected else [])
    assert all(one.call["path"].startswith("/intake/v1/orders") and one.said for one in found)


def test_an_order_of_another_day_is_known_but_not_wanted() -> None:
    assert compare({"E-1": ours("accepted")}, [], []) == []
    assert compare({"E-1": ours("accepted")}, [], [Theirs("E-1", "已受理")]) == []


def test_of_a_row_told_twice_the_last_counts() -> None:
    rows = [Theirs("E-1", "已结案"), Theirs("E-1", "已受理")]
    assert compare({"E-1": ours("accepted")}, ["E-1"], rows) == []


@pytest.mark.parametrize(
    "raw",
    [
        b'[{"external_id":"E-1","status":"closed","more":[1]}]',
        b'{"external_id":"E-1","status":"closed"}\n\n{"external_id":"E-2"}',
        "工单编号,状态,别的\nE-1,closed,x\n".encode("gb18030"),
        "\ufeff编号;状态\r\n E-1 ;closed\r\n".encode(),
    ],
)
def test_lists_in_many_ways_of_writing(raw: bytes) -> None:
    assert read_list(raw)[0] == Theirs("E-1", "closed")


@pytest.mark.parametrize("raw", [b"[]", b"external_id\n"])
def test_a_day_without_orders(raw: bytes) -> None:
    assert read_list(raw) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"[1]",
        b'{"external_id":1}',
        b'[{"external_id":"' + b"x" * 200 + b'"}]',
        b'[{"external_id":"E-1","status":"a\\u0000b"}]',
        b'[{"external_id":"\\ud800"}]',
        b'{"a"',
        b"a,b\n1,2",
        b"PK\x03\x04 no workbook",
        b"\xff\xfe\xfd\x00\x01",
        b"[" * 100_000,
    ],
)
def test_what_is_no_list(raw: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_list(raw)
    assert caught.value.status in (400, 422)


def test_the_next_night_is_the_same_whoever_asks() -> None:
    before, after = night_after(AT), night_after(AT + timedelta(hours=3))
    assert before == after
    assert before.due_at.isoformat() == "2026-11-24T02:00:00+08:00"
    assert night_after(before.due_at).due_at - before.due_at == timedelta(days=1)


def test_reminders_grow_further_apart() -> None:
    profile = find_profile("zhenru")
    handed = [HandedOver("h", "o", "E", "110", (), AT, AT, attempts) for attempts in range(1, 40)]
    waits = [again_at(profile, one) - AT for one in handed]
    assert waits[0] == timedelta(minutes=5)
    assert all(after == min(before * 2, LONGEST) for before, after in pairwise(waits))


@pytest.mark.parametrize(
    ("text", "service"),
    [("有人持刀行凶", "110"), ("三楼起火灾了", "119"), ("老人昏倒在地，没有呼吸", "120"), ("快来人", "110")],
)
def test_who_gets_the_cry(text: str, service: str) -> None:
    assert find_profile("zhenru").handover.service_for(text).code == service


@pytest.mark.parametrize(
    ("supervised", "urgency", "repeated", "least"),
    [
        (True, None, False, "key"),
        (False, "紧急", False, "key"),
        (False, "一般", True, None),
        (False, None, False, None),
    ],
)
def test_what_the_sources_marks_do(supervised: bool, urgency: str | None, repeated: bool, least: str | None) -> None:
    assert find_profile("zhenru").marks.least(supervised, urgency, repeated) == least
