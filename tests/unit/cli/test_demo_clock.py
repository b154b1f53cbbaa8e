"""Where the demonstration's clock stands: at the first start, after a restart, and when somebody asks for a moment."""

from datetime import datetime, timedelta
from pathlib import Path
from socket import socket

from duoge.demo.play import RATE, STARTS_AT, demo_clock, keep_demo_clock
from duoge.running.up import Wanted, clock_of
from services.kit.clock import SHANGHAI, Clock, real_now

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


def after_the_demo(folder: Path, start: datetime | None) -> Clock:
    with socket() as door:
        return clock_of(Wanted(folder, "127.0.0.1", 0, demo=False, dev=True, start=start, door=door))[0]


def test_what_a_demonstration_has_seen_is_not_to_come_again(tmp_path: Path) -> None:
    demo_clock(tmp_path, ASKED)
    later = ASKED + timedelta(days=3)
    assert abs(after_the_demo(tmp_path, ASKED - timedelta(days=5)).now() - real_now()) < timedelta(minutes=1)
    assert timedelta(0) <= after_the_demo(tmp_path, later).now() - later < timedelta(minutes=1)


def test_a_demonstration_that_was_ahead_is_not_left_behind(tmp_path: Path) -> None:
    ahead = real_now() + timedelta(days=30)
    demo_clock(tmp_path, ahead)
    assert after_the_demo(tmp_path, None).now() >= ahead
