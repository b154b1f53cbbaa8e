"""Which columns there are, and rows to and from them."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import TextClause, text

from services.console.models import CaseRow, Clock, Entry, OrderRow, WhistleRow
from services.kit.db import Row

Columns = Sequence[tuple[str, str]]

CASES: Columns = (
    ("case_id", "text"),
    ("sequence", "bigint"),
    ("state", "text"),
    ("case_class", "text"),
    ("level", "text"),
    ("concern", "text"),
    ("changed_at", "timestamptz"),
    ("opened_at", "timestamptz"),
    ("lead", "text"),
    ("assists", "text[]"),
    ("called", "text[]"),
    ("light", "text"),
    ("sub_concern", "text"),
    ("title", "text"),
    ("summary", "text"),
    ("channel", "text"),
    ("kind", "text"),
    ("confidential", "boolean"),
    ("lon", "double precision"),
    ("lat", "double precision"),
    ("address", "text"),
    ("zone", "text"),
    ("grids", "jsonb"),
    ("orders", "text[]"),
    ("clocks", "jsonb"),
    ("rule", "text"),
    ("ground", "text"),
    ("dispatched_at", "timestamptz"),
    ("contact_due", "timestamptz"),
    ("contacted_at", "timestamptz"),
    ("resolve_due", "timestamptz"),
    ("resolved_at", "timestamptz"),
    ("closed_at", "timestamptz"),
    ("measures", "text"),
    ("verdict", "boolean"),
    ("satisfaction", "text"),
    ("reopened", "int"),
    ("statutory", "boolean"),
    ("supervised", "boolean"),
    ("last_text", "text"),
    ("involved", "text[]"),
    ("comprehensive", "text"),
    ("excluded", "text"),
    ("recurred", "boolean"),
    ("verdicts", "jsonb"),
    ("answered", "int"),
    ("solved", "int"),
    ("satisfied", "int"),
    ("fair", "int"),
)
ORDERS: Columns = (
    ("order_id", "text"),
    ("status", "text"),
    ("channel", "text"),
    ("source", "text"),
    ("external_id", "text"),
    ("reported_at", "timestamptz"),
    ("changed_at", "timestamptz"),
    ("kind", "text"),
    ("title", "text"),
    ("satisfaction", "text"),
)
WHISTLES: Columns = (
    ("whistle_id", "text"),
    ("kind", "text"),
    ("state", "text"),
    ("need", "text"),
    ("report_in_by", "timestamptz"),
    ("blown_at", "timestamptz"),
    ("changed_at", "timestamptz"),
    ("calls", "jsonb"),
    ("case_id", "text"),
    ("place", "text"),
    ("meet", "text"),
    ("by", "text"),
    ("units", "text[]"),
)
TIMELINE: Columns = (
    ("stream", "text"),
    ("subject", "text"),
    ("sequence", "bigint"),
    ("at", "timestamptz"),
    ("type", "text"),
    ("text", "text"),
    ("by", "text"),
    ("unit", "text"),
    ("reason", "text"),
    ("whistle_id", "text"),
    ("detail", "jsonb"),
)


def upsert(table: str, columns: Columns, keys: Sequence[str], *, stamped: bool) -> TextClause:
    """One statement for a whole batch, given as one JSON array (`packed`). `stamped`: the table has `written`."""
    names = ", ".join(f'"{name}"' for name, _ in columns)
    typed = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    changes = [f'"{name}" = EXCLUDED."{name}"' for name, _ in columns if name not in keys]
    if stamped:
        changes.append("written = pg_current_xact_id()")
    return text(
        f"""INSERT INTO {table} ({names})
            SELECT {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row ({typed})
            ON CONFLICT ({", ".join(keys)}) DO UPDATE SET {", ".join(changes)}"""
    )


def packed(rows: Iterable[CaseRow | OrderRow | WhistleRow | Entry], columns: Columns) -> str:
    names = [name for name, _ in columns]
    read = attrgetter(*names)
    stored = [dict(zip(names, read(row), strict=True)) for row in rows]
    return orjson.dumps(stored, default=_plain, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()


_CASE, _ORDER, _WHISTLE, _ENTRY = (
    tuple(field.name for field in fields(model)) for model in (CaseRow, OrderRow, WhistleRow, Entry)
)


def case_of(row: Row) -> CaseRow:
    held = {name: row[name] for name in _CASE}
    for name in ("assists", "called", "orders"):
        held[name] = tuple(held[name])
    held["clocks"] = {
        kind: Clock(kind, _moment(clock["started"]), _moment(clock["due"]), clock["state"])
        for kind, clock in held["clocks"].items()
    }
    return CaseRow(**held)


def order_of(row: Row) -> OrderRow:
    return OrderRow(**{name: row[name] for name in _ORDER})


def whistle_of(row: Row) -> WhistleRow:
    return WhistleRow(**{name: row[name] for name in _WHISTLE} | {"calls": tuple(row.calls)})


def entry_of(row: Row) -> Entry:
    return Entry(**{name: row[name] for name in _ENTRY})


def _plain(value: Any) -> Any:
    """What JSON does not know."""
    if isinstance(value, Clock):
        return {"started": value.started, "due": value.due, "state": value.state}
    raise TypeError(f"no column holds a {type(value).__name__}")


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
