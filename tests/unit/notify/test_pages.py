"""By which way somebody is paged, in which words, and until when."""

from typing import Any

import pytest

from services.kit.contracts.cases import WhistleEvent, WhistlePaged
from services.kit.contracts.examples import example
from services.kit.contracts.payload import Place
from services.kit.contracts.registry import body_of
from services.notify.domain.pages import TRIES, Waiting, stops, way, ways, words
from services.notify.domain.retries import Answer, judge
from tests.unit.notify.test_deliveries import NOW


def _step(name: str = "whistle.paged", **fields: Any) -> WhistleEvent:
    step = body_of(example(name))
    assert isinstance(step, WhistleEvent)
    return step.model_copy(update=fields)


def _paged(**fields: Any) -> WhistlePaged:
    step = _step(**fields)
    assert isinstance(step, WhistlePaged)
    return step


@pytest.mark.parametrize(
    ("channels", "found"),
    [
        ({}, {}),
        ({"phone": "138 0000-0001"}, {"sms": "13800000001"}),
        ({"phone": "+8613800000001", "email": "a@example.org"}, {"sms": "+8613800000001", "email": "a@example.org"}),
        ({"phone": "021-12345678", "mobile": "13800000001"}, {"sms": "13800000001"}),
        ({"phone": "021-12345678"}, {}),
        ({"phone": 13800000001, "wecom": None, "email": ["a@example.org"]}, {"sms": "13800000001"}),
        ({"wecom": "duty.one", "email": "no address"}, {"wecom": "duty.one"}),
        ({"wecom": "a\x00b"}, {}),
    ],
)
def test_ways(channels: dict[str, Any], found: dict[str, str]) -> None:
    assert ways(channels) == found


def test_the_first_way_that_is_configured_or_one_that_says_what_is_missing() -> None:
    assert way(["sms", "email"], ["email", "wecom"]) == "email"
    assert way(["email", "wecom"], ["wecom", "email", "sms"]) == "wecom"
    assert way(["email"], ["sms"]) == "email"
    assert way([], ["sms"]) == "sms"


def test_words_say_what_where_by_when_and_what_to_answer_without_anybodys_number() -> None:
    step = _paged(round=2, need="起火，报警人13800000001", meet=Place(address="兰溪路桥头"))
    said = words(step, "真如消防救援站", "危及公共安全", step.report_in_by)
    assert said.startswith("【应急呼叫第2次】危及公共安全：起火，报警人[电话]。请真如消防救援站于11月23日 ")
    assert "前到兰溪路桥头报到。收到请马上应哨" in said
    assert "13800000001" not in said
    assert "集合点（121.40789，31.24257）" in words(
        _paged(meet=Place(lon=121.407887, lat=31.242573)), "x", None, step.report_in_by
    )
    assert "【应急呼叫第1次】应急处置。" in words(_paged(need=" "), "x", None, step.report_in_by)


CALLED = example("whistle.paged").data["calls"][0]["unit"]


def _calls(**fields: Any) -> list[Any]:
    call = _step().calls[0]
    return [call.model_copy(update=fields), call.model_copy(update={"unit": "ZR-FIRE"})]


@pytest.mark.parametrize(
    ("of", "round_", "step", "stopped"),
    [
        (CALLED, 1, _step("whistle.accepted", calls=_calls(state="accepted")), True),
        (CALLED, 1, _step("whistle.declined", calls=_calls(state="declined")), True),
        (CALLED, 1, _step("whistle.released", calls=_calls(released=True)), True),
        (CALLED, 1, _step("whistle.missing", calls=_calls(state="missing")), False),
        ("ZR-FIRE", 1, _step("whistle.accepted", calls=_calls(state="accepted")), False),
        ("ZR-G4-VOL", 1, _step("whistle.accepted", calls=_calls(state="accepted")), True),
        ("ZR-G4-VOL", 1, _step("whistle.escalated", calls=_calls(state="missing")), False),
        ("ZR-FIRE", 1, _step("whistle.cancelled", calls=_calls(), whistle_state="cancelled"), True),
        ("ZR-FIRE", 1, _step(calls=_calls(), round=2), True),
        ("ZR-FIRE", 2, _step(calls=_calls(), round=2), False),
        ("ZR-FIRE", 1, _step(calls=_calls(), round=2, whistle_id="wh_02"), False),
    ],
)
def test_a_page_stops_when_its_unit_answers_the_whistle_ends_or_the_next_round_begins(
    of: str, round_: int, step: WhistleEvent, stopped: bool
) -> None:
    assert stops(Waiting("dlv_01", "wh_01", round_, of), step) is stopped


def test_pages_are_tried_for_minutes_and_not_at_all_where_nothing_is_configured() -> None:
    assert judge(Answer(503), TRIES - 1, NOW, 0.5, TRIES).state == "pending"
    assert judge(Answer(503), TRIES, NOW, 0.5, TRIES).state == "failed"
    assert judge(Answer(hopeless=True), 1, NOW, 0.5, TRIES).state == "failed"
