"""All twelve concerns by their words, with how sure that is; the cries of an emergency; who said it."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric.spoken import lexicon_of
from services.intake.domain.classify import Classified, classified_from, classifier_of
from tests.harness.zhenru import profile

_TEMPLATES: dict[str, list[str]] = json.loads((files("duoge.demo") / "templates.json").read_text("utf-8"))
SENTENCES = [
    (code, text.format(place="兰溪路生鲜店", estate="真光一坊小区"))
    for code, texts in _TEMPLATES.items()
    for text in texts
]
MORE = [
    ("CS-01", "一辆面包车违停在路口,堵了半天"),
    ("CS-02", "夜市摊占道经营,油污满地"),
    ("CS-03", "健身步道地面破损坑洼,路灯不亮"),
    ("GL-01", "有住户飞线充电,从六楼挂下来"),
    ("GL-02", "顶楼违章搭建玻璃房"),
    ("GL-03", "烧烤店油烟扰民,声音也大"),
    ("FW-01", "餐馆卖过期食品,要求退款"),
    ("FW-02", "小区电梯坏了,物业不修"),
    ("FW-03", "独居老人申请社区食堂送餐"),
    ("AQ-01", "有小孩走失,穿红衣服"),
    ("AQ-02", "高空抛物砸到车,外墙也松动"),
    ("AQ-03", "邻里纠纷,请居委来调解"),
]


def test_the_templates_show_all_twelve() -> None:
    assert set(_TEMPLATES) == {concern.code for concern in profile().concerns} - {"OTHER"}


@pytest.mark.parametrize(("concern", "text"), SENTENCES + MORE)
def test_words_show_the_concern(concern: str, text: str) -> None:
    found = classifier_of(profile()).classify(text)
    assert (found.concern, found.by) == (concern, "words")
    assert found.confidence >= profile().thresholds.triage_concern
    assert found.words
    assert all(word in text for word in found.words)
    assert found.category == concern[:2]


def test_nothing_shown_is_other_without_confidence() -> None:
    found = classifier_of(profile()).classify("你好")
    assert (found.concern, found.confidence, found.words, found.emergency) == ("OTHER", 0.0, (), False)


@pytest.mark.parametrize("text", ["", "\n", "🙂" * 500, "噪声" * 2000])
def test_any_text_can_be_asked(text: str) -> None:
    assert 0.0 <= classifier_of(profile()).classify(text).confidence <= 1.0


def test_a_word_said_often_counts_once() -> None:
    classify = classifier_of(profile()).classify
    assert classify("噪声噪声噪声").confidence == classify("噪声").confidence


def test_the_source_decides_and_the_words_are_kept_as_a_guess() -> None:
    found = classifier_of(profile()).classify("广场舞音响太响", "FW-02")
    assert (found.concern, found.by, found.guess) == ("FW-02", "source", "GL-03")


def test_a_sub_concern_may_be_named() -> None:
    found = classifier_of(profile()).classify("太吵", "GL-03.dancing", "desk")
    assert (found.concern, found.sub, found.by, found.confidence) == ("GL-03", "GL-03.dancing", "desk", 1.0)


def test_a_concern_that_the_profile_lacks_is_not_taken() -> None:
    found = classifier_of(profile()).classify("广场舞音响太响", "ZZ-99")
    assert (found.concern, found.by) == ("GL-03", "words")


@pytest.mark.parametrize(
    ("text", "emergency", "handed_over"),
    [
        ("楼道着火了", True, True),
        ("我家厨房起火了,快来人", True, True),
        ("三楼失火了", True, True),
        ("楼道着火了,我很害怕", True, True),
        ("楼道堆满纸板箱,怕起火了没人管", False, False),
        ("如果着火了怎么逃", False, False),
        ("我怕他要跳楼,快来人", True, True),
        ("闻到燃气味", True, False),
        ("有人要跳楼", True, True),
        ("有人晕倒在路边", True, True),
        ("老人突然晕倒了,不省人事", True, True),
        ("孩子掉河里了", True, True),
        ("去年有老人晕倒了,想装扶手", False, False),
        ("楼道堆满纸板箱,怕着火了", False, False),
        ("去年着火了一次,想加灭火器", False, False),
        ("电动车违停", False, False),
    ],
)
def test_emergencies_are_cries_not_fears(text: str, emergency: bool, handed_over: bool) -> None:
    found = classifier_of(profile()).classify(text)
    assert (found.emergency, found.handed_over) == (emergency, handed_over)


@pytest.mark.parametrize(
    ("text", "sub", "emergency"),
    [
        ("兰溪小区楼道里电瓶车着火了,烟很大,快来人", "GL-01.burning", True),
        ("小区地下车库电动车正在燃烧", "AQ-02.burning", True),
        ("垃圾桶正在燃烧", "AQ-02.burning", True),
        ("楼道飞线充电,怕着火", "GL-01.plain", False),
        ("小区楼道堆满纸板箱,怕着火了", "AQ-02.hazard_home", False),
    ],
)
def test_what_burns_is_for_the_firemen_and_a_fear_is_not(text: str, sub: str, emergency: bool) -> None:
    found = classifier_of(profile()).classify(text)
    assert (found.sub, found.emergency) == (sub, emergency)


WORDS = sorted({entry.word for entry in profile().lexicon} | {"怕", "没有", "救命"})
CODES = [None, *(concern.code for concern in profile().concerns), "GL-03.dancing", "AQ-02.gas"]


@given(st.lists(st.sampled_from(WORDS), max_size=6).map("，".join), st.sampled_from(CODES))
def test_who_only_asks_is_told_what_an_order_would_be_taken_for(text: str, code: str | None) -> None:
    found = classifier_of(profile()).classify(text, code)
    assert lexicon_of(profile()).read(text, code) == (found.concern, found.sub, found.emergency)


def test_it_is_kept_as_json_and_read_again() -> None:
    found = classifier_of(profile()).classify("闻到燃气味", "AQ-02.gas")
    assert classified_from(json.loads(json.dumps(found.as_json()))) == found


def test_json_names_are_those_of_the_api() -> None:
    assert set(Classified("OTHER", None, "QT", 0.0, ()).as_json()) >= {"concern", "confidence", "words", "sub_concern"}


def test_one_profile_is_compiled_once() -> None:
    assert classifier_of(profile()) is classifier_of(profile())
