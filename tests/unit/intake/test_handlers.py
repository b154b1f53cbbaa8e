"""Every event of dispatch has its reader."""

import pytest

from services.intake.handlers import READERS
from services.kit.contracts.examples import example
from services.kit.contracts.registry import TYPES, body_of

NAMES = [name for name, kind in TYPES.items() if kind.topic == "duoge.cases"]


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
