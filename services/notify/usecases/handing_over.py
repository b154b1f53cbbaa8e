"""A cry for help that is passed on: to the feed, the topic and the webhooks of whom it is handed to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderHandedOver
from services.kit.contracts.registry import body_of
from services.notify import metrics
from services.notify.domain.matter import UNKNOWN
from services.notify.models import Outgoing, Subscription, Told
from services.notify.usecases.telling import View, view, webhooks

NAME = "order.handed_over"


@dataclass(frozen=True, slots=True)
class HandedOver:
    event: Event
    seen: View
    units: tuple[str, ...]


def hear(events: Iterable[Event], addressable: Callable[[str], bool]) -> list[HandedOver]:
    heard: list[HandedOver] = []
    for event in events:
        if event.name != NAME:
            continue
        body = body_of(event)
        assert isinstance(body, OrderHandedOver)
        units = tuple(sorted({unit for unit in body.units if addressable(unit)}))
        heard.append(HandedOver(event, view(event, body, UNKNOWN, "lead"), units))
    return heard


def tell(
    heard: Iterable[HandedOver], subscriptions: Mapping[str, Sequence[Subscription]]
) -> tuple[list[Told], list[Outgoing]]:
    told: list[Told] = []
    outgoing: list[Outgoing] = []
    for one in heard:
        if one.units:
            told.append(Told(one.seen.message, one.seen.cloud_event, one.units))
            outgoing += webhooks(one.event, one.seen, one.units, subscriptions)
            metrics.TOLD.labels(one.event.name).inc(len(one.units))
    return told, outgoing
