"""Names, standings, answers and both ways of writing, without anything running."""

import json
from datetime import UTC, datetime
from typing import get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.api.open311.writing import Document, Listed
from services.intake.domain.lifecycle import ALLOWED
from services.intake.domain.open311 import answers, taxonomy
from services.intake.domain.open311.naming import whole_name
from services.intake.domain.open311.standing import CLOSED, MEANING, TOLD, intent, meaning_of, standing
from services.kit.contracts.orders import OrderStatus
from services.kit.contracts.registry import TYPES
from services.kit.http.auth import Buckets
from services.kit.problems import TooMany
from tests.harness.zhenru import profile


@given(st.text())
def test_any_text_is_xml_and_json(words: str) -> None:
    document = Document("a", Listed("b", [{"c": words, "d": None, "e": True, "f": 1.5}]))
    root = ElementTree.fromstring(document.written("xml"))
    read = root[0][0].text or ""
    assert set(read) <= set(words)
    assert [child.text for child in root[0]][1:] == [None, "true", "1.5"]
    assert json.loads(document.written("json"))[0]["e"] is True


def test_the_json_of_the_specification() -> None:
    at = datetime(2026, 11, 23, 2, 0, 0, 123, tzinfo=UTC)
    value = {"code": "a", "empty": "", "at": at, "values": Listed("value", [{"key": "1"}])}
    told = json.loads(Document("x", value).written("json"))
    assert told == {"code": "a", "empty": None, "at": "2026-11-23T10:00:00+08:00", "values": [{"key": "1"}]}
    assert b"<values><value><key>1</key></value></values>" in Document("x", value).written("xml")
    assert b"<empty/>" in Document("x", value).written("xml")


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [
        ("三", "张", "张三"),
        ("张", "三", "张三"),
        ("娜娜", "欧阳", "欧阳娜娜"),
        ("欧阳", "娜娜", "欧阳娜娜"),
        ("张三", None, "张三"),
        ("", "张三", "张三"),
        ("John", "Smith", "John Smith"),
        (None, " ", None),
    ],
)
def test_a_name_as_it_is_written_here(first: str | None, last: str | None, whole: str | None) -> None:
    assert whole_name(first, last) == whole


def test_every_status_stands_somewhere_and_every_update_means_something_possible() -> None:
    statuses = get_args(OrderStatus)
    assert {status for status in statuses if standing(status) == "closed"} == CLOSED
    assert set(TOLD) <= set(TYPES)
    actions = {"unresolved": "feedback", "resolved": "feedback"}
    for meaning in set(MEANING.values()):
        for status in ("received", "triage", "accepted", "joined", "in_progress", "reopened", "resolved", "declined"):
            what = intent(meaning, status)
            assert status in ALLOWED[actions.get(what, what)], (meaning, status)
    assert meaning_of("In Progress") == "open"
    assert meaning_of("better") is None


def test_answers_are_said_in_words() -> None:
    asked = taxonomy.attributes(profile(), profile().concern("GL-03"))
    given = {
        "sub": ["GL-03.shop"],
        "times": ["night", "small_hours", "night"],
        "affected": ["12"],
        "happened_at": ["2026-11-23T00:15:00Z"],
        "confidential": ["yes"],
        "unknown": ["kept"],
    }
    assert answers.faults(asked, given) == []
    read = answers.read(asked, given)
    assert read.said == ("发生时间：2026年11月23日08:15", "时段：夜间、凌晨", "大约影响12户")
    assert (read.sub, read.confidential, read.others) == ("GL-03.shop", True, {"unknown": ["kept"]})


def test_a_flood_of_strangers_takes_no_room() -> None:
    buckets = Buckets(1)
    for number in range(25_000):
        buckets.take(f"address-{number}")
    assert len(buckets._held) <= 10_000
    for _ in range(2):
        buckets.take("one")
    with pytest.raises(TooMany):
        buckets.take("one")
