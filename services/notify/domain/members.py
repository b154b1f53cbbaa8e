"""Which orders are in a case, kept for cases of so many that their events name some only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.kit.contracts.cases import CaseEvent, CaseMerged
from services.notify.domain.callbacks import FROM_CASES


@dataclass
class Roll:
    """Of one case, changed in memory. `anew`: an event named all, and what was kept before counts nothing."""

    orders: dict[str, None] = field(default_factory=dict)
    anew: bool = False
    came: dict[str, None] = field(default_factory=dict)
    went: dict[str, None] = field(default_factory=dict)

    def merge(self, step: CaseMerged) -> None:
        if step.whole:
            self.anew = True
            self.orders = dict.fromkeys(step.orders)
            self.came, self.went = dict(self.orders), {}
            return
        for order_id in (*step.orders, *step.came):
            self._add(order_id)
        for order_id in step.went:
            self.orders.pop(order_id, None)
            self.came.pop(order_id, None)
            self.went[order_id] = None

    def meant(self, step: CaseEvent) -> list[str]:
        return list({**self.orders, **dict.fromkeys(step.orders)})

    def _add(self, order_id: str) -> None:
        self.went.pop(order_id, None)
        if order_id not in self.orders:
            self.orders[order_id] = self.came[order_id] = None


def asks(name: str, step: CaseEvent) -> bool:
    """Whether sources are told of the step and it doesn't say of which orders."""
    return name in FROM_CASES and not step.whole


def called(
    steps: Iterable[tuple[str, str, CaseEvent]], kept: Mapping[str, Iterable[str]]
) -> tuple[dict[str, list[str]], dict[str, Roll]]:
    """`steps`: (event id, name, body) in their order; `kept`: the orders of the cases that are asked for. The orders each
    event of which sources are told is about, by its id; and the rolls that changed."""
    rolls = {case_id: Roll(dict.fromkeys(orders)) for case_id, orders in kept.items()}
    meant: dict[str, list[str]] = {}
    for event_id, name, step in steps:
        if isinstance(step, CaseMerged):
            rolls.setdefault(step.case_id, Roll()).merge(step)
        elif name in FROM_CASES:
            meant[event_id] = step.orders if step.whole else rolls[step.case_id].meant(step)
    return meant, {case_id: roll for case_id, roll in rolls.items() if roll.anew or roll.came or roll.went}
