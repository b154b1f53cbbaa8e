"""Codes of receipts, papers that were given out, what a receipt shows and allows, and the form as it is read."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.fabric.profile import find_profile
from services.intake.domain import receipt, receipt_code, report_form
from services.intake.receipts import LASTS, Papers, Receipts
from services.kit.contracts.registry import TYPES
from services.kit.ids import new_id

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
RECEIPTS = Receipts("x" * 40)
PROFILE = find_profile("zhenru")


def step(kind: str, text: str = "", unit: str | None = None, ago: timedelta = timedelta()) -> dict[str, Any]:
    return {"type": kind, "text": text, "unit": unit, "at": (NOW - ago).isoformat()}


def test_a_code_is_read_whichever_way_it_is_typed() -> None:
    for _ in range(200):
        secret = secrets.token_bytes(16)
        code = receipt_code.written(secret)
        assert len(code) == 30
        typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
        for way in (code, typed, code.replace("-", ""), code.replace("1", "I").replace("-", "—")):
            assert receipt_code.read(way) == secret
    assert receipt_code.read("".join(chr(ord(sign) + 0xFEE0) for sign in code if sign != "-")) == secret


@pytest.mark.parametrize(
    "wrong", ["", "0" * 25, "0" * 27, "U" * 26, "é" * 26, "0" * 25 + "1", "-" * 80, "0" * 81, "①" * 26]
)
def test_what_is_no_code(wrong: str) -> None:
    assert receipt_code.read(wrong) is None


def test_a_code_is_its_orders_own_and_tells_nothing_of_it() -> None:
    ids = [new_id("ord") for _ in range(100)]
    codes = [RECEIPTS.code(order_id) for order_id in ids]
    assert [RECEIPTS.order_id(code) for code in codes] == ids
    # Ids of one moment begin alike; codes have nothing in common.
    assert len({order_id[:12] for order_id in ids}) == 1
    assert len({code[:3] for code in codes}) > 90
    assert Receipts("y" * 40).order_id(codes[0]) != ids[0]
    assert Receipts("x" * 40).code(ids[0]) == codes[0]


def test_papers() -> None:
    papers = Papers("x" * 40, timedelta(seconds=3))
    written = papers.give(NOW)
    paper = papers.read(written)
    assert paper is not None
    assert paper.given == NOW
    assert papers.give(NOW) != written
    assert papers.too_fast(paper, NOW + timedelta(seconds=2))
    assert not papers.too_fast(paper, NOW + timedelta(seconds=3))
    assert not papers.too_old(paper, NOW + LASTS)
    assert papers.too_old(paper, NOW + LASTS + timedelta(seconds=1))
    forged = written.replace(f"{int(NOW.timestamp())}", f"{int(NOW.timestamp()) + 1}")
    for wrong in ("", "x", forged, written[:-1], written + "0", "é" * 60, "0" * 24 + ".1." + "0" * 32):
        assert papers.read(wrong) is None
    assert Papers("y" * 40, timedelta()).read(written) is None


def test_every_line_is_of_an_event_and_every_status_has_its_words() -> None:
    assert set(receipt.LINES) <= set(TYPES)
    assert set(receipt.SAID) >= {"received", "triage", "accepted", "joined", "in_progress", "reopened", "resolved"}


def test_lines_name_units_and_results_only() -> None:
    progress = [
        step("order.received", "收到赵某的电话"),
        step("order.supplemented", "市民补充：秘密"),
        step("case.warned", "黄灯"),
        step("case.signed", "张三签收", "U1"),
        step("case.resolved", "已劝阻", "U1"),
    ]
    shown = receipt.lines(progress, False, lambda code: f"<{code}>")
    assert [line.step for line in shown][-2:] == ["<U1>已签收", "<U1>已办结"]
    assert [line.said for line in shown] == ["", "", "", "已劝阻"]
    hidden = receipt.lines(progress, True, lambda code: f"<{code}>")
    assert [line.step for line in hidden][-2:] == ["承办单位已签收", "承办单位已办结"]
    assert not any(line.said for line in hidden)


def test_only_the_work_that_is_late_is_told() -> None:
    late, again = step("case.overdue"), step("case.reopened")
    told = [late, step("case.resolved", unit="ZR"), late, step("case.closed"), late, again, late]
    shown = [line.step for line in receipt.lines(told, False, lambda code: code)]
    overdue = receipt.LINES["case.overdue"]
    assert shown == [overdue, "ZR已办结", "已结案", "重新办理", overdue]


def test_each_result_is_judged_once() -> None:
    first = [step("case.resolved"), step("case.closed")]
    judged = [*first, step("order.feedback"), step("case.reopened")]
    again = [*judged, step("case.explained")]
    assert [receipt.answered(progress) for progress in ([], first, judged, again)] == [False, False, True, False]
    assert receipt.allowed("resolved", "resolved", True, first) == ["supplement", "withdraw", "feedback"]
    assert receipt.allowed("closed", "closed", True, judged) == []
    # 表扬 is closed without ever having been a case: there is no result to judge.
    assert receipt.allowed("closed", "closed", False, []) == []
    assert receipt.allowed("in_progress", "in_progress", True, []) == ["supplement", "urge", "withdraw"]
    assert receipt.allowed("declined", "declined", False, []) == ["appeal"]


def test_urged_lately() -> None:
    assert receipt.urged_lately([step("order.urged", ago=timedelta(minutes=59))], NOW)
    assert not receipt.urged_lately([step("order.urged", ago=timedelta(hours=1))], NOW)


def test_a_form_is_read() -> None:
    given = {
        "content": "一\r\n二",
        "lon": "121.4",
        "lat": "31.2",
        "anonymous": "1",
        "more": "x",
        "phone": "+86 (021) 12345",
    }
    filled = report_form.read(given, PROFILE)
    assert filled.faults == {}
    assert (filled.text("content"), filled.text("address"), filled.chosen("anonymous")) == ("一\n二", None, True)
    assert filled.position is not None
    assert (filled.position.lon, filled.position.lat) == (121.4, 31.2)
    assert "more" not in filled.values


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"content": ""}, {"content"}),
        ({"content": "字" * 4001}, {"content"}),
        ({"content": "𠮷" * 4000}, set()),
        ({"content": "\ud800"}, {"content"}),
        ({"name": "\0"}, {"name"}),
        ({"address": "x" * 301}, {"address"}),
        ({"kind": "no"}, {"kind"}),
        ({"phone": "1;DROP"}, {"phone"}),
        ({"phone": "1"}, {"phone"}),
        ({"lon": "121.4"}, {"place"}),
        ({"lon": "inf", "lat": "1"}, {"place"}),
        ({"lon": "x", "lat": "y"}, {"place"}),
        ({"lon": "1" * 65, "lat": "1"}, {"lon"}),
        ({"shop": "x" * 65}, {"shop"}),
    ],
)
def test_what_is_wrong_with_a_form(given: dict[str, str], where: set[str]) -> None:
    assert set(report_form.read({"content": "井盖坏了"} | given, PROFILE).faults) == where


def test_channels_of_every_city() -> None:
    for name in ("zhenru", "beijing", "jinan", "dexinyuan"):
        profile = find_profile(name)
        for shop in (True, False):
            assert profile.channel(report_form.channel(profile, shop)) is not None
    assert report_form.channel(PROFILE, True) == "shop_code"
