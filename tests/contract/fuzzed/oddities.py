"""What nobody sends who means well, and what comes all the same."""

import base64
import json
from collections.abc import Iterator
from typing import Any

HUGE = 2**63
# As JSON, so that what Python could not write is written too.
VALUES = (
    *("null", "true", "0", "-1", str(HUGE), str(-HUGE - 1), "1" + "0" * 400, "1e400", "-0.0", "NaN", "Infinity", "1.5"),
    *('""', '" "', '"\\u0000"', '"\\ud800"', '"a\\udc00b"', '"\\ufffe"', '"\\u202e\\ud83d\\ude00"', f'"{"长" * 5000}"'),
    *('"0000-01-01T00:00:00Z"', '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59.999999-14:00"', '"2026-11-23"'),
    *('"2026-11-23T24:00:00+08:00"', '"2026-11-23T10:00:00+99:99"', '"P999999999D"', '"-PT1S"', '"PT1e9H"'),
    *(
        "[]",
        "{}",
        "[[]]",
        "[null]",
        '{"": null}',
        '{"\\u0000": 1}',
        "[" * 60 + "]" * 60,
        '"<script>"',
        '"\' OR 1=1 --"',
    ),
)
BODIES = (
    *(b"", b" ", b"{", b"null", b"[]", b"{}", b'"x"', b"1", b"[1,2", b'{"a":1}{"b":2}', b'{"a":NaN}', b'{"a":1,"a":2}'),
    *(b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"\x00", b"\xed\xa0\x80", b'"\\ud800"', b'{"\xff":1}', b"[" * 100_000),
    *(
        b'{"a":' * 50_000,
        b"[" + b"1," * 50_000 + b"1]",
        b"1" * 100_000,
        b"-" * 9,
        b"<a/>",
        b"a=1&b=2",
        b"--x\r\n\r\n--x--",
    ),
)
TYPES = (
    *(
        "application/json",
        "",
        "text/plain",
        "application/xml",
        "application/json; charset=utf-7",
        "a/b/c",
        ";;;",
        "*/*",
    ),
    *(
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/x-ndjson",
    ),
)
# Already percent-encoded.
TEXTS = (
    *(
        "",
        "%20",
        "%00",
        "a%00b",
        "%ED%A0%80",
        "%FF%FE",
        "%F4%90%80%80",
        "%",
        "%zz",
        "+",
        "..",
        "%2F..%2F",
        "'",
        "%25",
        "_",
    ),
    *("NaN", "Infinity", "-Infinity", "1e999", "-1", "0", str(HUGE), "9" * 400, "1_0", "%EF%BC%91", "x" * 3000, "null"),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T10:00:00"),
    *(
        "2026-13-45",
        "0000",
        "9999-12",
        "0001-01",
        "2026-11-23T10:00:00%2B08:00",
        "true",
        "[]",
        "{}",
        "%F0%9F%98%80",
        "a,b,,",
    ),
)
_SINGLE: dict[str, tuple[str, ...]] = {
    "Authorization": ("", "Bearer", "Bearer  ", "Basic eDp5", "Bearer \xff", "Bearer " + "x" * 9000),
    "If-Match": ("", '"', '"a"', 'W/"1"', "*", '"1","2"', "9" * 400, '"9223372036854775808"', "\xff"),
    "If-None-Match": ("", "*", "W/", ",,,", "\xff"),
    "Idempotency-Key": ("", " ", "\xff", "x" * 9000),
    "Last-Event-ID": ("", "\xff", "x" * 600),
    "traceparent": ("", "00-0-0-00", "\xff", f"00-{'f' * 32}-{'f' * 16}-01", "x" * 9000),
    "Content-Length": ("-1", "x", "", "9" * 30, "1e3", "\xb2"),
    "Accept": ("", "text/event-stream", "application/xml", "*/*;q=x", "x" * 9000),
    "Range": ("bytes=-1",),
    "Host": ("",),
}
_TWICE = {
    "Content-Type": ("application/json", "text/plain"),
    "If-Match": ('"1"', '"2"'),
    "Idempotency-Key": ("a", "b"),
    "Authorization": ("Bearer a", "Bearer b"),
}
# Each a request's worth of them.
HEADERS = (
    *([(name, value)] for name, values in _SINGLE.items() for value in values),
    *([(name, value) for value in values] for name, values in _TWICE.items()),
)
_PARTS = (
    *(None, True, 0, -1, HUGE, 10**400, 1.5, float("nan"), float("inf"), "", "\0", "\ud800", "x" * 300, [], {}, [[[]]]),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T10:00:00+08:00", "2026-11-23"),
)


def cursors() -> Iterator[str]:
    """Of every length a list has, as `services.kit.http.cursors` would write them."""
    for length in range(1, 6):
        for part in _PARTS:
            yield _cursor([part] * length)
    for first in ("2026-11-23T10:00:00+08:00", "0001-01-01T00:00:00+14:00", 1.5, "x"):
        for part in _PARTS:
            yield _cursor([first, part])
    yield from (
        "=",
        "AAAA",
        "e30",
        "bnVsbA",
        "W10",
        "%00",
        "_-_-",
        base64.urlsafe_b64encode(b"[" * 300).decode().rstrip("="),
    )


def _cursor(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def spoilt(body: Any) -> Iterator[str]:
    """The body as JSON with one of its places, at every depth, holding something odd."""
    for place in _places(body):
        marked = json.dumps(_with(body, place, _MARK), ensure_ascii=False)
        for value in VALUES:
            yield marked.replace(f'"{_MARK}"', value)


_MARK = "here-it-is"


def _places(body: Any) -> Iterator[tuple[Any, ...]]:
    inside = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, held in inside:
        yield (name,)
        yield from ((name, *rest) for rest in _places(held))


def _with(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    made = body.copy()
    made[place[0]] = _with(body[place[0]], place[1:], value)
    return made
