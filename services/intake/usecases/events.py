"""Orders as events: every field masked already, nothing personal."""

import hashlib
from typing import Any

from services.intake.domain.classify import Classified
from services.intake.domain.handing_over import HandedOver
from services.intake.models import Order
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderAccepted, OrderDeclined, OrderEvent, OrderHandedOver, OrderTriaged
from services.kit.contracts.payload import Payload, Place
from services.kit.contracts.registry import TYPES, make
from services.kit.tracing import current_trace


def event(
    name: str, order: Order, text: str, *, status: str | None = None, sequence: int | None = None, **more: Any
) -> Event:
    """`name` decides the body; `status` and `sequence` are the order's unless given."""
    body = TYPES[name].model(**_base(order, text, status or order.status), **more)
    return _made(name, body, order, order.sequence if sequence is None else sequence)


def accepted(name: str, order: Order, text: str, **more: Any) -> Event:
    """accepted, joined, split: the whole matter as dispatch needs it. The order must be located and classified as well
    as can be; where it is not, the street holds it."""
    model = TYPES[name].model
    case_id = more["case_id"] if name == "order.joined" else order.opens
    person = person_in(case_id, order.caller) if case_id and not order.details.anonymous else None
    body = model(**_base(order, text, order.status), **_matter(order), person=person, **more)
    assert isinstance(body, OrderAccepted)
    return _made(name, body, order, order.sequence)


def decided(order: Order, text: str) -> Event:
    """The event that tells of the order's status after it was judged."""
    if order.status == "accepted":
        return accepted("order.accepted", order, text)
    body_of = {"declined": OrderDeclined, "triage": OrderTriaged}[order.status]
    name = {"declined": "order.declined", "triage": "order.triaged"}[order.status]
    body: OrderEvent = body_of(**_base(order, text, order.status), reason=order.reason or "")
    return _made(name, body, order, order.sequence)


def person_in(case_id: str, caller: bytes | None) -> str | None:
    """The same for all orders of one caller in one case; of two cases nobody can tell that it is the same person. The
    index is keyed: without the key nobody can try numbers."""
    return None if caller is None else hashlib.sha256(case_id.encode() + b"/" + caller).hexdigest()[:24]


def _made(name: str, body: Payload, order: Order, sequence: int) -> Event:
    return make(name, body, subject=order.order_id, sequence=sequence, at=order.changed_at, trace=current_trace())


def _base(order: Order, text: str, status: str) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "status": status,
        "source": order.source,
        "external_id": order.external_id,
        "channel": order.channel,
        "kind": order.kind,
        "reported_at": order.reported_at,
        "text": text,
        "callback_url": order.callback_url,
        "sandbox": order.details.sandbox,
    }


def _matter(order: Order) -> dict[str, Any]:
    classified = order.classified or Classified("OTHER", None, "QT", 0.0, ())
    details = order.details
    return {
        "title": order.title,
        "content": order.content,
        "concern": classified.concern,
        "sub_concern": classified.sub,
        "category": classified.category,
        "confidence": classified.confidence,
        "words": list(classified.words),
        "emergency": classified.emergency,
        "place": place_of(order),
        "fabric_version": order.located.fabric_version if order.located else 0,
        "source_urgency": details.source_urgency,
        "source_due": details.source_due,
        "repeat_of": details.repeat_of,
        "supervised": details.supervised,
        "anonymous": details.anonymous,
        "confidential": details.confidential,
        "attachments": [attachment["url"] for attachment in details.attachments],
        "opens": order.opens,
        "recurs": order.recurs,
    }


def place_of(order: Order) -> Place:
    located = order.located
    if located is None or not located.known:
        return Place(address=order.address)
    return Place(
        lon=located.lon,
        lat=located.lat,
        address=order.address or located.name,
        zone=located.zone,
        grids=dict(located.grids),
    )


def handed_over(order: Order, handed: HandedOver, text: str) -> Event:
    """Where and to whom; what was said stays in the order, which its service opens by its id."""
    body = OrderHandedOver(
        **_base(order, text, order.status),
        handover_id=handed.handover_id,
        service=handed.service,
        units=list(handed.units),
        place=place_of(order),
        concern=order.classified.concern if order.classified else None,
        attempt=handed.attempts,
        raised=handed.raised,
    )
    return _made("order.handed_over", body, order, order.sequence)
