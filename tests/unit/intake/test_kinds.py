"""诉求类型 guessed from words: all eight, sure by several words, never one that would hide an order from work."""

import pytest

from services.intake.domain.kinds import guess_from, guess_kind, sure_kind
from tests.harness.zhenru import zhenru

PROFILE = zhenru().profile


@pytest.mark.parametrize(
    ("text", "kind", "sure"),
    [
        ("请问居住证如何办理,需要什么材料", "consult", None),
        ("老人独居,求助,请帮忙联系家属", "help", "help"),
        ("投诉生鲜店半夜卸货,扰民,严重影响休息", "complaint", "complaint"),
        ("实名举报,揭发店家用过期肉", "report", None),
        ("建议在路口希望增设一个信号灯", "suggestion", "suggestion"),
        ("两家因漏水起纠纷,请调解", "dispute", "dispute"),
        ("广告牌摇摇欲坠,很危险", "hazard", "hazard"),
        ("表扬居委会,送锦旗感谢", "praise", None),
        ("投诉店家,也想咨询", "consult", None),
    ],
)
def test_every_kind_is_guessed(text: str, kind: str, sure: str | None) -> None:
    guess = guess_kind(PROFILE, text)
    assert guess is not None
    assert guess.code == kind
    assert 0 < guess.confidence < 1
    assert all(word in text for word in guess.words)
    assert sure_kind(PROFILE, guess) == sure
    assert guess_from(guess.as_json()) == guess


def test_no_word_no_guess() -> None:
    assert guess_kind(PROFILE, "兰溪路路灯不亮") is None
    assert sure_kind(PROFILE, None) is None


def test_a_word_within_a_longer_one_counts_once() -> None:
    guess = guess_kind(PROFILE, "实名举报")
    assert guess is not None
    assert guess.words == ("实名举报",)
