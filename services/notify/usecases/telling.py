"""A batch of case and whistle events turned into what each unit gets to see of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from services.kit.bus.port import Message
from services.kit.contracts.cases import CaseEvent, WhistleEvent
from services.kit.contracts.envelope import Event, to_message
from services.kit.contracts.orders import OrderErased
from services.kit.contracts.payload import Payload, encoded, fields
from services.kit.contracts.registry import body_of
from services.kit.ids import new_id
from services.notify import metrics
from services.notify.domain.audience import Step, audience
from services.notify.domain.filters import wants
from services.notify.domain.matter import UNKNOWN, Matter, matter_after
from services.notify.domain.visibility import Viewer, seen_by, suspicious, without_numbers
from services.notify.models import Outgoing, Subscription, Told

ERASED = "case.erased"


@dataclass(frozen=True, slots=True)
class Heard:
    """An event with its body and its case's matter after it; `units` are those to be told."""

    event: Event
    step: Step
    matter: Matter
    units: tuple[str, ...]

    def addressed(self, addressable: Callable[[str], bool]) -> "Heard":
        """Without codes that can't name a topic: they are no units."""
        units = tuple(unit for unit in self.units if addressable(unit))
        return self if units == self.units else replace(self, units=units)


@dataclass(frozen=True, slots=True)
class View:
    """An event as one kind of reader sees it: as it goes on the bus, and the whole CloudEvent as JSON."""

    message: Message
    cloud_event: str

    @property
    def data(self) -> dict[str, Any]:
        """The body, read anew each time."""
        found: dict[str, Any] = orjson.loads(self.message.value or b"")
        return found


def words_erased(orders: Sequence[Event]) -> list[str]:
    """Orders whose person asked for it; of those whose time was over nothing is kept here any more."""
    bodies = [body_of(event) for event in orders if event.name == "order.erased"]
    return sorted({body.order_id for body in bodies if isinstance(body, OrderErased) and body.depth == "words"})


def hear(events: Sequence[Event], matters: Mapping[str, Matter]) -> tuple[list[Heard], dict[str, Matter]]:
    """Each event with whom it concerns, and what is now known of the cases. Events of a case are in their order."""
    now = dict(matters)
    heard: list[Heard] = []
    for event in events:
        step = body_of(event)
        assert isinstance(step, CaseEvent | WhistleEvent)
        before = now.get(event.subject, UNKNOWN)
        matter = matter_after(step, before)
        if event.name == ERASED:
            matter = replace(matter, title="", summary="")
        now[event.subject] = matter
        heard.append(Heard(event, step, matter, audience(event.name, step, before.involved)))
    return heard, now


def view(event: Event, body: Payload, matter: Matter, viewer: Viewer, only_order: str | None = None) -> View:
    """Only fields of the contract, in the reader's version, with no number of a person in its words. `only_order`: the
    only one of the case's orders that this reader knows of."""
    data = seen_by(viewer, event.name, fields(body), matter)
    if only_order is not None and "orders" in data:
        data |= {"orders": [only_order], "order_count": 1}
    shown = encoded(data)
    if suspicious(shown.decode()):
        clean = encoded(without_numbers(orjson.loads(shown)))
        if clean != shown:
            metrics.BLOTTED.labels(event.name).inc()
            shown = clean
    seen = replace(event, value=shown)
    return View(to_message(seen, ""), seen.as_json().decode())


def tell(
    heard: Iterable[Heard], subscriptions: Mapping[str, Sequence[Subscription]]
) -> tuple[list[Told], list[Outgoing]]:
    """What the units' feeds and topics get, and deliveries to those who asked for them."""
    told: list[Told] = []
    outgoing: list[Outgoing] = []
    for one in heard:
        for viewer, units in _viewers(one).items():
            seen = view(one.event, one.step, one.matter, viewer)
            told.append(Told(seen.message, seen.cloud_event, units))
            outgoing += webhooks(one.event, seen, units, subscriptions)
        metrics.TOLD.labels(one.event.name).inc(len(one.units))
    return told, outgoing


def _viewers(one: Heard) -> Mapping[Viewer, tuple[str, ...]]:
    """Of a confidential case the lead sees more than the others."""
    if not one.units:
        return {}
    if not one.matter.confidential:
        return {"lead": one.units}
    lead = _lead(one)
    parts: dict[Viewer, tuple[str, ...]] = {
        "lead": tuple([unit for unit in one.units if unit == lead]),
        "unit": tuple([unit for unit in one.units if unit != lead]),
    }
    return {viewer: units for viewer, units in parts.items() if units}


def _lead(one: Heard) -> str | None:
    return one.step.lead or one.matter.involved.lead


def webhooks(
    event: Event, seen: View, units: Iterable[str], subscriptions: Mapping[str, Sequence[Subscription]]
) -> list[Outgoing]:
    return [
        Outgoing(
            id=new_id("dlv"),
            kind="webhook",
            receiver=subscription.id,
            subject=event.subject,
            target=subscription.target,
            event_id=event.id,
            name=event.name,
            event=seen.cloud_event,
            unit=subscription.unit,
        )
        for unit in units
        for subscription in subscriptions.get(unit, ())
        if wants(subscription.filter, event.name, seen.data)
    ]
