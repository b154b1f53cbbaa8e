"""Case events taken over by orders: in order, once, for the right ones."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.following import CaseStep, Followed, Step, follow, orders_named
from tests.harness.zhenru import AT

STEP = Step(AT, "case.opened", "立案", "ZR-OPS")
ORDER = Followed("ord_1", "accepted", None, 0)


def step(sequence: int, state: str | None, *orders: str, case: str = "case_1", **more: Any) -> CaseStep:
    return CaseStep(case, sequence, STEP, state, orders, **more)


def test_a_case_takes_its_orders_along() -> None:
    (after,) = follow([ORDER], [step(1, "open", "ord_1"), step(2, "dispatched", "ord_1"), step(3, "resolved", "ord_1")])
    assert (after.status, after.case_id, after.case_sequence, len(after.steps)) == ("resolved", "case_1", 3, 3)


def test_an_older_event_changes_nothing() -> None:
    held = replace(ORDER, case_id="case_1", case_sequence=3, status="resolved")
    assert follow([held], [step(3, "closed", "ord_1"), step(2, "dispatched", "ord_1")]) == []


def test_a_whistle_is_about_all_orders_of_its_case() -> None:
    held = [replace(ORDER, order_id=name, case_id="case_1") for name in ("ord_1", "ord_2")]
    other = replace(ORDER, order_id="ord_3", case_id="case_2")
    after = follow([*held, other], [step(4, None)])
    assert [(order.order_id, order.status) for order in after] == [("ord_1", "accepted"), ("ord_2", "accepted")]


def test_a_step_that_names_some_is_about_all_of_its_case() -> None:
    held = [replace(ORDER, order_id=name, case_id="case_1") for name in ("ord_1", "ord_2", "ord_3")]
    other = replace(ORDER, order_id="ord_4", case_id="case_2")
    some = replace(step(4, "resolved", "ord_1", "ord_3"), rest=True)
    assert orders_named([some]) == {"orders": ["ord_1", "ord_3"], "cases": ["case_1"]}
    after = follow([*held, other], [some])
    assert [(order.order_id, order.status, len(order.steps)) for order in after] == [
        (name, "resolved", 1) for name in ("ord_1", "ord_2", "ord_3")
    ]


def test_satisfaction_is_of_the_order_that_was_asked_about() -> None:
    held = [replace(ORDER, order_id=name, case_id="case_1") for name in ("ord_1", "ord_2")]
    said = step(5, "verified", "ord_1", "ord_2", about="ord_2", satisfaction="fair")
    assert [order.satisfaction for order in follow(held, [said])] == [None, "fair"]
    assert [o.satisfaction for o in follow(held, [replace(said, about=None)])] == ["fair", "fair"]


def test_a_case_that_was_left_no_longer_moves_the_order() -> None:
    held = replace(ORDER, left_cases=("case_1",))
    assert follow([held], [step(9, "closed", "ord_1")]) == []
    (after,) = follow([held], [step(1, "open", "ord_1", case="case_2")])
    assert after.case_id == "case_2"


def test_a_withdrawn_order_keeps_its_status_but_hears() -> None:
    (after,) = follow([replace(ORDER, status="withdrawn")], [step(1, "dispatched", "ord_1")])
    assert (after.status, len(after.steps)) == ("withdrawn", 1)


def test_a_merged_order_goes_with_its_new_case() -> None:
    held = replace(ORDER, case_id="case_1", case_sequence=7, status="in_progress")
    (after,) = follow(
        [held], [step(2, "dispatched", "ord_1", case="case_2"), step(3, "resolved", "ord_1", case="case_2")]
    )
    assert (after.case_id, after.case_sequence, after.status) == ("case_2", 3, "resolved")


@pytest.mark.parametrize("first", ["withdrawn", "merged"])
def test_a_case_that_was_taken_over_gives_its_orders_to_the_other(first: str) -> None:
    """The two cases tell it on partitions of their own: whichever is heard first."""
    held = [replace(ORDER, order_id=one, case_id="case_1", case_sequence=7, status="in_progress") for one in "ab"]
    told = {
        "withdrawn": step(8, "withdrawn", into="case_2"),
        "merged": step(3, "resolved", "a", "b", case="case_2"),
    }
    after = follow(held, [told.pop(first), *told.values()])
    assert [(one.case_id, one.case_sequence, one.status) for one in after] == [("case_2", 3, "resolved")] * 2


def test_orders_that_are_not_ours_are_passed_over() -> None:
    assert follow([], [step(1, "open", "ord_9")]) == []


def test_what_has_to_be_read() -> None:
    assert orders_named([step(1, "open", "ord_2", "ord_1"), step(2, None), step(3, None, case="case_0")]) == {
        "orders": ["ord_1", "ord_2"],
        "cases": ["case_0", "case_1"],
    }


_STATES = st.sampled_from(["open", "dispatched", "in_progress", "resolved", "closed", "reopened", None])


@given(st.lists(_STATES, min_size=1, max_size=8), st.data())
def test_doubles_and_late_events_end_in_the_same_place(states: list[str | None], data: st.DataObject) -> None:
    steps = [step(number, state, "ord_1") for number, state in enumerate(states, 1)]
    (once,) = follow([ORDER], steps)
    again = data.draw(st.lists(st.sampled_from(steps), max_size=6))
    (twice,) = follow([ORDER], [*steps, *again])
    assert twice == once


@given(st.lists(_STATES, min_size=2, max_size=8), st.integers(1, 7))
def test_one_batch_or_two_make_no_difference(states: list[str | None], cut: int) -> None:
    steps = [step(number, state, "ord_1") for number, state in enumerate(states, 1)]
    (whole,) = follow([ORDER], steps)
    (first,) = follow([ORDER], steps[:cut])
    later = follow([replace(first, steps=())], steps[cut:])
    second = later[0] if later else replace(first, steps=())
    assert replace(second, steps=first.steps + second.steps) == whole
