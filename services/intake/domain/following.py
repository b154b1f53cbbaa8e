"""What the events of cases and whistles mean for the orders they are about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.intake.domain.lifecycle import status_under


@dataclass(frozen=True, slots=True)
class Step:
    """A line of an order's progress. `type` is the event's, without prefix and version; the profile names its step."""

    at: datetime
    type: str
    text: str
    unit: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "type": self.type, "text": self.text, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One event of a case. `orders` are those it names; a whistle's names none and is about all of the case's. `rest`:
    it names some only, and is about all. `about` narrows satisfaction to one order. `into`: the case that has taken over
    all orders of this one. `repeated`: a citizen's own words, which stand in the order that brought them already and are
    nothing for the others."""

    case_id: str
    sequence: int
    step: Step
    state: str | None = None
    orders: tuple[str, ...] = ()
    about: str | None = None
    satisfaction: str | None = None
    rest: bool = False
    into: str | None = None
    repeated: bool = False

    @property
    def of_case(self) -> bool:
        return self.rest or not self.orders

    @property
    def told(self) -> tuple[Step, ...]:
        return () if self.repeated else (self.step,)


@dataclass(frozen=True, slots=True)
class Followed:
    """An order as far as its case moves it; `steps` are the new ones."""

    order_id: str
    status: str
    case_id: str | None
    case_sequence: int
    left_cases: tuple[str, ...] = ()
    satisfaction: str | None = None
    under: str | None = None
    steps: tuple[Step, ...] = field(default=())


def follow(orders: Iterable[Followed], steps: Sequence[CaseStep]) -> list[Followed]:
    """The orders that change, after all steps in their order. An older sequence of the same case changes nothing, nor
    does a case that the order was split from."""
    now: dict[str, Followed] = {order.order_id: order for order in orders}
    before = dict(now)
    for step in steps:
        for order_id in _meant(step, now):
            if order_id in now:
                now[order_id] = _after(now[order_id], step)
    return [order for order_id, order in now.items() if order is not before[order_id]]


def _meant(step: CaseStep, now: Mapping[str, Followed]) -> Iterable[str]:
    if not step.of_case:
        return step.orders
    others = [order_id for order_id, order in now.items() if order.case_id == step.case_id]
    return dict.fromkeys((*step.orders, *others))


def _after(order: Followed, step: CaseStep) -> Followed:
    if step.case_id in order.left_cases:
        return order
    if order.case_id == step.case_id and step.sequence <= order.case_sequence:
        return order
    if step.into is not None:
        # How the order stands is told by the case that has it now, which may have been heard already.
        return replace(order, case_id=step.into, case_sequence=0, steps=(*order.steps, *step.told))
    mine = step.about is None or step.about == order.order_id
    return replace(
        order,
        status=order.status if step.state is None else status_under(step.state, order.status),
        under=order.under if step.state is None or order.under is None else status_under(step.state, order.under),
        case_id=step.case_id,
        case_sequence=step.sequence,
        satisfaction=(step.satisfaction if mine else None) or order.satisfaction,
        steps=(*order.steps, *step.told),
    )


def orders_named(steps: Sequence[CaseStep]) -> Mapping[str, list[str]]:
    """What has to be read: `orders` named, and `cases` whose orders are meant without all being named."""
    return {
        "orders": sorted({order_id for step in steps for order_id in step.orders}),
        "cases": sorted({step.case_id for step in steps if step.of_case}),
    }
