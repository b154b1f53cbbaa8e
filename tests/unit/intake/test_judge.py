"""What becomes of a new order."""

from typing import Any

import pytest

from services.intake.domain.draft import Draft, GivenPosition, Reporter
from services.intake.domain.judge import Verdict, judge
from tests.harness.zhenru import AT, published, zhenru
from tests.unit.intake.drafts import draft


def _one(**more: Any) -> Verdict:
    return judge(zhenru(), [draft(**more)], AT)[0]


@pytest.mark.parametrize(
    ("more", "status", "reason"),
    [
        ({}, "accepted", None),
        ({"position": None, "content": "太吵了,噪声扰民"}, "triage", "place_unclear"),
        ({"content": "这里有件事情想说"}, "triage", "concern_unclear"),
        ({"content": "这里有件事情想说", "concern": "GL-03"}, "accepted", None),
        ({"position": GivenPosition(116.4, 39.9)}, "declined", "outside"),
        ({"channel": "web_message", "content": "法院已受理,还要投诉噪声扰民"}, "declined", "litigation"),
        ({"content": "法院已受理,还要投诉噪声扰民"}, "triage", "decline_proposed"),
        ({"channel": "web_message", "content": "信访终结了还是噪声扰民"}, "declined", "petition_concluded"),
        ({"channel": "web_message", "content": "查邻居的身份证"}, "declined", "secrets_privacy"),
        ({"channel": "web_message", "content": "测试一下"}, "declined", "no_clear_matter"),
        ({"channel": "web_message", "content": "你们都去死"}, "declined", "abuse"),
        ({"channel": "web_message", "content": "你们都去死,噪声扰民油烟扰民没人管"}, "accepted", None),
        ({"kind": "praise", "content": "感谢网格员"}, "closed", "noted"),
        ({"content": "有人要跳楼,噪声"}, "accepted", None),
        ({"channel": "web_message", "content": "法院已受理,现在着火了"}, "accepted", None),
        ({"position": None, "content": "着火了"}, "accepted", None),
        ({"position": None, "kind": "praise", "content": "感谢网格员,现在楼道着火了"}, "accepted", None),
    ],
)
def test_verdicts(more: dict[str, Any], status: str, reason: str | None) -> None:
    found = _one(**more)
    assert (found.status, found.reason) == (status, reason)
    assert found.status == "accepted" or found.said


def test_before_any_fabric_an_order_waits() -> None:
    assert judge(None, [draft(), draft()], AT) == [judge(None, [draft()], AT)[0]] * 2
    assert judge(None, [draft()], AT)[0].status == "received"


def test_an_empty_fabric_is_none() -> None:
    from services.fabric.snapshot import build

    assert judge(build(published({})), [draft()], AT)[0].status == "received"


def test_who_is_in_danger_is_told_whom_to_call() -> None:
    found = _one(content="有人要跳楼")
    assert found.classified is not None
    assert found.classified.handed_over
    assert "110" in (found.said or "")


def test_a_report_is_confidential_even_when_the_source_did_not_say_so() -> None:
    found = _one(content="举报小吃店卖过期食品")
    assert (found.kind, found.confidential) == ("report", True)
    assert _one(reporter=Reporter(confidential=True)).confidential
    assert not _one().confidential


def test_what_a_person_has_reviewed_is_not_declined_for_its_words() -> None:
    found = judge(zhenru(), [draft(channel="web_message", content="法院已受理,噪声扰民")], AT, reviewed=True)[0]
    assert found.status == "accepted"


def test_answers_keep_the_order_of_the_drafts() -> None:
    drafts: list[Draft] = [draft(position=GivenPosition(116.4, 39.9)), draft(), draft(content="想说件事")]
    assert [verdict.status for verdict in judge(zhenru(), drafts, AT)] == ["declined", "accepted", "triage"]


@pytest.mark.parametrize(
    "text",
    [
        "家里有人持刀砍人，快报警110",
        "着火了！快救命，三楼有人，打119",
        "老人突然晕倒，快叫120",
        "救命啊，有人打我",
    ],
)
def test_whoever_cries_for_help_is_handed_over(text: str) -> None:
    """Whatever else is unsure: where it is, and what."""
    found = _one(position=None, title=None, content=text)
    assert found.status == "accepted"
    assert found.classified is not None
    assert found.classified.emergency
    assert found.classified.handed_over
    assert found.classified.case_class == "emergency"
    assert found.said is not None
    assert "120" in found.said


@pytest.mark.parametrize("text", ["上次打110报警没人管，楼道还是堆物", "担心着火，快叫物业来看看"])
def test_to_speak_of_them_is_no_cry(text: str) -> None:
    found = _one(position=None, title=None, content=text)
    assert found.classified is not None
    assert not found.classified.handed_over
