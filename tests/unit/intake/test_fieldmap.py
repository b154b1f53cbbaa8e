"""Bodies as sources write them, put into our fields; and what a quota's day is."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.fieldmap import OURS, put_into_ours
from services.intake.domain.sources import FieldRule, Source, began


def mapped(body: Any, **fields: FieldRule) -> Any:
    return put_into_ours(body, Source("s", fields={name.replace("__", "."): rule for name, rule in fields.items()}))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("编号", "A1"),
        ("$.案件.号", "B2"),
        ("案件.号", "B2"),
        ("/案件/号", "B2"),
        ("list.1.x", 5),
        ("/a~1b", "C3"),
        ("list.9.x", None),
        ("编号.x", None),
        ("list.²", None),
    ],
)
def test_paths(path: str, found: Any) -> None:
    body = {"编号": "A1", "案件": {"号": "B2"}, "list": [{}, {"x": 5}], "a/b": "C3"}
    assert mapped(body, title=FieldRule(path)).get("title") == (str(found) if found is not None else None)


def test_values_moments_and_what_is_left() -> None:
    body = {
        "工单类型": "咨询类",
        "时间": "2026/11/23 08:15",
        "电话": 13812345678,
        "经度": "121.4",
        "工号": 3,
        "content": "x",
    }
    made = mapped(
        body,
        kind=FieldRule("工单类型", {"咨询类": "consult"}),
        reported_at=FieldRule("时间", format="%Y/%m/%d %H:%M"),
        reporter__phone=FieldRule("电话"),
        location__lon=FieldRule("经度"),
    )
    assert made == {
        "content": "x",
        "kind": "consult",
        "reported_at": "2026-11-23T08:15:00+08:00",
        "reporter": {"phone": "13812345678"},
        "location": {"lon": 121.4},
        "extra": {"工号": 3},
    }


def test_what_can_not_be_turned_is_left_for_the_reader_to_refuse() -> None:
    made = mapped(
        {"时间": "昨天", "经度": "东"}, reported_at=FieldRule("时间", format="%Y"), location__lon=FieldRule("经度")
    )
    assert (made["reported_at"], made["location"]) == ("昨天", {"lon": "东"})
    assert mapped([1], title=FieldRule("a")) == [1]


def test_defaults_give_way_to_what_the_order_says() -> None:
    source = Source("s", channel="patrol", callback_url="https://a.example/")
    assert put_into_ours({"channel": "open311"}, source)["channel"] == "open311"
    assert put_into_ours({"callback_url": None}, source) == {"callback_url": "https://a.example/", "channel": "patrol"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(_JSON, st.dictionaries(st.sampled_from(sorted(OURS)), st.text(min_size=1, max_size=6), max_size=6))
def test_no_body_and_no_map_breaks_it(body: Any, paths: dict[str, str]) -> None:
    source = Source("s", fields={ours: FieldRule(path, {"a": 1}, "%Y-%m") for ours, path in paths.items()})
    put_into_ours(body, source)


def test_a_day_is_shanghai_s() -> None:
    at = datetime(2026, 11, 22, 17, 15, 30, tzinfo=UTC)
    assert began("day", at) == datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert began("minute", at) == datetime(2026, 11, 22, 17, 15, tzinfo=UTC)
