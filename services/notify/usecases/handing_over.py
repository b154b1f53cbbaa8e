"""A cry for help that is passed on: to the feed, the topic and the webhooks of whom it is handed to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.kit.bus.port import Message
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderHandedOver
from services.kit.contracts.registry import body_of
from services.kit.contracts.topics import unit_topic_name
from services.notify import metrics
from services.notify.domain.filters import wants
from services.notify.domain.matter import UNKNOWN
from services.notify.models import FeedRow, Outgoing, Subscription
from services.notify.usecases.telling import View, view, webhook

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
) -> tuple[list[FeedRow], list[Message], list[Outgoing]]:
    rows: list[FeedRow] = []
    messages: list[Message] = []
    outgoing: list[Outgoing] = []
    for one in heard:
        for unit in one.units:
            rows.append(FeedRow(unit, one.event.subject, one.seen.cloud_event))
            messages.append(one.seen.message._replace(topic=unit_topic_name(unit)))
            outgoing += [
                webhook(one.event, one.seen, subscription)
                for subscription in subscriptions.get(unit, ())
                if wants(subscription.filter, one.event.name, one.seen.data)
            ]
        metrics.TOLD.labels(one.event.name).inc(len(one.units))
    return rows, messages, outgoing
