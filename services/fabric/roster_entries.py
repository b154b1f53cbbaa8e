"""A unit's rosters on the compacted topic: all editions that are kept, under `roster/<unit>`."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from services.fabric.entries import Keyed, dates, dates_json, dump
from services.fabric.roster import WEEKDAYS, Absence, Roster, Shift, Swap

FAMILY = "roster"


def roster_key(unit: str) -> str:
    return f"{FAMILY}/{unit}"


def encode_rosters(
    editions: Sequence[Roster], *, by: str = "", changed_at: datetime | None = None, changed: Sequence[str] = ()
) -> Keyed:
    """In order of time, of one unit. `by`, `changed_at`, `changed`: who changed what of it last, for whoever reads the
    topic as events."""
    unit = editions[-1].unit
    origin = {"by": by, "changed_at": changed_at.isoformat() if changed_at else None, "changed": list(changed)}
    return roster_key(unit), dump({"unit": unit, "editions": [roster_json(roster) for roster in editions], **origin})


def decode_rosters(value: bytes) -> tuple[Roster, ...]:
    told = json.loads(value)
    return tuple(roster_of(told["unit"], one) for one in told["editions"])


def roster_json(roster: Roster) -> dict[str, Any]:
    """As it is handed in over HTTP too; days without shifts are left out."""
    return {
        "weeks": [
            {name: _shifts_json(shifts) for name, shifts in zip(WEEKDAYS, week, strict=True) if shifts}
            for week in roster.weeks
        ],
        "starts_on": roster.starts_on.isoformat(),
        "holiday": None if roster.holiday is None else _shifts_json(roster.holiday),
        "make_up": WEEKDAYS[roster.make_up],
        "swaps": [{"date": s.day.isoformat(), "from": clock(s.begins), "a": s.one, "b": s.other} for s in roster.swaps],
        "absences": [
            {"person": a.person, "from": a.begins.isoformat(), "to": a.ends.isoformat()} for a in roster.absences
        ],
        **dates_json(roster.valid_from, roster.valid_to),
    }


def roster_of(unit: str, told: Mapping[str, Any]) -> Roster:
    return Roster(
        unit=unit,
        weeks=tuple(tuple(_shifts(week.get(name, ())) for name in WEEKDAYS) for week in told["weeks"]),
        starts_on=date.fromisoformat(told["starts_on"]),
        holiday=None if told["holiday"] is None else _shifts(told["holiday"]),
        make_up=WEEKDAYS.index(told["make_up"]),
        swaps=tuple(
            Swap(date.fromisoformat(s["date"]), time.fromisoformat(s["from"]), s["a"], s["b"]) for s in told["swaps"]
        ),
        absences=tuple(
            Absence(a["person"], datetime.fromisoformat(a["from"]), datetime.fromisoformat(a["to"]))
            for a in told["absences"]
        ),
        **dates(told),
    )


def clock(at: time) -> str:
    return f"{at:%H:%M}"


def _shifts_json(shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    return [{"from": clock(s.begins), "to": clock(s.ends), "people": list(s.people)} for s in shifts]


def _shifts(told: Sequence[Mapping[str, Any]]) -> tuple[Shift, ...]:
    return tuple(Shift(time.fromisoformat(s["from"]), time.fromisoformat(s["to"]), tuple(s["people"])) for s in told)
