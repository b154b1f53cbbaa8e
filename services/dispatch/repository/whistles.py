"""Whistles: written whole, read under lock, listed by keyset."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.whistle.model import Call, Marks, Meet, Nod, Paging, Whistle
from services.dispatch.models import Entry
from services.dispatch.repository.columns import as_bytea, dump, names, recordset
from services.kit.contracts.payload import Place
from services.kit.db import Row, Tx

_STORED: tuple[tuple[str, str], ...] = (
    ("whistle_id", "text"),
    ("case_id", "text"),
    ("kind", "text"),
    ("kind_name", "text"),
    ("need", "text"),
    ("place", "jsonb"),
    ("meet", "jsonb"),
    ("blown_by", "text"),
    ("blown_unit", "text"),
    ("blown_at", "timestamptz"),
    ("report_in_by", "timestamptz"),
    ("ladder", "text[]"),
    ("second", "jsonb"),
    ("state", "text"),
    ("level", "int"),
    ("second_by", "timestamptz"),
    ("calls", "jsonb"),
    ("marks", "jsonb"),
    ("version", "int"),
    ("sequence", "bigint"),
    ("entries", "bigint[]"),
    ("units", "text[]"),
    ("parties", "text[]"),
    ("head", "bytea"),
    ("matter", "text"),
    ("ground", "text"),
    ("nod", "jsonb"),
    ("paging", "jsonb"),
)
_CHANGING = (
    "state",
    "level",
    "second_by",
    "calls",
    "marks",
    "version",
    "sequence",
    "entries",
    "units",
    "parties",
    "head",
    "report_in_by",
    "nod",
    "paging",
)
_READ = ", ".join(f"w.{name}" for name, _ in _STORED if name != "units")

_SAVE = text(
    f"""INSERT INTO whistles ({names(_STORED)}) SELECT {names(_STORED)} FROM {recordset(_STORED)}
        ON CONFLICT (whistle_id) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in _CHANGING)}"""
)
_LOCKED = text(
    f"""SELECT {_READ} FROM whistles w WHERE w.whistle_id = ANY(CAST(:ids AS text[]))
        ORDER BY w.whistle_id FOR UPDATE"""
)
_SUBJECTS = text("SELECT whistle_id, case_id FROM whistles WHERE whistle_id = ANY(CAST(:ids AS text[]))")
_CALLED = text(
    """SELECT w.whistle_id, w.case_id, w.units FROM whistles w
       WHERE w.case_id = ANY(CAST(:cases AS text[])) AND w.state NOT IN ('released', 'cancelled')
         AND coalesce(w.nod->>'state', '') <> 'waiting'
       ORDER BY w.blown_at, w.whistle_id"""
)
# Who is in the case now sees its whistles too, whoever was in it when they were blown.
_ONE = text(
    f"""SELECT {_READ}, coalesce(c.involved, '{{}}') AS involved FROM whistles w LEFT JOIN cases c USING (case_id)
        WHERE w.whistle_id = :whistle_id"""
)
_OF_SUBJECTS = text(
    f"""SELECT {_READ} FROM whistles w WHERE w.case_id = ANY(CAST(:subjects AS text[]))
        UNION ALL SELECT {_READ} FROM whistles w
        WHERE w.whistle_id = ANY(CAST(:subjects AS text[])) AND w.case_id IS NULL"""
)
_OPEN_OF = text(
    f"""SELECT {_READ} FROM whistles w
        WHERE w.case_id = ANY(CAST(:cases AS text[])) AND w.state NOT IN ('released', 'cancelled')
        ORDER BY w.whistle_id FOR UPDATE"""
)
_UNREMINDED = text(
    """SELECT w.whistle_id FROM whistles w
       WHERE w.nod->>'state' = 'waiting' AND w.state = 'open' AND coalesce(CAST(w.nod->>'reminded' AS int), 0) < :most
         AND NOT EXISTS (
           SELECT FROM timer t WHERE t.key = coalesce(w.case_id, w.whistle_id) AND t.kind = :kind
             AND t.payload->>'whistle_id' = w.whistle_id)
       ORDER BY w.blown_at, w.whistle_id LIMIT :limit"""
)
_TIMELINE = text(
    """SELECT * FROM entry WHERE subject = :subject AND sequence = ANY(CAST(:entries AS bigint[])) ORDER BY sequence"""
)
_BLOWN = text(
    f"""SELECT {_READ} FROM whistles w WHERE w.blown_at >= :start AND w.blown_at < :end
        ORDER BY w.blown_at DESC, w.whistle_id DESC"""
)
_FILTERS = {
    "unit": "CAST(:unit AS text) = ANY(w.units)",
    "state": "w.state = :state",
    "nod": "w.nod->>'state' = CAST(:nod AS text) AND (CAST(:nod AS text) <> 'waiting' OR w.state = 'open')",
    "case_id": "w.case_id = :case_id",
    "parties": "w.parties && CAST(:parties AS text[])",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A whistle as a reader meets it, with all units that may see it."""

    whistle: Whistle
    parties: tuple[str, ...]


async def subjects(tx: Tx, ids: Iterable[str]) -> dict[str, str | None]:
    """whistle_id → its case, which never changes and must be locked first."""
    rows = await tx.execute(_SUBJECTS, {"ids": sorted(set(ids))})
    return {row.whistle_id: row.case_id for row in rows.all()}


async def locked(tx: Tx, ids: Iterable[str]) -> list[Whistle]:
    """Locked to the end of the transaction in sorted order; their cases must be locked already."""
    rows = await tx.execute(_LOCKED, {"ids": sorted(set(ids))})
    return [_whistle(row) for row in rows.all()]


async def save(tx: Tx, whistles: Sequence[tuple[Whistle, tuple[str, ...]]]) -> None:
    """(whistle, its parties), new ones and locked ones alike."""
    if whistles:
        await tx.execute(_SAVE, {"rows": dump([_row(whistle, parties) for whistle, parties in whistles])})


async def called_for(tx: Tx, cases: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """case_id → whistle_id → units called, of whistles that are not over. The cases must be locked."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in (await tx.execute(_CALLED, {"cases": sorted(set(cases))})).all():
        found.setdefault(row.case_id, {})[row.whistle_id] = tuple(row.units)
    return found


async def one(tx: Tx, whistle_id: str) -> Seen | None:
    """Without a lock. An id from a path may hold what the database can't."""
    if "\x00" in whistle_id:
        return None
    row = (await tx.execute(_ONE, {"whistle_id": whistle_id})).one_or_none()
    return None if row is None else Seen(_whistle(row), (*row.parties, *row.involved))


async def of_subjects(tx: Tx, subjects: Sequence[str]) -> dict[str, list[Whistle]]:
    """Case → its whistles; a whistle without a case stands under its own id."""
    found: dict[str, list[Whistle]] = {}
    for row in (await tx.execute(_OF_SUBJECTS, {"subjects": list(subjects)})).all():
        whistle = _whistle(row)
        found.setdefault(whistle.subject, []).append(whistle)
    return found


async def open_of(tx: Tx, cases: Iterable[str]) -> list[Whistle]:
    """The whistles of these cases that are not over, those that wait for the street's nod too; locked, as `locked` does."""
    return [_whistle(row) for row in (await tx.execute(_OPEN_OF, {"cases": sorted(set(cases))})).all()]


async def unreminded(tx: Tx, kind: str, most: int, limit: int) -> list[str]:
    """Whistles that wait for the street's nod, were reminded of less than `most` times and have no timer of this kind."""
    found = await tx.execute(_UNREMINDED, {"kind": kind, "most": most, "limit": limit})
    return [row.whistle_id for row in found.all()]


async def timeline(tx: Tx, whistle: Whistle) -> list[Entry]:
    rows = await tx.execute(_TIMELINE, {"subject": whistle.subject, "entries": list(whistle.entries)})
    return [
        Entry(row.subject, row.sequence, row.at, row.type, row.text, row.by_name, row.by_role, row.unit)
        for row in rows.all()
    ]


async def listing(tx: Tx, wanted: dict[str, Any], after: tuple[datetime, str] | None, limit: int) -> list[Whistle]:
    """The newest first. `wanted`: see _FILTERS; `parties` are the units whose whistles the caller may see."""
    arguments = {name: value for name, value in wanted.items() if value is not None}
    conditions = [_FILTERS[name] for name in arguments]
    if after is not None:
        conditions.append("(w.blown_at, w.whistle_id) < (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await tx.execute(
        text(f"SELECT {_READ} FROM whistles w {where} ORDER BY w.blown_at DESC, w.whistle_id DESC LIMIT :limit"),
        {**arguments, "limit": limit},
    )
    return [_whistle(row) for row in rows.all()]


async def blown_within(tx: Tx, start: datetime, end: datetime) -> list[Whistle]:
    return [_whistle(row) for row in (await tx.execute(_BLOWN, {"start": start, "end": end})).all()]


def _row(whistle: Whistle, parties: tuple[str, ...]) -> dict[str, Any]:
    derived = {
        "place": whistle.place.model_dump(),
        "meet": asdict(whistle.meet),
        "second": dict(whistle.second),
        "calls": [asdict(call) for call in whistle.calls],
        "marks": [asdict(marks) for marks in whistle.marks],
        "units": [call.unit for call in whistle.calls],
        "parties": parties,
        "head": as_bytea(whistle.head),
        "nod": asdict(whistle.nod) if whistle.nod else None,
        "paging": asdict(whistle.paging) if whistle.paging else None,
    }
    return {name: derived[name] if name in derived else getattr(whistle, name) for name, _ in _STORED}


def _whistle(row: Row) -> Whistle:
    plain = {
        name: row._mapping[name]
        for name, kind in _STORED
        if kind in ("text", "timestamptz", "int", "bigint", "jsonb", "bytea")
    }
    return Whistle(
        **plain
        | {
            "place": Place.model_validate(row.place),
            "meet": Meet(**row.meet | {"at": _time(row.meet["at"])}),
            "ladder": tuple(row.ladder),
            "calls": tuple(_call(data) for data in row.calls),
            "marks": tuple(Marks(**data | {"at": datetime.fromisoformat(data["at"])}) for data in row.marks),
            "entries": tuple(row.entries),
            "nod": Nod(**row.nod | {"at": _time(row.nod["at"])}) if row.nod else None,
            "paging": _paging(row.paging) if row.paging else None,
        }
    )


def _call(data: dict[str, Any]) -> Call:
    return Call(
        **data
        | {
            "climbs_to": tuple(data["climbs_to"]),
            "escalated_to": tuple(data["escalated_to"]),
            "due": _time(data["due"]),
            "reported_at": _time(data["reported_at"]),
            "answered_at": _time(data.get("answered_at")),
        }
    )


def _paging(data: dict[str, Any]) -> Paging:
    return Paging(**data | {"volunteers": tuple(data["volunteers"]), "skills": tuple(data["skills"])})


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
