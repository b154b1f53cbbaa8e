"""The cases that a batch of order events concerns, in hand."""

from dataclasses import dataclass, field

from services.dispatch import metrics
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.models import Case, OrderLink
from services.dispatch.usecases.work import Work, is_over
from services.kit.contracts.orders import OrderEvent


@dataclass
class Desk:
    """The cases that a batch of order events concerns, all locked, and where each of the orders is live. Events are
    taken in their order, in memory; the record is written once. `erased`: cases whose citizens' words are to go; `gone`:
    cases that were withdrawn, and what was said of it."""

    work: Work
    table: RuleTable
    cases: dict[str, Case]
    links: dict[str, OrderLink]
    erased: set[str] = field(default_factory=set)
    gone: dict[str, str] = field(default_factory=dict)

    def case_of(self, order_id: str) -> Case | None:
        link = self.links.get(order_id)
        return self.cases.get(link.case_id) if link else None

    def put(self, case: Case) -> Case:
        self.cases[case.case_id] = case
        return case

    def put_link(self, link: OrderLink) -> None:
        self.work.put(link)
        if link.live:
            self.links[link.order_id] = link
        elif (held := self.links.get(link.order_id)) is not None and held.case_id == link.case_id:
            del self.links[link.order_id]


def found(desk: Desk, body: OrderEvent, name: str, over: bool = False) -> Case | None:
    """The order's case; None where it is in none, or in one that is over."""
    case = desk.case_of(body.order_id)
    if case is None or (is_over(case) and not over):
        metrics.WITHOUT_CASE.labels(name).inc()
        return None
    return case


def noted(desk: Desk, body: OrderEvent, text: str) -> None:
    case = desk.case_of(body.order_id)
    if case is not None and not is_over(case):
        desk.put(desk.work.record.add(case, "case.progressed", text, unit=case.lead))
