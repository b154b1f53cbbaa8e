"""The envelope every event travels in: CloudEvents 1.0, Kafka binary mode outside, one JSON object inside feeds."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from services.kit.bus.port import Message, Record
from services.kit.ids import new_event_id

# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md, 3.2
CONTENT_TYPE = "application/json; charset=utf-8"


class Undecodable(ValueError):
    """A record that is not one of our CloudEvents."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one subject; `sequence` counts up from 1 for each subject on a topic. `value` is its
    body as JSON, written once by whoever tells it and carried as it stands from there on."""

    type: str
    subject: str
    sequence: int
    time: datetime
    source: str
    value: bytes
    id: str = field(default_factory=new_event_id)
    trace: str | None = None

    @property
    def name(self) -> str:
        """`duoge.case.opened.v1` → `case.opened`."""
        return self.type.removeprefix("duoge.").rpartition(".")[0]

    @property
    def data(self) -> dict[str, Any]:
        """The body, read anew each time; `registry.body_of` gives it checked."""
        found: dict[str, Any] = orjson.loads(self.value)
        return found

    def as_json(self) -> bytes:
        """Structured form, for feeds and webhooks."""
        structured = {
            "specversion": "1.0",
            "id": self.id,
            "type": self.type,
            "source": self.source,
            "subject": self.subject,
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "sequence": self.sequence,
            "data": orjson.Fragment(self.value),
        }
        return orjson.dumps(structured)


def to_message(event: Event, topic: str, key: str | None = None) -> Message:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_type": event.type,
        "ce_source": event.source,
        "ce_subject": event.subject,
        "ce_time": event.time.isoformat(),
        "ce_sequence": str(event.sequence),
        "content-type": CONTENT_TYPE,
    }
    if event.trace:
        headers["traceparent"] = event.trace
    return Message(topic, key or event.subject, event.value, headers)


def from_record(record: Record) -> Event:
    """Raises Undecodable on anything that is not a CloudEvent of ours; what is in the object is the registry's matter."""
    head, value = record.headers, record.value
    if not value or not value.startswith(b"{"):
        raise Undecodable(f"{record.topic}/{record.partition}@{record.offset}: no JSON object")
    try:
        return Event(
            type=head["ce_type"],
            subject=head["ce_subject"],
            sequence=int(head["ce_sequence"]),
            time=datetime.fromisoformat(head["ce_time"]),
            source=head["ce_source"],
            value=value,
            id=head["ce_id"],
            trace=head.get("traceparent"),
        )
    except (KeyError, ValueError) as error:
        raise Undecodable(f"{record.topic}/{record.partition}@{record.offset}: {error!r}") from error
