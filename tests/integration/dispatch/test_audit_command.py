"""`duoge audit` against a running dispatch."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from typer.testing import CliRunner, Result

from duoge.cli import audit
from tests.harness.listening import listening
from tests.harness.single import ADMIN, Single
from tests.integration.dispatch.recorded import keeper_of
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import opened


@pytest_asyncio.fixture
async def url(dispatch: Single) -> AsyncIterator[str]:
    async with listening(dispatch.service.app) as address:
        yield address


async def run(url: str, *words: str) -> Result:
    environment = {"DUOGE_URL": url, "DUOGE_API_KEY": ADMIN}
    return await asyncio.to_thread(CliRunner().invoke, audit.app, list(words), env=environment)


@pytest.mark.tampers
async def test_verify(dispatch: Single, url: str, tmp_path: Path) -> None:
    case, other = await opened(dispatch, Order("ord_1"), Order("ord_2"))
    done = await run(url, "seal")
    assert "检查点 1 " in done.stdout
    await dispatch.drain()
    done = await run(url, "verify")
    assert (done.exit_code, "案卷 2 个，记录 4 条，检查点 1 个，另存的检查点 1 个：完好" in done.stdout) == (0, True)
    admin = await dispatch.visitor("admin")
    kept = tmp_path / "checkpoints.ndjson"
    [line] = (await admin.get("/dispatch/v1/audit/checkpoints")).json()["items"]
    kept.write_text(json.dumps(line))
    async with dispatch.service.db.transaction() as tx:
        await tx.execute(
            text("UPDATE entry SET text = '' WHERE subject = :case AND sequence = 2"), {"case": case["case_id"]}
        )
        await tx.execute(text("DELETE FROM cases WHERE case_id = :case"), {"case": other["case_id"]})
        await tx.execute(text("DELETE FROM entry WHERE subject = :case"), {"case": other["case_id"]})
        await tx.execute(text("DELETE FROM checkpoint"))
        await tx.execute(text("TRUNCATE bus.message"))
    # Nobody in the house knows any more that there was another.
    done = await run(url, "verify")
    assert done.exit_code == 1
    assert f"{case['case_id']} 第 2 条  内容被改过" in done.stdout
    assert other["case_id"] not in done.stdout
    done = await run(url, "verify", "--checkpoints", str(kept))
    assert done.exit_code == 1
    assert f"{other['case_id']}  整个案卷不见了" in done.stdout


async def test_what_it_says_when_nothing_answers(tmp_path: Path) -> None:
    done = await run("http://127.0.0.1:9", "verify")
    assert done.exit_code == 1
    assert "没有核对完" in done.stderr
    file = tmp_path / "x"
    assert (await run("http://127.0.0.1:9", "verify", "--checkpoints", str(file))).exit_code == 2


async def test_a_file_of_something_else(dispatch: Single, url: str, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("not a checkpoint\n")
    done = await run(url, "verify", "--checkpoints", str(file))
    assert done.exit_code == 1
    assert "第 1 行不是检查点" in done.stderr
    assert keeper_of(dispatch).shelf is None
