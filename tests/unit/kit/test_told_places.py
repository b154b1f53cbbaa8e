"""Where a body is wrong, and how it is said: a place of the sender's own body, in Chinese."""

import json

import pytest
from pydantic import BaseModel, ValidationError

from services.dispatch.domain.routing.row import Row
from services.dispatch.schemas.cases import Asked
from services.intake.schemas.sources import SourceIn
from services.kit.http.answers import invalid_from


def told(model: type[BaseModel], raw: str) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as wrong:
        model.model_validate(json.loads(raw))
    problem = invalid_from(list(wrong.value.errors(include_url=False)))
    return [(place["pointer"], place["detail"]) for place in problem.errors]


@pytest.mark.parametrize(
    ("evidence", "place"),
    [
        ([None], "/evidence/0"),
        (["photo_after", 5], "/evidence/1"),
        ([["photo_after"]], "/evidence/0"),
        (["x" * 601], "/evidence/0"),
        ([{"kind": "visit_note", "text": "去过"}], "/evidence/0/text"),
        ([{"url": "https://files.example/" + "x" * 500}], "/evidence/0/url"),
    ],
)
def test_one_of_two_forms_is_pointed_at_once_and_in_the_body(evidence: list[object], place: str) -> None:
    body = json.dumps({"action": "resolve", "measures": "已修", "evidence": evidence})
    assert [pointer for pointer, _ in told(Asked, body)] == [place]


def test_a_sources_field_is_pointed_at_in_the_body() -> None:
    body = {"name": "热线", "channel": "hotline_12345", "fields": {"content": {"path": "内容", "by": 1}}}
    assert told(SourceIn, json.dumps(body)) == [("/fields/content/by", "没有这一项，请去掉或改名")]


def test_both_forms_are_taken() -> None:
    asked = Asked.model_validate_json('{"action":"resolve","evidence":["photo_after",{"kind":"note","url":"/a"},{}]}')
    assert asked.attached == ["photo_after", "note:/a", "file"]
    assert Asked.model_validate_json('{"action":"resolve","evidence":"photo_after"}').attached == ["photo_after"]


def test_half_a_character_is_said_in_chinese() -> None:
    assert told(Asked, '{"action":"sign","note":"\\ud800"}') == [("/note", "含有半个字符，请检查编码")]


def test_what_has_no_sentence_of_its_own_is_said_in_chinese() -> None:
    unknown = {"type": "uuid_version", "loc": ("body", "id"), "msg": "UUID version 4 expected", "ctx": {}}
    assert invalid_from([unknown]).errors == [{"pointer": "/id", "detail": "写法不对，请对照接口文档"}]


def test_a_text_is_no_list() -> None:
    assert told(Row, '{"id": "a", "title": "甲", "lead": "operation"}') == [("/lead", "应为数组")]
