"""Rows of `cases` and `clock` to and from their models."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

import orjson

from services.dispatch.domain.clocks import lights_of
from services.dispatch.models import (
    Case,
    ClockRow,
    Course,
    Decided,
    Dispute,
    JointPart,
    Meeting,
    OrderLink,
    Procedure,
    Rectification,
    Request,
    Shelving,
    Slip,
)
from services.fabric.spans import Span
from services.kit.contracts.payload import Place
from services.kit.db import Row

# A case is searched by its title, its address and the beginning of its matter.
_WORDS_OF_SUMMARY = 500

# Column → PostgreSQL type. Rows travel as one JSON document: PostgreSQL has no array of ragged arrays.
STORED: tuple[tuple[str, str], ...] = (
    ("case_id", "text"),
    ("sequence", "bigint"),
    ("state", "text"),
    ("class", "text"),
    ("level", "text"),
    ("concern", "text"),
    ("sub_concern", "text"),
    ("lead", "text"),
    ("assists", "text[]"),
    ("called", "text[]"),
    ("orders", "text[]"),
    ("title", "text"),
    ("summary", "text"),
    ("channel", "text"),
    ("kind", "text"),
    ("confidential", "boolean"),
    ("place", "jsonb"),
    ("fabric_version", "bigint"),
    ("decision", "jsonb"),
    ("opened_at", "timestamptz"),
    ("dispatched_at", "timestamptz"),
    ("changed_at", "timestamptz"),
    ("round", "int"),
    ("source_due", "timestamptz"),
    ("dispute", "jsonb"),
    ("course", "jsonb"),
    ("excluded", "text"),
    ("yellow_at", "timestamptz"),
    ("red_at", "timestamptz"),
    ("wake_at", "timestamptz"),
    ("involved", "text[]"),
    ("grids", "text[]"),
    ("words", "text"),
    ("head", "bytea"),
)
# What is set once, when the case is opened.
_LASTING = frozenset({"case_id", "title", "summary", "channel", "kind", "opened_at", "words"})
CHANGING = tuple(name for name, _ in STORED if name not in _LASTING)
READ = ", ".join(f"c.{name}" for name, _ in STORED if name not in ("involved", "grids", "words"))

CLOCK_STORED: tuple[tuple[str, str], ...] = (
    ("case_id", "text"),
    ("round", "int"),
    ("kind", "text"),
    ("started", "timestamptz"),
    ("due", "timestamptz"),
    ("yellow_at", "timestamptz"),
    ("state", "text"),
    ("span", "jsonb"),
    ("met_at", "timestamptz"),
    ("paused_at", "timestamptz"),
    ("warned", "boolean"),
    ("provisional", "boolean"),
    ("ended", "boolean"),
    ("since", "timestamptz"),
    ("remaining", "float8"),
    ("reckoned", "bigint"),
)
_CLOCK_NAMES = tuple(name for name, _ in CLOCK_STORED)


# As OrderLink has them, and case_order.
LINK = tuple(field.name for field in fields(OrderLink))


def recordset(columns: Sequence[tuple[str, str]], parameter: str = "rows") -> str:
    """The FROM item that reads the parameter, a JSON array, as rows of these columns."""
    shape = ", ".join(f"{name} {kind}" for name, kind in columns)
    return f"jsonb_to_recordset(CAST(:{parameter} AS jsonb)) AS row({shape})"


def names(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(name for name, _ in columns)


def dump(rows: Sequence[dict[str, Any]]) -> str:
    """Times, frozen dataclasses and pydantic models as they stand: one pass in native code."""
    return orjson.dumps(rows, default=vars).decode()


def as_bytea(content: bytes) -> str:
    """As PostgreSQL reads it out of JSON."""
    return f"\\x{content.hex()}"


def case_row(case: Case) -> dict[str, Any]:
    yellow_at, red_at = lights_of(case.clocks)
    return {
        "case_id": case.case_id,
        "sequence": case.sequence,
        "state": case.state,
        "class": case.case_class,
        "level": case.level,
        "concern": case.concern,
        "sub_concern": case.sub_concern,
        "lead": case.lead,
        "assists": case.assists,
        "called": case.called,
        "orders": case.orders,
        "title": case.title,
        "summary": case.summary,
        "channel": case.channel,
        "kind": case.kind,
        "confidential": case.confidential,
        "place": case.place,
        "fabric_version": case.fabric_version,
        "decision": case.decision,
        "opened_at": case.opened_at,
        "dispatched_at": case.dispatched_at,
        "changed_at": case.changed_at,
        "round": case.round,
        "source_due": case.source_due,
        "dispute": case.dispute,
        "course": case.course,
        "excluded": case.excluded,
        "yellow_at": yellow_at,
        "red_at": red_at,
        "wake_at": case.wake_at,
        "involved": case.involved,
        "grids": sorted(set(case.place.grids.values())),
        "head": as_bytea(case.head),
        "words": "\n".join((case.title, case.place.address or "", case.summary[:_WORDS_OF_SUMMARY])),
    }


def clock_row(case_id: str, clock: ClockRow) -> dict[str, Any]:
    row = {name: getattr(clock, name) for name, _ in CLOCK_STORED if name not in ("case_id", "remaining")}
    left = clock.remaining
    return row | {"case_id": case_id, "remaining": None if left is None else left.total_seconds()}


def case_of(row: Row, clocks: tuple[ClockRow, ...]) -> Case:
    return Case(
        case_id=row.case_id,
        sequence=row.sequence,
        state=row.state,
        case_class=row._mapping["class"],
        level=row.level,
        concern=row.concern,
        sub_concern=row.sub_concern,
        lead=row.lead,
        assists=tuple(row.assists),
        called=tuple(row.called),
        orders=tuple(row.orders),
        title=row.title,
        summary=row.summary,
        channel=row.channel,
        kind=row.kind,
        confidential=row.confidential,
        place=Place.model_validate(row.place),
        fabric_version=row.fabric_version,
        decision=_decided(row.decision),
        opened_at=row.opened_at,
        dispatched_at=row.dispatched_at,
        changed_at=row.changed_at,
        round=row.round,
        source_due=row.source_due,
        dispute=Dispute(tuple(row.dispute["holders"]), tuple(row.dispute["returned_by"]), row.dispute["bound"]),
        course=_course(row.course),
        excluded=row.excluded,
        wake_at=row.wake_at,
        head=row.head,
        clocks=clocks,
    )


def clock_of(values: Sequence[Any]) -> ClockRow:
    """Of the columns of CLOCK_STORED, in their order."""
    told = dict(zip(_CLOCK_NAMES, values, strict=True))
    del told["case_id"]
    left = told["remaining"]
    told["remaining"] = None if left is None else timedelta(seconds=left)
    told["span"] = Span.model_validate(told["span"])
    return ClockRow(**told)


def link_of(values: Sequence[Any]) -> OrderLink:
    """Of the columns of LINK, in their order."""
    told = dict(zip(LINK, values, strict=True))
    told["tried_at"] = tuple(datetime.fromisoformat(at) for at in told["tried_at"])
    return OrderLink(**told)


def _decided(data: dict[str, Any]) -> Decided:
    return Decided(**data | {"alternatives": tuple(data["alternatives"])})


def _course(data: dict[str, Any]) -> Course:
    request = data["request"]
    return Course(
        **data
        | {
            "request": Request(**request | {"until": _time(request["until"])}) if request else None,
            "climbed_from": tuple(data["climbed_from"]),
            "slips": tuple(Slip(**_timed(slip, _OF_SLIP)) for slip in data["slips"]),
            "parts": tuple(JointPart(**_timed(part, ("done_at",))) for part in data.get("parts", ())),
            "shelving": _or_none(Shelving, data.get("shelving"), ("since", "reviewed_at")),
            "procedure": _or_none(Procedure, data.get("procedure"), ("since", "result_at")),
            "meetings": tuple(_meeting(one) for one in data.get("meetings", ())),
            "rectifications": tuple(
                Rectification(**_timed(one, _OF_RECTIFICATION)) for one in data.get("rectifications", ())
            ),
        }
    )


_OF_SLIP = ("issued_at", "due", "yellow_at", "replied_at", "closed_at", "summoned_at", "circulated_at")
_OF_RECTIFICATION = ("ordered_at", "due", "yellow_at", "checked_at")
T = TypeVar("T")


def _meeting(data: dict[str, Any]) -> Meeting:
    return Meeting(**_timed(data, ("held_at", "due")) | {"units": tuple(data["units"])})


def _or_none(made: type[T], data: dict[str, Any] | None, times: Sequence[str]) -> T | None:
    return made(**_timed(data, times)) if data else None


def _timed(data: dict[str, Any], times: Sequence[str]) -> dict[str, Any]:
    return data | {name: _time(data[name]) for name in times}


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
