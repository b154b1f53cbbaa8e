"""What must always hold in dispatch: the auditor's table."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from services.dispatch.domain.clocks import next_moment
from services.dispatch.domain.verifying import faults_of
from services.dispatch.repository import auditing as repository
from services.dispatch.repository import exclusions, rated, record
from services.dispatch.repository.cases import clocks_of
from services.dispatch.usecases.recording import WAKE
from services.dispatch.usecases.verifying import of_head
from services.kit.auditor import MOST, Finding, Rule
from services.kit.db import Tx

# So many a round, so that a look costs what it did yesterday however many cases there are.
CASES_A_ROUND = 300
CHECKPOINTS_A_ROUND = 20
WHISTLES_A_ROUND = 1000

Next = Callable[[Tx, str, int], Awaitable[list[str]]]
Judge = Callable[[Tx, Sequence[str], datetime], Awaitable[list[tuple[str, Finding]]]]


class Rolling:
    """A look at the next few subjects of all, round after round; those with findings are looked at again each time."""

    def __init__(self, following: Next, judge: Judge, limit: int = CASES_A_ROUND) -> None:
        self._following, self._judge, self._limit = following, judge, limit
        self._after = ""
        self._again: list[str] = []

    async def __call__(self, tx: Tx, now: datetime) -> list[Finding]:
        batch = await self._following(tx, self._after, self._limit)
        self._after = batch[-1] if len(batch) == self._limit else ""
        found = await self._judge(tx, list(dict.fromkeys([*self._again, *batch])), now)
        self._again = list(dict.fromkeys(subject for subject, _ in found))[:MOST]
        return [finding for _, finding in found]


async def _chain(tx: Tx, subjects: Sequence[str], now: datetime) -> list[tuple[str, Finding]]:
    return [
        (told.subject, Finding(f"{told.subject}/{fault.sequence or ''}", f"{told.subject} {fault.said}"))
        for told in await record.told_of(tx, subjects)
        for fault in faults_of(told)
    ]


async def _checkpoints_after(tx: Tx, after: str, limit: int) -> list[str]:
    return [str(one.number) for one in await record.checkpoints(tx, int(after or 0), limit)]


async def _kept(tx: Tx, numbers: Sequence[str], now: datetime) -> list[tuple[str, Finding]]:
    """A case that went with all its entries is in no row any more: the checkpoints know of it."""
    found: list[tuple[str, Finding]] = []
    for number in numbers:
        for one in await record.checkpoints(tx, int(number) - 1, 1):
            for each in await record.differing(tx, one.heads):
                said = f"{each.head.subject} {of_head(each)[1]}（检查点 {one.number}）"
                found.append((number, Finding(f"{each.head.subject}/{one.number}", said)))
    return found


async def _orders(tx: Tx, cases: Sequence[str], now: datetime) -> list[tuple[str, Finding]]:
    return [
        (row.case_id, Finding(row.case_id, f"{row.case_id} 写的工单和关联的不一致"))
        for row in await repository.cases(tx, cases, WAKE)
        if sorted(row.orders) != sorted(row.live) and row.state != "withdrawn"
    ]


async def _figures(tx: Tx, cases: Sequence[str], now: datetime) -> list[tuple[str, Finding]]:
    counted = [(one, Finding(one, f"{one} 在三率里的数和案件不一致")) for one in await rated.different(tx, cases)]
    left = await exclusions.unheeded(tx, cases)
    return counted + [(one, Finding(one, f"{one} 已经批准剔除，还计在三率里")) for one in left]


async def _wakes(tx: Tx, cases: Sequence[str], now: datetime) -> list[tuple[str, Finding]]:
    clocks = await clocks_of(tx, cases)
    found: list[tuple[str, Finding]] = []
    for row in await repository.cases(tx, cases, WAKE):
        moment = next_moment(clocks.get(row.case_id, ()))
        if moment is not None and (row.wakes is None or row.wakes > moment):
            found.append((row.case_id, Finding(row.case_id, f"{row.case_id} 的时限没有人会来看")))
        elif moment is not None and moment <= now:
            found.append((row.case_id, Finding(row.case_id, f"{row.case_id} 的时限已过，没有触发")))
    return found


async def _whistles(tx: Tx, now: datetime) -> list[Finding]:
    found: list[Finding] = []
    for row in await repository.open_whistles(tx, WHISTLES_A_ROUND):
        if not row.calls or row.rosterless or list(row.units) != list(row.called):
            found.append(Finding(row.whistle_id, f"哨 {row.whistle_id} 没有叫人，或没有升级名单"))
        elif row.due is not None and row.due <= now:
            found.append(Finding(row.whistle_id, f"哨 {row.whistle_id} 报到时限已过，没有触发"))
    return found


async def _sealed(tx: Tx, now: datetime) -> list[Finding]:
    number = await repository.sealed_until(tx)
    return [] if number is None else [Finding(str(number), f"检查点 {number} 之后有新记录没有封存")]


def rules(seal_every: timedelta) -> tuple[Rule, ...]:
    """Each with a memory of its own: one table a process."""
    soon = timedelta(minutes=1)
    return (
        Rule(
            "record_intact",
            "案卷环环相扣，案件和记录推出来的一致",
            Rolling(record.subjects_after, _chain),
            timedelta(0),
        ),
        Rule(
            "record_kept",
            "封存过的案卷一件不少",
            Rolling(_checkpoints_after, _kept, CHECKPOINTS_A_ROUND),
            timedelta(0),
        ),
        Rule("record_sealed", "新的记录按时封存", _sealed, 5 * seal_every + soon),
        Rule(
            "clocks_fired", "在走的时限都有人会来看，到期一分钟内触发", Rolling(repository.awaited_cases, _wakes), soon
        ),
        Rule("orders_known", "案件写的工单就是关联着的工单", Rolling(repository.open_cases, _orders), timedelta(0)),
        Rule(
            "figures_right",
            "三率的数和案件一致，批准剔除的都不计",
            Rolling(record.subjects_after, _figures),
            timedelta(0),
        ),
        Rule("whistles_have_rosters", "没有结束的哨都叫了人、有升级名单，时限都触发", _whistles, soon),
    )
