"""Bodies read: every combination of what may be left out, and each fault with its pointer."""

import json
from itertools import combinations
from typing import Any

import pytest

from services.intake.api.arrivals import Reader
from services.intake.reception import Arrival
from services.intake.sealing import Sealer
from services.kit.problems import Invalid, Problem, Unreadable
from tests.harness.zhenru import AT, SHOP, profile

READER = Reader("sh12345", Sealer("a-secret-only-for-tests-" + "x" * 16), profile(), AT, dev=False)
NEEDED: dict[str, Any] = {
    "external_id": "SH12345-20261123-000123",
    "channel": "hotline_12345",
    "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "reported_at": "2026-11-23T08:15:00+08:00",
}
OPTIONAL: dict[str, Any] = {
    "title": "夜间噪声",
    "location": {"lon": SHOP[0], "lat": SHOP[1], "crs": "gcj02"},
    "address": "兰溪路生鲜店",
    "reporter": {"name": "赵铁柱", "phone": "13812345678", "anonymous": False, "confidential": True},
    "kind": "complaint",
    "concern": "GL-03",
    "source_urgency": "紧急",
    "source_due": "2026-11-30T17:00:00+08:00",
    "repeat_of": "SH12345-20261101-000007",
    "supervised": True,
    "attachments": [{"url": "https://example.org/1.jpg", "media_type": "image/jpeg"}],
    "callback_url": "https://example.org/back",
    "extra": {"坐席": "07", "deep": [{"a": None}]},
}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"external_id": ""}, "/external_id"),
    ({"external_id": 7}, "/external_id"),
    ({"external_id": "x" * 129}, "/external_id"),
    ({"external_id": "a\nb"}, "/external_id"),
    ({"external_id": "a\x00b"}, "/external_id"),
    ({"channel": "telepathy"}, "/channel"),
    ({"channel": None}, "/channel"),
    ({"content": ""}, "/content"),
    ({"content": "  \n"}, "/content"),
    ({"content": "x" * 4001}, "/content"),
    ({"content": "a\x00b"}, "/content"),
    ({"content": "a\ud800b"}, "/content"),
    ({"content": ["a"]}, "/content"),
    ({"extra": {"n": [float("nan")]}}, "/extra"),
    ({"extra": {"n": {"m": float("-inf")}}}, "/extra"),
    ({"attachments": [{"url": "https://e.org/a\nb", "media_type": "image/jpeg"}]}, "/attachments/0/url"),
    ({"title": "x" * 201}, "/title"),
    ({"title": "\x00"}, "/title"),
    ({"address": "x" * 301}, "/address"),
    ({"address": "\udfff"}, "/address"),
    ({"reported_at": "2026-11-23T08:15:00"}, "/reported_at"),
    ({"reported_at": "2026-11-23"}, "/reported_at"),
    ({"reported_at": "1763856900"}, "/reported_at"),
    ({"reported_at": 1763856900}, "/reported_at"),
    ({"reported_at": "昨天"}, "/reported_at"),
    ({"reported_at": "2026-02-30T08:15:00+08:00"}, "/reported_at"),
    ({"reported_at": "2027-11-23T08:15:00+08:00"}, "/reported_at"),
    ({"reported_at": "0001-01-01T00:00:00+14:00"}, "/reported_at"),
    ({"reported_at": "9999-12-31T23:59:59-12:00"}, "/reported_at"),
    ({"source_due": "2026-11-23T08:14:59+08:00"}, "/source_due"),
    ({"source_due": "9999-12-31T23:59:59-12:00"}, "/source_due"),
    ({"location": {"lon": SHOP[1], "lat": SHOP[0]}}, "/location/lon"),
    ({"location": {"lon": "121.4", "lat": 31.2}}, "/location/lon"),
    ({"location": {"lon": 121.4}}, "/location/lat"),
    ({"location": {"lon": True, "lat": 31.2}}, "/location/lon"),
    ({"location": {"lon": 121.4, "lat": 31.2, "crs": "utm"}}, "/location/crs"),
    ({"location": [121.4, 31.2]}, "/location"),
    ({"location": {"lon": 121.4, "lat": 31.2, "z": 3}}, "/location/z"),
    ({"reporter": {"name": 7}}, "/reporter/name"),
    ({"reporter": {"phone": 13812345678}}, "/reporter/phone"),
    ({"reporter": {"phone": "1" * 65}}, "/reporter/phone"),
    ({"reporter": {"age": 3}}, "/reporter/age"),
    ({"kind": "wish"}, "/kind"),
    ({"supervised": "yes"}, "/supervised"),
    ({"supervised": 1}, "/supervised"),
    ({"attachments": [{"url": "ftp://example.org/1.jpg", "media_type": "image/jpeg"}]}, "/attachments/0/url"),
    ({"attachments": [{"url": "https://example.org/1.jpg", "media_type": "jpeg"}]}, "/attachments/0/media_type"),
    ({"attachments": [{"url": "https://example.org/1.jpg"}]}, "/attachments/0/media_type"),
    ({"attachments": {"url": "https://example.org/1.jpg"}}, "/attachments"),
    ({"callback_url": "javascript:alert(1)"}, "/callback_url"),
    ({"callback_url": "example.org/back"}, "/callback_url"),
    ({"callback_url": "https://"}, "/callback_url"),
    ({"callback_url": "https://user:word@example.org/"}, "/callback_url"),
    ({"callback_url": "https://example.org:99999/"}, "/callback_url"),
    ({"callback_url": "https://exa mple.org/"}, "/callback_url"),
    ({"callback_url": "http://127.0.0.1/"}, "/callback_url"),
    ({"extra": []}, "/extra"),
    ({"extra": {"a": "\x00"}}, "/extra"),
    ({"extra": {"a": ["\ud800"]}}, "/extra/a/0"),
    ({"extra": json.loads('{"a":' * 30 + "1" + "}" * 30)}, "/extra"),
    ({"unknown": 1}, "/unknown"),
]


def _read(body: Any, reader: Reader = READER) -> Arrival:
    return reader.one(json.dumps(body).encode())


def _subsets() -> list[tuple[str, ...]]:
    """None, each alone, each pair, each left out alone, and all."""
    names = tuple(OPTIONAL)
    return [subset for size in (0, 1, 2, len(names) - 1, len(names)) for subset in combinations(names, size)]


@pytest.mark.parametrize("names", _subsets(), ids="+".join)
def test_every_combination_of_optional_fields_is_taken(names: tuple[str, ...]) -> None:
    arrival = _read(NEEDED | {name: OPTIONAL[name] for name in names})
    missing = _read(NEEDED | {name: OPTIONAL[name] if name in names else None for name in OPTIONAL})
    assert (arrival.draft.position is not None) == ("location" in names)
    assert (arrival.draft.reporter.phone is not None) == ("reporter" in names)
    assert (arrival.draft.source_due is not None) == ("source_due" in names)
    assert arrival.draft.extra == (OPTIONAL["extra"] if "extra" in names else {})
    # Said to be nothing and not said at all is the same.
    assert arrival.draft.order_id != missing.draft.order_id
    assert arrival.draft.title == missing.draft.title


@pytest.mark.parametrize(("more", "pointer"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_faults_have_their_pointer(more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as raised:
        _read(NEEDED | more)
    assert [error["pointer"] for error in raised.value.errors] == [pointer]
    assert all(error["detail"] for error in raised.value.errors)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_what_is_needed_is_named(name: str) -> None:
    with pytest.raises(Invalid) as raised:
        _read({key: value for key, value in NEEDED.items() if key != name})
    assert raised.value.errors == [{"pointer": f"/{name}", "detail": "缺这一项，请补上"}]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"not json", b"\xff\xfe", b'{"a":\xed\xa0\x80}', b"[" * 100_000, b'{"a": NaN, "a"}']
)
def test_what_is_no_json_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        READER.one(raw)


@pytest.mark.parametrize("raw", [b"[]", b"7", b"null", b'"x"'])
def test_json_that_is_no_order_is_invalid(raw: bytes) -> None:
    with pytest.raises(Invalid):
        READER.one(raw)


def test_the_fingerprint_is_of_the_meaning() -> None:
    whole = NEEDED | OPTIONAL
    same = [
        dict(reversed(whole.items())),
        whole | {"reported_at": "2026-11-23T00:15:00Z"},
        whole | {"extra": dict(reversed(OPTIONAL["extra"].items()))},
    ]
    first = _read(whole).fingerprint
    assert {_read(body).fingerprint for body in same} == {first}
    assert READER.one(json.dumps(whole, indent=3, ensure_ascii=False).encode()).fingerprint == first
    assert _read(NEEDED).fingerprint == _read(NEEDED | {"title": None, "supervised": False}).fingerprint
    others = [whole | {"content": "别的"}, whole | {"supervised": False}, whole | {"extra": {"坐席": "08"}}]
    assert first not in {_read(body).fingerprint for body in others}


def test_many_are_read_each_by_itself() -> None:
    rows = [NEEDED, NEEDED | {"content": ""}, 7, NEEDED | {"content": "\ud800"}, NEEDED | {"external_id": "2"}]
    found = READER.many(json.dumps(rows).encode(), "application/json")
    assert [isinstance(one, Arrival) for one in found] == [True, False, False, False, True]
    assert [one.status for one in found if isinstance(one, Problem)] == [422, 422, 422]


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/json", ""])
def test_lines_are_told_from_an_array(media_type: str) -> None:
    raw = b"\n".join((json.dumps(NEEDED).encode(), b"", b"{broken", json.dumps(NEEDED).encode() + b"\r", b"7"))
    found = READER.many(raw, media_type)
    assert [one.status if isinstance(one, Problem) else 0 for one in found] == [0, 400, 0, 422]


@pytest.mark.parametrize("raw", [b"7", b'"x"', b"null", b"", b"[", b"[1,"])
def test_neither_array_nor_lines(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        READER.many(raw, "application/json")


def test_more_than_a_thousand_are_too_many() -> None:
    with pytest.raises(Invalid, match="1000"):
        READER.many(json.dumps([NEEDED] * 1001).encode(), "application/json")
    assert len(READER.many(json.dumps([NEEDED] * 1000).encode(), "application/json")) == 1000


def test_links_are_taken_as_systems_write_them() -> None:
    for written, kept in {
        "https://e.org/现场 照片.jpg?a=1%20b": "https://e.org/%E7%8E%B0%E5%9C%BA%20%E7%85%A7%E7%89%87.jpg?a=1%20b",
        "https://…": "https://%E2%80%A6",
    }.items():
        body = {**NEEDED, "attachments": [{"url": written, "media_type": "image/jpeg"}]}
        assert READER.one(json.dumps(body).encode()).draft.attachments[0]["url"] == kept


def test_a_byte_order_mark_is_no_part_of_the_body() -> None:
    body = b"\xef\xbb\xbf" + json.dumps(NEEDED).encode()
    assert READER.one(body).draft.content == NEEDED["content"]
    for raw in (body, b"\xef\xbb\xbf" + json.dumps([NEEDED]).encode()):
        assert [isinstance(one, Arrival) for one in READER.many(raw, "application/json")] == [True]


def test_a_nan_spoils_its_own_element_only() -> None:
    raw = json.dumps(
        [NEEDED, {**NEEDED, "extra": {"n": float("nan")}}, {**NEEDED, "location": {"lon": float("inf"), "lat": 1}}]
    )
    told = READER.many(raw.encode(), "application/json")
    assert [one.status if isinstance(one, Problem) else 201 for one in told] == [201, 422, 422]
