"""A table tried before it is live: its golden cases, and what it would do to orders of the past."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.domain.routing.asking import Asking, BadAsking, Understood, understand
from services.dispatch.domain.routing.decide import Decision, decide, decide_many
from services.dispatch.domain.routing.row import Example
from services.dispatch.domain.routing.table import RuleTable
from services.fabric.snapshot import Fabric


@dataclass(frozen=True, slots=True)
class Tried:
    """An example with what came; `fault` is None where that is what was wanted."""

    place: int
    lead: str | None
    rule: str | None
    fault: str | None


def try_examples(fabric: Fabric, table: RuleTable, now: datetime) -> list[Tried]:
    """One for each, in their order."""
    return [_try(fabric, table, place, example, now) for place, example in enumerate(table.examples)]


def _try(fabric: Fabric, table: RuleTable, place: int, example: Example, now: datetime) -> Tried:
    name = f"示例{place + 1}" + (f"（{example.name}）" if example.name else "")
    understood = _read(fabric, example.matter)
    if isinstance(understood, BadAsking):
        return Tried(place, None, None, f"{name}读不懂：{understood.detail}。")
    came = decide(fabric, table, understood.matter, example.matter.at or now)
    fault = None
    if came.lead != example.lead:
        said = f"{fabric.unit_name(came.lead)}（{came.lead}，规则 {came.rule}）"
        fault = f"{name}应由 {example.lead} 主办，得出的是{said}，请改规则或改示例。"
    elif example.assists is not None and came.assists != example.assists:
        wanted, given = "、".join(example.assists) or "没有", "、".join(came.assists) or "没有"
        fault = f"{name}的协办应是 {wanted}，得出的是 {given}（规则 {came.rule}），请改规则或改示例。"
    return Tried(place, came.lead, came.rule, fault)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would become of one order; `before` is what the table in force makes of it."""

    understood: Understood
    decision: Decision
    before: Decision

    @property
    def changed(self) -> bool:
        return (self.decision.lead, self.decision.assists, self.decision.case_class) != (
            self.before.lead,
            self.before.assists,
            self.before.case_class,
        )


def simulate(
    fabric: Fabric, table: RuleTable, before: RuleTable, askings: Sequence[Asking], now: datetime
) -> list[Outcome | BadAsking]:
    """One for each, in their order; those of one moment are decided together."""
    read = [_read(fabric, asking) for asking in askings]
    moments: dict[datetime, list[int]] = {}
    for place, asking in enumerate(askings):
        moments.setdefault(asking.at or now, []).append(place)
    outcomes: dict[int, Outcome] = {}
    for at, places in moments.items():
        group = [(place, one) for place in places if isinstance(one := read[place], Understood)]
        matters = [understood.matter for _, understood in group]
        new, old = decide_many(fabric, table, matters, at), decide_many(fabric, before, matters, at)
        for (place, understood), decision, was in zip(group, new, old, strict=True):
            outcomes[place] = Outcome(understood, decision, was)
    return [one if isinstance(one, BadAsking) else outcomes[place] for place, one in enumerate(read)]


def _read(fabric: Fabric, asking: Asking) -> Understood | BadAsking:
    try:
        return understand(fabric, asking)
    except BadAsking as error:
        return error


def summary(fabric: Fabric, outcomes: Sequence[Outcome | BadAsking]) -> dict[str, Any]:
    """How many to whom, by which rule, how many change hands and how many the street has to hold."""
    judged = [outcome for outcome in outcomes if isinstance(outcome, Outcome)]
    leads = Counter(outcome.decision.lead for outcome in judged)
    return {
        "orders": len(outcomes),
        "unreadable": len(outcomes) - len(judged),
        "changed": sum(outcome.changed for outcome in judged),
        "fallback": sum(outcome.decision.fallback for outcome in judged),
        "leads": {code: {"name": fabric.unit_name(code), "count": count} for code, count in leads.most_common()},
        "rules": dict(Counter(outcome.decision.rule for outcome in judged).most_common()),
    }
