"""A scenario may not leave an error in the log, however well it ends."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def no_errors() -> Iterator[None]:
    with structlog.testing.capture_logs() as lines:
        yield
    bad = [line for line in lines if line["log_level"] in ("error", "critical") or line["event"] == "consumer.gap"]
    assert bad == []
