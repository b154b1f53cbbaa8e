"""What every page and every answer of the console needs, made once by the composition root."""

import time
from dataclasses import dataclass, field

from services.console.domain.visibility import Scope, scope_of, sees
from services.console.domain.wording import Words
from services.console.models import CaseRow
from services.console.repository import reading
from services.console.repository.reading import Counts
from services.console.sessions import Sessions
from services.console.settings import ConsoleSettings
from services.console.workers.board import Board
from services.fabric.periods import period_of
from services.fabric.rates import Report, report, tally_of, total
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.keys import Caller

_RATES_KEPT_SECONDS = 5.0


@dataclass
class Room:
    settings: ConsoleSettings
    clock: Clock
    db: Database
    copy: Copy[Fabric]
    board: Board
    sessions: Sessions
    _rates: dict[tuple[Scope, str], tuple[float, Report | None]] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        return Words(self.copy.current)

    def scope(self, caller: Caller) -> Scope:
        return scope_of(caller.role, caller.unit, self.copy.current, self.clock.now())

    def seen(self, scope: Scope) -> list[CaseRow]:
        return [row for row in self.board.cases.values() if sees(scope, row)]

    async def rates(self, scope: Scope, period: str) -> Report | None:
        """None before there is a profile to count by. Raises BadPeriod."""
        now, profile = self.clock.now(), self.words.profile
        span = period_of(period, now)
        if profile is None:
            return None
        async with self.db.reading() as tx:
            groups = await reading.facts(tx, scope, span, now)
        return report(total(map(tally_of, groups)), profile.rates)

    async def rates_for_screens(self, scope: Scope, period: str) -> Report | None:
        """Counted anew at most every few seconds, however many screens ask."""
        key = (scope, period)
        kept = self._rates.get(key)
        if kept is None or time.monotonic() - kept[0] > _RATES_KEPT_SECONDS:
            if len(self._rates) > 1000:
                self._rates.clear()
            kept = self._rates[key] = (time.monotonic(), await self.rates(scope, period))
        return kept[1]

    async def counts(self, scope: Scope, period: str) -> Counts:
        async with self.db.reading() as tx:
            return await reading.counts(tx, scope, period_of(period, self.clock.now()))
