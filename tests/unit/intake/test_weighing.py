"""Class and urgency by words and by facts, each with its reason; a model's opinion beside the words."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.intake.domain.classify import classifier_of
from services.intake.domain.judge import judge
from services.intake.domain.opinions import Learned, Opinion, learned_of
from services.intake.domain.weighing import affected, weigh
from tests.harness.zhenru import AT, profile
from tests.unit.intake.drafts import draft
from tests.unit.intake.learned_made import made_model

NIGHT = datetime.fromisoformat("2026-11-23T15:30:00+00:00")


def _weighed(**more: Any) -> tuple[str, str, tuple[str, ...]]:
    one = draft(**({"title": None} | more))
    found = weigh(profile(), one, classifier_of(profile()).classify(one.text, one.concern), one.kind)
    return found.case_class, found.urgency, found.reasons


@pytest.mark.parametrize(
    ("more", "case_class", "urgency"),
    [
        ({"content": "一辆面包车违停在路口"}, "easy", "normal"),
        ({"content": "生鲜店夜间卸货噪声扰民"}, "key", "normal"),
        ({"content": "一辆面包车违停在路口", "supervised": True}, "key", "pressing"),
        ({"content": "一辆面包车违停在路口", "source_urgency": "紧急"}, "key", "urgent"),
        ({"content": "一辆面包车违停在路口", "source_urgency": "次紧急"}, "easy", "pressing"),
        ({"content": "一辆面包车违停在路口", "repeat_of": "E-0"}, "easy", "pressing"),
        ({"content": "一辆面包车违停在路口", "source_due": AT + timedelta(hours=3)}, "easy", "urgent"),
        ({"content": "一辆面包车违停在路口", "source_due": AT + timedelta(hours=20)}, "easy", "pressing"),
        ({"content": "小区电梯坏了,影响30户居民"}, "key", "pressing"),
        ({"content": "小区电梯坏了,影响120户居民"}, "key", "urgent"),
        ({"content": "电梯坏了,楼里有卧床老人"}, "easy", "pressing"),
        ({"content": "电梯坏了,有人被困"}, "easy", "urgent"),
        ({"content": "产权不清,多次反映没人管,路灯不亮"}, "hard", "normal"),
        ({"content": "违停在路口,正在堵路", "reported_at": NIGHT}, "easy", "pressing"),
        ({"content": "楼道着火了"}, "emergency", "urgent"),
        ({"content": "电梯坏了,有卧床老人", "supervised": True, "repeat_of": "E-0"}, "key", "urgent"),
        ({"content": "咨询停电要办什么", "kind": "consult"}, "easy", "normal"),
    ],
)
def test_class_and_urgency(more: dict[str, Any], case_class: str, urgency: str) -> None:
    found = _weighed(**more)
    assert found[:2] == (case_class, urgency)
    assert bool(found[2]) == (urgency != "normal" or case_class == "hard")


def test_every_reason_is_said_once() -> None:
    reasons = _weighed(content="小区电梯坏了,影响30户,有人被困", supervised=True)[2]
    assert len(set(reasons)) == len(reasons) >= 3


@pytest.mark.parametrize(
    ("text", "many"),
    [("", 0), ("楼里12户都停水", 12), ("三十多人聚集", 0), ("上百户没电", 100), ("影响99999人", 99999), ("打12345", 0)],
)
def test_how_many_are_concerned(text: str, many: int) -> None:
    assert affected(text) == many


def _opinion(concern: str, confidence: float, *taught: str) -> Opinion:
    return Opinion(concern, None, confidence, ("嗡嗡声",), "v1", frozenset({concern, *taught}))


def test_where_both_name_it_less_is_doubted() -> None:
    text = "卸货噪声很大"
    alone = classifier_of(profile()).classify(text)
    both = classifier_of(profile()).classify(text, opinion=_opinion("GL-03", 0.9))
    assert (both.concern, both.by, both.model) == ("GL-03", "model", "v1")
    assert both.confidence > max(alone.confidence, 0.9)
    assert set(alone.words) < set(both.words)


def test_where_they_differ_the_surer_decides_with_less_confidence() -> None:
    classify = classifier_of(profile()).classify
    text = "卸货噪声扰民,油烟也大"
    alone = classify(text)
    against = classify(text, opinion=_opinion("CS-01", 0.6, "GL-03"))
    assert (against.concern, against.by) == ("GL-03", "words")
    assert against.confidence < alone.confidence
    instead = classify(text, opinion=_opinion("CS-01", 0.99, "GL-03"))
    assert (instead.concern, instead.by) == ("CS-01", "model")
    assert instead.confidence < 0.99


def test_a_ledger_that_never_held_a_matter_is_not_heard_on_it() -> None:
    found = classifier_of(profile()).classify("卸货噪声很大", opinion=_opinion("CS-01", 0.99))
    assert (found.concern, found.by, found.model) == ("GL-03", "words", None)


def test_the_source_and_the_desk_stand_above_the_model() -> None:
    found = classifier_of(profile()).classify("太吵", "FW-02", opinion=_opinion("GL-03", 0.9))
    assert (found.concern, found.by, found.guess) == ("FW-02", "source", "GL-03")


@pytest.mark.parametrize("text", ["楼道着火了", "有人要跳楼", "闻到燃气味", "老人走失了"])
def test_no_opinion_silences_a_cry(text: str) -> None:
    plain = classifier_of(profile()).classify(text)
    turned = classifier_of(profile()).classify(text, opinion=_opinion("CS-02", 1.0, plain.concern))
    assert plain.emergency
    assert (turned.emergency, turned.handed_over) == (plain.emergency, plain.handed_over)


def test_labels_are_codes_or_names_of_the_profile() -> None:
    names = {"GL-03": "噪声与油烟扰民", "CS-01": "CS-01.carriageway", "FW-01": "食药监局"}
    learned = Learned(made_model(names), profile())
    assert (learned.known, learned.strangers) == (2, ["食药监局"])
    noise, parking, food = learned.opinions(
        [draft(content=text) for text in ("石泉路嗡嗡声又来了", "石泉路车子横在路口过不去", "石泉路盒饭吃了拉肚子")]
    )
    assert noise is not None
    assert noise.concern == "GL-03"
    assert parking is not None
    assert (parking.concern, parking.sub) == ("CS-01", "CS-01.carriageway")
    assert food is None or food.concern != "FW-01"


def test_one_model_is_matched_once_for_a_profile() -> None:
    model = made_model()
    assert learned_of(model, profile()) is learned_of(model, profile())


def test_a_model_is_nothing_without_a_fabric() -> None:
    assert judge(None, [draft()], AT, model=made_model())[0].status == "received"
