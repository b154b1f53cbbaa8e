"""Where the demonstration's clock stands: at the first start, after a restart, and when somebody asks for a moment."""

from datetime import datetime, timedelta
from pathlib import Path

from duoge.demo.play import RATE, STARTS_AT, demo_clock, keep_demo_clock
from services.kit.clock import SHANGHAI

ASKED = datetime(2026, 9, 28, 9, tzinfo=SHANGHAI)
SOON = timedelta(seconds=30) * RATE


def test_a_day_begins_when_it_was_asked_to(tmp_path: Path) -> None:
    assert timedelta(0) <= demo_clock(tmp_path, ASKED).now() - ASKED < SOON


def test_nobody_asked_it_begins_on_a_morning(tmp_path: Path) -> None:
    assert demo_clock(tmp_path).now().astimezone(SHANGHAI).hour == STARTS_AT


def test_it_goes_on_where_it_was_and_never_back(tmp_path: Path) -> None:
    demo_clock(tmp_path, ASKED)
    moved = ASKED + timedelta(days=3)
    keep_demo_clock(tmp_path, moved)
    for asked in (None, ASKED):
        assert timedelta(0) <= demo_clock(tmp_path, asked).now() - moved < SOON
    later = moved + timedelta(days=1)
    assert demo_clock(tmp_path, later).now() >= later
