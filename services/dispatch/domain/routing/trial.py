"""A table tried before it is live: its golden cases, and what it would do to orders of the past."""

from collections import Counter
from collections.abc import Mapping, Sequence
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


def as_item(fabric: Fabric, place: int, outcome: Outcome | BadAsking) -> dict[str, Any]:
    """For the wire and for files; `index` is the order's place among those that were asked about."""
    if isinstance(outcome, BadAsking):
        return {"index": place, "problem": outcome.detail}
    decision, before = outcome.decision, outcome.before
    return {
        "index": place,
        "concern": outcome.understood.matter.sub_concern or outcome.understood.matter.concern,
        "lead": decision.lead,
        "lead_name": fabric.unit_name(decision.lead),
        "assists": list(decision.assists),
        "class": decision.case_class,
        "rule": decision.rule,
        "reason": decision.reason,
        "fallback": decision.fallback,
        "changed": outcome.changed,
        "before": {
            "lead": before.lead,
            "assists": list(before.assists),
            "class": before.case_class,
            "rule": before.rule,
        },
    }


def summary(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many to whom, by which rule, how many are changed and how many the street has to hold."""
    judged = [item for item in items if "problem" not in item]
    return {
        "orders": len(items),
        "unreadable": len(items) - len(judged),
        "changed": sum(item["changed"] for item in judged),
        "fallback": sum(item["fallback"] for item in judged),
        "leads": dict(Counter(item["lead"] for item in judged).most_common()),
        "rules": dict(Counter(item["rule"] for item in judged).most_common()),
    }
