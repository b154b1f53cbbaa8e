"""What must hold when the months are over: the auditors of all services, the whole record, nothing left on its way."""

import json
from typing import Any

from sqlalchemy import text

from services.dispatch.auditing import CASES_A_ROUND
from tests.harness.whole import System

# Longer than the leeway of any rule; an auditor's seconds need not be real.
LONG = 3600.0
# Enough for whatever has to last to be a finding.
ROUNDS = 3
_COUNTS = {
    "cases": "SELECT count(*) FROM dispatch.cases",
    "orders_in_cases": "SELECT count(*) FROM dispatch.case_order WHERE live",
    "case_events": "SELECT count(*) FROM dispatch.entry",
    "clocks_fired": "SELECT count(*) FROM dispatch.entry WHERE type IN ('case.warned', 'case.overdue')",
    "climbed": "SELECT count(*) FROM dispatch.entry WHERE type = 'case.climbed'",
    "whistles": "SELECT count(*) FROM dispatch.whistles",
    "escalated": "SELECT count(*) FROM dispatch.entry WHERE type = 'whistle.escalated'",
    "closed": "SELECT count(*) FROM dispatch.cases WHERE state = 'closed'",
    "told_to_units": "SELECT count(*) FROM notify.feed",
    "database_mb": "SELECT pg_database_size(current_database()) / 1000000",
}


class Proof:
    """The auditors of all services, as often as is wanted, on a clock of their own."""

    def __init__(self, town: System) -> None:
        self._town = town
        self._at = 0.0
        self._found: dict[str, None] = {}

    async def rounds(self, count: int) -> list[str]:
        """All that was said in these rounds and before. A round of dispatch looks at the next CASES_A_ROUND cases."""
        await sealed(self._town)
        for number in range(count):
            self._at += LONG
            for service in self._town.whole.services:
                for auditor in service.auditors():
                    if number < ROUNDS or service.name == "dispatch":
                        await auditor.round(self._at)
                        for held in auditor.held.values():
                            self._found |= {
                                f"{service.name}: {held.rule.sentence}——{one.said}": None for one, _ in held.found
                            }
        return list(self._found)

    async def whole(self) -> list[str]:
        """After having looked at every case twice."""
        cases = await counted(self._town, "cases")
        return await self.rounds(2 * (cases // CASES_A_ROUND + 2))


async def findings(town: System) -> list[str]:
    return await Proof(town).whole()


async def sealed(town: System) -> None:
    """The auditor's hours pass at once, the keeper's minutes are real: it is not late, it has had no time."""
    auditor = await town.visitor("auditor")
    (await auditor.post("/dispatch/v1/audit/checkpoints")).raise_for_status()


async def verified(town: System) -> dict[str, Any]:
    """What `duoge audit verify` would say: its last line, and the faults before it."""
    await sealed(town)
    auditor = await town.visitor("auditor")
    answer = await auditor.get("/dispatch/v1/audit/verify")
    lines = [json.loads(line) for line in answer.raise_for_status().text.splitlines()]
    end: dict[str, Any] = lines[-1]
    return end | {"said": [line["fault"] for line in lines if "fault" in line]}


async def counted(town: System, what: str) -> int:
    async with town.whole.services[0].db.reading() as tx:
        return int((await tx.execute(text(_COUNTS[what]))).scalar_one())


async def counts(town: System) -> dict[str, int]:
    return {what: await counted(town, what) for what in _COUNTS}
