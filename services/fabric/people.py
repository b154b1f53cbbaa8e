"""People of the units and the grids they are posted to, as every service knows them.

A name or a number is only in `sealed`, which this library can't open: it travels on the compacted topic as it lies in
the registry's table, and whoever holds the house's key opens it (see services.kit.sealing)."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.fabric.entries import Keyed, dates, dates_json, dump

FAMILY = "person"
# Units of these kinds are volunteer teams.
TEAMS = frozenset({"volunteer_team", "volunteers"})


@dataclass(frozen=True, slots=True)
class Posting:
    """One grid that somebody is posted to, as `role` (网格长, 网格员, 下沉人员, 楼组长 and so on), while in force."""

    overlay: str
    grid: str
    role: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True)
class Person:
    """`unit` is the one that somebody belongs to, `team` a volunteer team beside it."""

    code: str
    unit: str
    role: str
    skills: tuple[str, ...] = ()
    team: str | None = None
    postings: tuple[Posting, ...] = ()
    sealed: bytes = b""


def person_key(code: str) -> str:
    return f"{FAMILY}/{code}"


def person_json(person: Person) -> dict[str, Any]:
    """Without what is sealed."""
    return {
        "code": person.code,
        "unit": person.unit,
        "role": person.role,
        "skills": list(person.skills),
        "team": person.team,
        "postings": [posting_json(posting) for posting in person.postings],
    }


def posting_json(posting: Posting) -> dict[str, Any]:
    told = {"overlay": posting.overlay, "grid": posting.grid, "role": posting.role}
    return {**told, **dates_json(posting.valid_from, posting.valid_to)}


def person_of(told: dict[str, Any], sealed: bytes) -> Person:
    postings = tuple(Posting(p["overlay"], p["grid"], p["role"], **dates(p)) for p in told["postings"])
    return Person(told["code"], told["unit"], told["role"], tuple(told["skills"]), told["team"], postings, sealed)


def encode_person(person: Person) -> Keyed:
    sealed = base64.b64encode(person.sealed).decode("ascii")
    return person_key(person.code), dump({**person_json(person), "sealed": sealed})


def decode_person(value: bytes) -> Person:
    told = json.loads(value)
    return person_of(told, base64.b64decode(told["sealed"]))
