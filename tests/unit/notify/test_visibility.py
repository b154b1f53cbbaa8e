"""What leaves: nothing of a confidential case but to its lead, and no number of a person to anybody."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.contracts.cases import CaseDispatched
from services.kit.contracts.examples import example
from services.kit.contracts.registry import TYPES, body_of
from services.notify.domain.matter import Matter
from services.notify.domain.visibility import INSTEAD, KEPT_BACK, seen_by, suspicious, without_numbers
from services.notify.usecases.telling import view

OPEN = Matter("夜间噪声", "每晚卸货")
SECRET = Matter("举报标题", "举报内容", confidential=True)


def shown(viewer: Any, name: str, matter: Matter) -> dict[str, Any]:
    return seen_by(viewer, name, body_of(example(name)).model_dump(mode="json", by_alias=True), matter)


@pytest.mark.parametrize("name", [name for name in TYPES if name.startswith(("case.", "whistle."))])
def test_every_confidential_event_stays_a_valid_one(name: str) -> None:
    for viewer in ("lead", "unit", "source"):
        TYPES[name].model.model_validate(shown(viewer, name, SECRET))


def test_the_matter_is_filled_in_for_those_who_come_later() -> None:
    assert shown("lead", "case.signed", OPEN)["summary"] == "每晚卸货"
    assert shown("unit", "whistle.blown", OPEN)["title"] == "夜间噪声"


@pytest.mark.parametrize(
    ("viewer", "name", "hidden", "kept"),
    [
        ("lead", "case.dispatched", "", "title summary text"),
        ("unit", "case.dispatched", "title summary text", "place lead orders"),
        ("unit", "case.resolved", "measures evidence text", "state place"),
        ("source", "case.resolved", "", "measures evidence text"),
        ("source", "case.dispatched", "title summary", "text"),
        ("unit", "whistle.blown", "", "text need meet report_in_by"),
    ],
)
def test_what_of_a_confidential_case_is_kept_back(viewer: Any, name: str, hidden: str, kept: str) -> None:
    before, after = example(name).data, shown(viewer, name, SECRET)
    assert all(after[field] != before[field] for field in hidden.split())
    assert all(after[field] == before[field] for field in kept.split())


def test_which_orders_are_one_callers_stays_in_the_house() -> None:
    body = example("order.accepted").data | {"person": "0123456789abcdef01234567"}
    assert seen_by("source", "order.accepted", body, OPEN)["person"] is None


def test_what_a_meeting_decided_of_a_confidential_case_is_its_leads_alone() -> None:
    body = example("case.progressed").data | {
        "meeting": {"decision": "约谈当事人"},
        "rectification": {"subject": "某店"},
    }
    assert seen_by("lead", "case.progressed", body, SECRET)["meeting"] == body["meeting"]
    assert seen_by("unit", "case.progressed", body, SECRET)["meeting"] is None
    assert seen_by("unit", "case.progressed", body, SECRET)["rectification"] is None


def test_everything_kept_back_has_something_instead() -> None:
    assert {field for fields in KEPT_BACK.values() for field in fields} <= {*INSTEAD, "text"}


PHONE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
AROUND = st.text(st.characters(exclude_characters="0123456789", exclude_categories=["Cs", "Nd"]), max_size=20)
WORDS = ("title", "summary", "text", "ground", "by", "reason")


@given(field=st.sampled_from(WORDS), phone=PHONE, before=AROUND, after=AROUND, split=st.sampled_from(["", " ", "-"]))
def test_no_mobile_number_survives(field: str, phone: str, before: str, after: str, split: str) -> None:
    written = f"{phone[:3]}{split}{phone[3:7]}{split}{phone[7:]}"
    event = example("case.dispatched")
    body = CaseDispatched.model_validate({**event.data, field: before + written + after})
    for viewer in ("lead", "source"):
        seen = view(event, body, OPEN, viewer)
        for text in (seen.cloud_event, (seen.message.value or b"").decode()):
            assert phone not in text
            assert written not in text
        json.loads(seen.cloud_event)


@given(
    st.recursive(
        st.text() | st.none() | st.integers() | st.booleans(),
        lambda x: st.lists(x) | st.dictionaries(st.text(max_size=4), x),
        max_leaves=12,
    )
)
def test_blotting_out_is_complete_and_done_once(value: Any) -> None:
    once = without_numbers(value)
    assert without_numbers(once) == once
    assert not isinstance(value, str) or not re.search(r"(?<!\d)1[3-9][0-9]{9}(?!\d)", once)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("打13912345678找我", "打[电话]找我"),
        ("+86 139-1234-5678", "[电话]"),
        ("１３９１２３４５６７８", "[电话]"),
        ("身份证31010719900101123X。", "身份证[证件号]。"),
        ("编号 case_01890f2e7b3a71389123456789abcdef", "编号 case_01890f2e7b3a71389123456789abcdef"),
        ("单号 202611230001234", "单号 202611230001234"),
        ("二维码 12345", "二维码 12345"),
    ],
)
def test_numbers(text: str, clean: str) -> None:
    assert without_numbers(text) == clean


def test_codes_and_positions_are_no_numbers() -> None:
    data = {"place": {"lon": 121.13812345678, "grids": {"part": "310107020001000001"}}, "orders": ["13912345678"]}
    assert without_numbers(data) == data
    assert suspicious(json.dumps(data))
