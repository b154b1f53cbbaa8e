"""What the database's statements cost on the first days and on the last: whatever grows with history shows here."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import text

from tests.harness.whole import System

SETTINGS = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.max": "5000"}
_MAKE = text("CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public")
_READ = text(
    r"""SELECT regexp_replace(query, '\s+', ' ', 'g') AS query, sum(calls) AS calls, sum(total_exec_time) AS ms
        FROM public.pg_stat_statements GROUP BY 1"""
)
_CLEAR = text("SELECT public.pg_stat_statements_reset()")


@dataclass
class Statements:
    """One entry a played day: statement → (calls, ms)."""

    town: System
    days: list[dict[str, tuple[int, float]]] = field(default_factory=list)

    async def begin(self) -> None:
        async with self.town.whole.services[0].db.transaction() as tx:
            await tx.execute(_MAKE)
            await tx.execute(_CLEAR)

    async def day(self) -> None:
        async with self.town.whole.services[0].db.reading() as tx:
            rows = (await tx.execute(_READ)).all()
            await tx.execute(_CLEAR)
        self.days.append({row.query: (int(row.calls), float(row.ms)) for row in rows})

    def lines(self, most: int = 60) -> Iterator[str]:
        spent: dict[str, float] = {}
        for day in self.days:
            for query, (_, ms) in day.items():
                spent[query] = spent.get(query, 0.0) + ms
        whole = sum(spent.values())
        third = max(1, len(self.days) // 3)
        yield f"--- statements, of {whole / 1000:.0f} s: share, ms a call in the first third, in the last, calls in the last"
        for query in sorted(spent, key=lambda query: -spent[query])[:most]:
            first, last = _mean(self.days[:third], query), _mean(self.days[-third:], query)
            calls = sum(day[query][0] for day in self.days[-third:] if query in day)
            yield f"{100 * spent[query] / whole:5.1f} % {first:9.3f} {last:9.3f} {calls:8}  {query[:150]}"


def _mean(days: list[dict[str, tuple[int, float]]], query: str) -> float:
    held = [day[query] for day in days if query in day]
    return sum(ms for _, ms in held) / max(1, sum(calls for calls, _ in held))
