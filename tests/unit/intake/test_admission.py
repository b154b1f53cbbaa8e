"""What can't be meant is refused with the place and a sentence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.domain.admission import faults
from services.intake.domain.draft import GivenPosition
from tests.harness.zhenru import AT, SHOP, profile
from tests.unit.intake.drafts import draft

BAD: list[tuple[dict[str, Any], str]] = [
    ({"channel": "telepathy"}, "/channel"),
    ({"kind": "wish"}, "/kind"),
    ({"reported_at": AT + timedelta(days=1, seconds=1)}, "/reported_at"),
    ({"reported_at": datetime(1999, 12, 31, tzinfo=UTC)}, "/reported_at"),
    ({"reported_at": datetime.min.replace(tzinfo=UTC)}, "/reported_at"),
    ({"reported_at": datetime.max.replace(tzinfo=UTC)}, "/reported_at"),
    ({"source_due": AT - timedelta(seconds=1)}, "/source_due"),
    ({"source_due": datetime.max.replace(tzinfo=UTC)}, "/source_due"),
    ({"position": GivenPosition(SHOP[1], SHOP[0])}, "/location/lon"),
    ({"position": GivenPosition(200.0, 31.0)}, "/location/lon"),
    ({"position": GivenPosition(121.4, 100.0)}, "/location/lat"),
    ({"position": GivenPosition(0.0, 0.0)}, "/location/lon"),
    ({"position": GivenPosition(float("nan"), 31.0)}, "/location/lon"),
    ({"position": GivenPosition(float("inf"), 31.0)}, "/location/lon"),
]
INSIDE = [
    "http://localhost/x",
    "http://LOCALHOST./x",
    "http://a.localhost/x",
    "https://db.internal/x",
    "http://printer.local",
    "http://127.0.0.1:8000/x",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
]


def test_exchanged_numbers_are_seen_wherever_the_ground_is() -> None:
    manhattan, zhenru = (-74.02, 40.70, -73.90, 40.88), (121.38, 31.22, 121.42, 31.27)
    told = [
        faults(draft(position=GivenPosition(*place)), profile(), AT, True, [manhattan, zhenru])
        for place in ((40.75, -73.98), (-73.98, 40.75), (-0.1, 51.5))
    ]
    assert [[pointer for pointer, _ in found] for found in told] == [["/location/lon"], [], []]


@pytest.mark.parametrize(("more", "pointer"), BAD)
def test_faults_name_their_place(more: dict[str, Any], pointer: str) -> None:
    found = faults(draft(**more), profile(), AT, dev=False)
    assert [where for where, _ in found] == [pointer]
    assert all(sentence for _, sentence in found)


def test_all_faults_at_once() -> None:
    wrong = draft(channel="x", kind="y", position=GivenPosition(0.0, 0.0), callback_url="http://localhost/")
    assert [where for where, _ in faults(wrong, profile(), AT, dev=False)] == [
        "/channel",
        "/kind",
        "/location/lon",
        "/callback_url",
    ]


def test_the_edges_are_taken() -> None:
    for more in (
        {"reported_at": AT + timedelta(days=1)},
        {"reported_at": datetime(2000, 1, 1, tzinfo=UTC)},
        {"source_due": AT},
        {"position": GivenPosition(116.4, 39.9)},
    ):
        assert faults(draft(**more), profile(), AT, dev=False) == []


@pytest.mark.parametrize("url", INSIDE)
def test_callbacks_do_not_lead_inside(url: str) -> None:
    assert [where for where, _ in faults(draft(callback_url=url), profile(), AT, dev=False)] == ["/callback_url"]
    assert faults(draft(callback_url=url), profile(), AT, dev=True) == []


@pytest.mark.parametrize("url", ["https://12345.example.org/back", "http://8.8.8.8/x", "https://[2606:4700::1]/"])
def test_callbacks_lead_outside(url: str) -> None:
    assert faults(draft(callback_url=url), profile(), AT, dev=False) == []
