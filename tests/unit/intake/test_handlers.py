"""Every event of dispatch has its reader."""

from typing import Any

import pytest

from services.intake.domain.following import CaseStep, Followed, follow
from services.intake.handlers import READERS
from services.kit.contracts.examples import example
from services.kit.contracts.registry import TYPES, body_of

# Whom an emergency pages is nothing to tell whoever reported.
NAMES = [name for name, kind in TYPES.items() if kind.topic == "duoge.cases" and name != "whistle.paged"]


@pytest.mark.parametrize("name", NAMES)
def test_each_example_becomes_a_step(name: str) -> None:
    event = example(name)
    step = READERS[event.type](event, body_of(event))
    assert step is not None
    assert (step.case_id, step.sequence, step.step.type) == (event.data["case_id"], event.sequence, name)
    assert list(step.orders) == event.data.get("orders", [])
    assert step.satisfaction == event.data.get("satisfaction")


def test_a_whistle_without_a_case_is_about_no_order() -> None:
    event = example("whistle.blown")
    body = body_of(event).model_copy(update={"case_id": None})
    assert READERS[event.type](event, body) is None


@pytest.mark.parametrize("nod", ["waiting", "refused"])
def test_a_whistle_that_the_street_has_not_agreed_to_is_nothing_to_tell(nod: str) -> None:
    event = example("whistle.blown")
    assert READERS[event.type](event, body_of(event).model_copy(update={"nod": nod})) is None
    paged = example("whistle.paged")
    assert READERS[paged.type](paged, body_of(paged)) is None


def _read(name: str, **more: Any) -> CaseStep | None:
    event = example(name)
    body = body_of(event).model_copy(update={"orders": ["ord_1", "ord_9"], "order_count": 9, **more})
    return READERS[event.type](event, body)


def test_of_a_case_of_many_the_unnamed_are_meant_too() -> None:
    step = _read("case.resolved")
    assert step is not None
    assert step.of_case
    assert step.orders == ("ord_1", "ord_9")


def test_of_many_nobody_hears_of_each_newcomer_but_they_themselves() -> None:
    step = _read("case.merged", came=["ord_9"])
    assert step is not None
    assert not step.of_case
    assert step.orders == ("ord_9",)
    assert _read("case.merged", came=[], went=["ord_8"]) is None


def test_of_many_each_hears_its_own_verdict() -> None:
    step = _read("case.feedback", order_id="ord_5")
    assert step is not None
    assert not step.of_case
    assert step.orders == ("ord_5",)
    of_all = _read("case.called_back", order_id=None)
    assert of_all is not None
    assert of_all.of_case


@pytest.mark.parametrize("name", ["case.progressed", "case.urged", "case.feedback"])
def test_what_a_citizen_said_is_not_said_again_to_all_of_the_case(name: str) -> None:
    """It stands in the order that brought it; the others' sources, and the public of Open311, are not told."""
    more = {"order_id": "ord_1"} if name == "case.feedback" else {}
    said, done = _read(name, by="市民", **more), _read(name, by="真如第5责任网格", **more)
    assert said is not None
    assert done is not None
    assert (said.told, len(done.told)) == ((), 1)
    [after] = follow([Followed("ord_1", "accepted", None, 0)], [said])
    assert (after.case_id, after.case_sequence, after.steps) == (said.case_id, said.sequence, ())
