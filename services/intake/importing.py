"""A register taken in: read as a whole, then judged and committed some hundreds of rows at a time.

Whatever dies half way, the same file again takes in the rest: each row has its number, its own or that of its content.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.fabric.profile import Profile
from services.intake.domain.registers.columns import LOOKED_AT, NAMES, Register, find_register
from services.intake.domain.registers.rows import Row, header_of, rows_of
from services.intake.reception import Arrival, Reception
from services.intake.sourcebook import SourceBook
from services.intake.usecases.receiving import Prepared
from services.kit.files.bad import BadFile
from services.kit.files.sheets import sheets_of
from services.kit.masking import masked
from services.kit.problems import Problem, wrong

if TYPE_CHECKING:
    from services.intake.api.arrivals import Reader

TOGETHER = 500
SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Failed:
    line: int
    cells: Sequence[str]
    reasons: Sequence[str]


@dataclass(slots=True)
class Result:
    """`added`: new orders; `known`: rows that had been taken in before, doubles within the file too; `taken`: lines with
    the orders of both."""

    added: int = 0
    known: int = 0
    failed: list[Failed] = field(default_factory=list)
    taken: list[tuple[int, str]] = field(default_factory=list)


def read_register(raw: bytes, profile: Profile, channel: str) -> tuple[Register, list[Row]]:
    """Nothing but the processor. Invalid, with a sentence, for a file that is no register."""
    try:
        register = find_register(sheets_of(raw))
    except BadFile as bad:
        raise wrong("/file", str(bad)) from None
    if register is None:
        raise wrong(
            "/file",
            f"前 {LOOKED_AT} 行里没有认得的表头；至少要有一列写诉求（如 {'、'.join(NAMES['content'][:4])}），"
            f"和另一列认得的（如 {'、'.join(NAMES['reported_at'][:2])}、地址）",
        )
    return register, list(rows_of(register, profile, channel))


def checked_rows(register: Register, rows: Sequence[Row], reader: "Reader") -> tuple[list[Arrival], list[Failed]]:
    """In their order."""
    sound = [row for row in rows if not row.faults]
    arrivals: list[Arrival] = []
    failed = [Failed(row.line, row.cells, row.faults) for row in rows if row.faults]
    bodies = [json.dumps(row.body, ensure_ascii=False).encode("utf-8", "replace") for row in sound]
    for row, arrival in zip(sound, reader.lines(bodies), strict=True):
        if isinstance(arrival, Problem):
            failed.append(Failed(row.line, row.cells, _reasons(register, arrival)))
        else:
            arrivals.append(arrival)
    return arrivals, failed


async def take_in(
    register: Register,
    rows: Sequence[Row],
    reader: Callable[[], "Reader"],
    reception: Reception,
    sources: SourceBook,
    result: Result,
) -> AsyncIterator[int]:
    """How many rows are done, after each group; `result` fills up meanwhile."""
    for start in range(0, len(rows), TOGETHER):
        group = rows[start : start + TOGETHER]
        by_id = {str(row.body["external_id"]): row for row in group}

        def work(group: Sequence[Row] = group) -> tuple[list[Arrival], list[Failed], list[Prepared]]:
            now = reader()
            arrivals, failed = checked_rows(register, group, now)
            granted = sources.granted(now.agreed, len(arrivals))
            beyond = {one.draft.external_id for one in arrivals[granted:]}
            failed += [
                Failed(row.line, row.cells, [sources.refusal(now.agreed).detail])
                for row in group
                if row.body["external_id"] in beyond and not row.faults
            ]
            return arrivals[:granted], failed, reception.prepare(arrivals[:granted])

        arrivals, failed, prepared = await asyncio.to_thread(work)
        result.failed += failed
        received = await reception.store(prepared) if prepared else []
        for arrival, outcome in zip(arrivals, received, strict=True):
            row = by_id[arrival.draft.external_id]
            if isinstance(outcome, Problem):
                result.failed.append(Failed(row.line, row.cells, _reasons(register, outcome)))
                continue
            result.added += outcome.new
            result.known += not outcome.new
            if outcome.order is not None:
                result.taken.append((row.line, outcome.order_id))
        yield min(start + TOGETHER, len(rows))
    result.failed.sort(key=lambda one: one.line)


def sample_of(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The first ones as they would be taken, nobody named."""
    return [{"line": row.line, **_shown(row)} for row in rows[:SAMPLE]]


def _shown(row: Row) -> dict[str, Any]:
    reporter = dict(row.body.get("reporter", {}))
    names = (str(reporter["name"]),) if reporter.get("name") else ()
    phones = (str(reporter["phone"]),) if reporter.get("phone") else ()
    hidden = {name: "有" for name in ("name", "phone") if reporter.get(name)}
    shown = {
        name: masked(value, names, phones)
        if isinstance(value, str) and name in ("content", "title", "address")
        else value
        for name, value in row.body.items()
        if name != "extra"
    }
    return shown | ({"reporter": reporter | hidden} if reporter else {})


def _reasons(register: Register, problem: Problem) -> list[str]:
    if not problem.errors:
        return [problem.detail]
    return [f"{header_of(register, one['pointer'])}：{one['detail']}" for one in problem.errors]
