"""What the screens hold in memory follows the database, whichever process wrote."""

import asyncio
from datetime import timedelta

from services.console.main import build
from services.console.settings import ConsoleSettings
from services.console.workers.board import Board
from tests.harness.single import Single, single
from tests.integration.console.story import HOUR, Story


async def test_a_board_reads_only_what_changed(console: Single) -> None:
    story = Story()
    await console.publish(*story.opened(), *Story("case_b").opened())
    board = Board(console.service.db, console.clock)
    await board.turn()
    assert set(board.cases) == {"case_a", "case_b"}
    version, untouched = board.version, board.cases["case_b"]
    await board.turn()
    assert board.version == version
    await console.publish(story.step("case.signed", HOUR, state="signed"))
    await board.turn()
    assert board.version == version + 1
    assert board.cases["case_a"].state == "signed"
    assert board.cases["case_b"] is untouched


async def test_what_commits_late_is_not_missed(console: Single) -> None:
    """A transaction that began before the board's look and commits after it has the older number."""
    board = Board(console.service.db, console.clock)
    story = Story()
    await console.publish(*story.opened(), *Story("case_b").opened())
    async with console.service.db.transaction() as slow:
        await slow.driver.execute(
            "UPDATE cases SET title = 'late', written = pg_current_xact_id() WHERE case_id = 'case_b'"
        )
        await console.publish(story.step("case.signed", HOUR, state="signed"))
        await board.turn()
        assert board.cases["case_b"].title == "夜间噪声"
    await board.turn()
    assert board.cases["case_b"].title == "late"


async def test_the_closed_leave_after_three_days(console: Single) -> None:
    board = Board(console.service.db, console.clock)
    story = Story()
    await console.publish(*story.opened(), story.step("case.closed", state="closed"))
    await board.turn()
    assert board.cases["case_a"].closed_at is not None
    console.clock.advance(timedelta(days=4))
    await console.publish(*Story("case_b").opened())
    await board.turn()
    assert set(board.cases) == {"case_b"}


async def test_the_closed_leave_though_nothing_else_happens(console: Single) -> None:
    board = Board(console.service.db, console.clock)
    story = Story()
    await console.publish(*story.opened(), story.step("case.closed", state="closed"))
    await board.turn()
    version = board.version
    console.clock.advance(timedelta(days=4))
    await board.turn()
    assert (board.cases, board.version) == ({}, version + 1)


async def test_a_board_begins_anew_with_a_rebuild(console: Single) -> None:
    board = Board(console.service.db, console.clock)
    await console.publish(*Story().opened())
    await board.turn()
    admin = await console.visitor("admin")
    answers = await asyncio.gather(*(admin.post("/console/v1/rebuild") for _ in range(2)))
    assert [answer.status_code for answer in answers] == [202, 202]
    await console.drain()
    await board.turn()
    assert set(board.cases) == {"case_a"}


async def test_two_consoles_of_one_process_share_the_work(console: Single, database_url: str) -> None:
    async with single(build, ConsoleSettings, database_url, fabric=False) as other:
        await console.publish(*(event for n in range(20) for event in Story(f"case_{n}").opened()))
        await other.drain()
        for one in (console, other):
            http = await one.visitor("duty_desk")
            assert len((await http.get("/console/v1/cases")).json()["items"]) == 20
    await console.publish(*Story("case_more").opened())
    assert (await (await console.visitor("duty_desk")).get("/console/v1/cases/case_more")).status_code == 200
