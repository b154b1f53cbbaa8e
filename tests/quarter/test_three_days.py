"""Three days in little, held to every check of the kill drill as well; the long form is `python -m tests.quarter`."""

from datetime import datetime

import asyncpg
import pytest
import structlog

from services.fabric.calendar import SHANGHAI
from tests.chaos.checks import CHECKS, Promised
from tests.chaos.evidence import gather
from tests.harness.whole import system
from tests.quarter.playing import Playing
from tests.quarter.proof import counts, findings, verified

# The last two working days before the National Day holiday, and its first.
START = datetime(2026, 9, 29, tzinfo=SHANGHAI)
DAYS, ORDERS = 3, 700


@pytest.mark.timeout(300)
async def test_the_auditors_find_nothing(database_url: str) -> None:
    with structlog.testing.capture_logs() as lines:
        async with system(database_url, at=START, more={"database_pool": 8}) as town:
            playing = Playing(town, DAYS, ORDERS, start=START, say=print)
            figures = await playing.play()
            told = await counts(town)
            print(figures, told, playing.crowd.done, playing.crowd.refused, sep="\n")
            record = await verified(town)
            assert (record["ok"], record["said"], record["entries"]) == (True, [], told["case_events"])
            assert await findings(town) == []
            assert told["cases"] > ORDERS / 2
            assert told["clocks_fired"]
            assert told["climbed"]
            assert playing.crowd.done["verify"] > ORDERS / 4
            connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
            evidence = await gather(connection, town.whole.bus, town.clock.now(), {})
            await connection.close()
            promised = Promised({}, (), (), {})
            wrong = [said for check in CHECKS for said in check(evidence, promised) if "never answered" not in said]
            assert wrong == []
    assert [
        line for line in lines if line["log_level"] in ("error", "critical") or line["event"] == "consumer.gap"
    ] == []
