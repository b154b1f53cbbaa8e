"""The edge that every service has: whatever arrives, the answer is one that the page tells of, in a form that can be read."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from xml.etree import ElementTree

import httpx
import pytest

from tests.contract.fuzzed.oddities import BODIES, HEADERS, TEXTS, TYPES, cursors, spoilt
from tests.contract.fuzzed.pages import EXAMPLES, SEED, SERVICES, page_of
from tests.contract.http.town import CASES, MATTERS, SHOP, WHISTLES, Json, Town

pytestmark = [pytest.mark.timeout(3600), pytest.mark.xdist_group("fuzzed")]
T = TypeVar("T")
# Waits with its answer as long as it is asked to.
_WAITING = "/units/{code}/events"
_UNIT = {"name": "某站", "level": "station", "parent": "ZR", "aliases": ["一站"], "hours": None, "channels": {}}
_ROW = {"priority": 10, "when": {"concern": ["GL-03"]}, "lead": ["ZR-OPS"], "reason": "归他管"}


def some(held: Sequence[T], each: int) -> list[T]:
    """`each` for every example a route gets."""
    return random.Random(SEED).sample(held, min(len(held), each * EXAMPLES))


def unreadable(answer: httpx.Response, told: object) -> list[str]:
    """What is wrong with an answer; nothing, as a rule."""
    shown = [f"{told} → {answer.status_code} {answer.text[:300]}"]
    kind = answer.headers.get("content-type", "")
    if answer.status_code >= 500 and answer.status_code != 503:
        return shown
    if answer.status_code < 400:
        return []
    try:
        if "xml" in kind:
            ElementTree.fromstring(answer.content)
        elif "json" in kind:
            json.loads(answer.content)
        else:
            return shown
    except ValueError:
        return shown
    return []


async def routes(town: Town) -> list[tuple[str, str, Json]]:
    """(method, path, what the page says of it) of all services."""
    found = []
    for service in SERVICES:
        for path, kinds in (await page_of(town, service))["paths"].items():
            found += [(method.upper(), path, told) for method, told in kinds.items()]
    return found


def filled(path: str, value: str) -> str:
    return re.sub(r"\{[^}]*\}", lambda _: value, path)


async def test_odd_addresses(town: Town) -> None:
    admin = await town.key("admin")
    odd: list[tuple[str, str]] = []
    for method, path, told in await routes(town):
        odd += [(method, filled(path, text)) for text in TEXTS if "{" in path and text]
        names = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
        for name in names:
            values = (*TEXTS, *cursors()) if name == "cursor" else TEXTS
            if path.endswith(_WAITING) and name == "wait":
                continue
            odd += [(method, f"{filled(path, 'x')}?{name}={value}&{name}={value}") for value in values]
            others = "&".join(f"{other}=1" for other in names if other not in (name, "wait"))
            odd += [(method, f"{filled(path, 'x')}?{name}={value}&{others}") for value in values]
    wrong: list[str] = []
    for method, url in some(odd, 150):
        wrong += unreadable(await admin.request(method, httpx.URL(url)), (method, url))
    assert not wrong, "\n".join(wrong)


async def test_odd_bodies(town: Town) -> None:
    admin = await town.key("admin")
    odd = [
        (method, path, body, kind)
        for method, path, told in await routes(town)
        if "requestBody" in told or method in ("POST", "PUT")
        for body in BODIES
        for kind in TYPES
    ]
    wrong: list[str] = []
    for method, path, body, kind in some(odd, 100):
        headers = {"Content-Type": kind} if kind else {}
        answer = await admin.request(method, filled(path, "x"), content=body, headers=headers)
        wrong += unreadable(answer, (method, path, body[:50], kind))
    assert not wrong, "\n".join(wrong)


async def test_odd_headers(town: Town) -> None:
    admin = await town.key("admin")
    odd = [
        (method, path, headers)
        for method, path, _ in await routes(town)
        if not path.endswith(_WAITING)
        for headers in HEADERS
    ]
    wrong: list[str] = []
    for method, path, headers in some(odd, 60):
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        answer = await admin.request(method, filled(path, "x"), headers=raw, content=b"{}")
        wrong += unreadable(answer, (method, path, headers))
    assert not wrong, "\n".join(wrong)


async def test_one_odd_place_in_a_body_that_is_right_otherwise(town: Town) -> None:
    admin = await town.key("admin")
    case = await town.case()
    whistle = await town.blow(await town.desk(), case_id=case["case_id"])
    odd = [(method, path, body) for method, path, right in _right(town, case, whistle) for body in spoilt(right)]
    wrong: list[str] = []
    for method, path, body in some(odd, 80):
        answer = await admin.request(
            method,
            path,
            content=body.encode("utf-8", "surrogatepass"),
            headers={"Content-Type": "application/json"},
        )
        wrong += unreadable(answer, (method, path, body[:300]))
    assert not wrong, "\n".join(wrong)
    await town.running.drain()
    for service in SERVICES:
        assert (await admin.get(f"/{service}/v1/parked")).json()["items"] == []


def _right(town: Town, case: Json, whistle: Json) -> Iterator[tuple[str, str, Any]]:
    now, place = town.now.isoformat(), {**SHOP, "crs": "wgs84"}
    order = {
        "external_id": "odd-1",
        "channel": "hotline_12345",
        "reported_at": now,
        "location": place,
        "address": "兰溪路生鲜店",
        "reporter": {"name": "某人", "phone": "13800001234", "anonymous": False, "confidential": False},
        "kind": "complaint",
        "source_urgency": "1",
        "source_due": now,
        "repeat_of": None,
        "supervised": False,
        "attachments": [{"url": "https://example.org/a.jpg", "media_type": "image/jpeg"}],
        "extra": {"a": {"b": [1]}},
        **MATTERS["key"],
    }
    of_order = f"/intake/v1/orders/{case['orders'][0]}"
    yield "POST", "/intake/v1/orders", order
    yield "POST", "/intake/v1/orders/batch", [order, order]
    yield "POST", f"{of_order}/supplement", {"text": "又响了"}
    yield "POST", f"{of_order}/feedback", {"resolved": True, "satisfaction": "fair", "comment": "好"}
    yield "POST", f"{of_order}/triage", {"location": place, "concern": "GL-03"}
    yield "POST", f"{of_order}/join", {"case_id": case["case_id"]}
    yield "POST", "/grids/v1/resolve", {"points": [SHOP, SHOP], "crs": "gcj02", "at": now}
    yield "PUT", "/grids/v1/units/ODD-1", _UNIT
    yield "PUT", "/grids/v1/units", [{"code": "ODD-1", **_UNIT}]
    yield "PUT", "/grids/v1/people/odd-1", {"name": "某人", "unit": "ZR-OPS", "channels": {"phone": "13800001234"}}
    yield "PUT", "/grids/v1/calendar", {"days": {"2026-11-24": "holiday"}}
    for action in ("sign", "return", "extend", "defer", "resolve", "supervise"):
        more = {"reason": "not_ours", "until": now, "measures": "已告知", "evidence": [], "due": now}
        yield "POST", f"{CASES}/{case['case_id']}/actions", {"action": action, "note": "一句", "by": "某人", **more}
    blown = {"kind": "joint_enforcement", "need": "联合检查", "units": ["ZR-OPS"], "meet": {**SHOP, "at": now}}
    yield "POST", WHISTLES, {**blown, "place": {**SHOP, "address": "兰溪路"}, "report_in_by": now}
    for action in ("accept", "report-in", "done", "evaluate"):
        yield "POST", f"{WHISTLES}/{whistle['whistle_id']}/{action}", {"unit": "ZR-OPS", "note": "到", **SHOP}
    yield "POST", "/dispatch/v1/explain", order
    yield "POST", "/dispatch/v1/rules/check", {"rows": [_ROW], "examples": [], "note": ""}
    yield "POST", "/dispatch/v1/rules/simulate", {"rows": None, "orders": [order]}
    hook = {"unit": "ZR-OPS", "kind": "webhook", "target": "https://example.org/hook", "secret": None}
    yield (
        "POST",
        "/notify/v1/subscriptions",
        {**hook, "filter": {"types": ["case.opened"], "concerns": [], "grids": []}},
    )
