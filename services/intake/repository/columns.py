"""Rows of `orders` to and from Order."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from pydantic_core import to_json

from services.intake.domain.classify import classified_from
from services.intake.domain.locate import located_from
from services.intake.models import Order, details_from
from services.kit.db import Row

# Column → PostgreSQL type, in the order in which they are written.
STORED: tuple[tuple[str, str], ...] = (
    ("order_id", "text"),
    ("source", "text"),
    ("external_id", "text"),
    ("status", "text"),
    ("channel", "text"),
    ("kind", "text"),
    ("title", "text"),
    ("content", "text"),
    ("address", "text"),
    ("reported_at", "timestamptz"),
    ("received_at", "timestamptz"),
    ("changed_at", "timestamptz"),
    ("reason", "text"),
    ("said", "text"),
    ("located", "jsonb"),
    ("classified", "jsonb"),
    ("details", "jsonb"),
    ("callback_url", "text"),
    ("case_id", "text"),
    ("satisfaction", "text"),
    ("under", "text"),
    ("version", "int"),
    ("sequence", "bigint"),
    ("recurs", "text"),
    ("progress", "jsonb"),
)
CHANGING = (
    "status",
    "kind",
    "changed_at",
    "reason",
    "said",
    "located",
    "classified",
    "details",
    "case_id",
    "satisfaction",
    "under",
    "version",
    "sequence",
    "recurs",
)
_OBJECTS = {name: attrgetter(name) for name in ("located", "classified", "details")}
_PLAIN = {name: attrgetter(name) for name, _ in STORED if name not in _OBJECTS and name != "progress"}
# Beside READ, where what is told of the order says which of a case's orders are one person's.
CALLER = "(SELECT p.phone_index FROM personal p WHERE p.order_id = o.order_id) AS caller"
READ = ", ".join(f"o.{name}" for name, _ in STORED if name != "progress") + ", o.left_cases"


def arrays(orders: Sequence[Order]) -> dict[str, list[Any]]:
    """A list for each column, as `unnest` takes them."""
    found: dict[str, list[Any]] = {name: list(map(read, orders)) for name, read in _PLAIN.items()}
    for name, read in _OBJECTS.items():
        found[name] = [None if value is None else as_text(value.as_json()) for value in map(read, orders)]
    found["progress"] = [as_text([step.as_json() for step in order.steps]) for order in orders]
    return found


def as_text(value: Any) -> str:
    """JSON for a `jsonb` column."""
    return to_json(value).decode()


def unnested(names: Sequence[str]) -> str:
    types = dict(STORED)
    return ", ".join(f"CAST(:{name} AS {types[name]}[])" for name in names)


def order_of(row: Row) -> Order:
    return Order(
        order_id=row.order_id,
        source=row.source,
        external_id=row.external_id,
        status=row.status,
        channel=row.channel,
        kind=row.kind,
        title=row.title,
        content=row.content,
        address=row.address,
        reported_at=row.reported_at,
        received_at=row.received_at,
        changed_at=row.changed_at,
        reason=row.reason,
        said=row.said,
        located=None if row.located is None else located_from(row.located),
        classified=None if row.classified is None else classified_from(row.classified),
        details=details_from(row.details),
        callback_url=row.callback_url,
        case_id=row.case_id,
        left_cases=tuple(row.left_cases),
        satisfaction=row.satisfaction,
        under=row.under,
        version=row.version,
        sequence=row.sequence,
        recurs=row.recurs,
        caller=row.get("caller"),
    )
