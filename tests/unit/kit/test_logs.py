"""The log is written where the process's standard error is now, and never stops what is being done."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from services.kit import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_standard_error_that_was_closed_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    logs.configure("INFO")
    structlog.get_logger().info("the first")
    first_lines = first.getvalue()
    first.close()
    structlog.get_logger().info("into the void")
    logging.getLogger("duoge").warning("into the void, too")
    second = io.StringIO()
    monkeypatch.setattr(sys, "stderr", second)
    structlog.get_logger().info("the second")
    logging.getLogger("duoge").warning("the third")
    assert "the first" in first_lines
    assert "the second" in second.getvalue()
    assert "the third" in second.getvalue()
    assert "void" not in second.getvalue()


def test_a_full_disk_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    logs.configure("INFO")
    structlog.get_logger().error("nobody will read this")
    logging.getLogger("duoge").error("nor this")
