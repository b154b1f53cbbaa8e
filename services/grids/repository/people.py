"""People: what may be known of them as columns and JSON, the rest sealed; their postings, a row each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import text

from services.fabric.people import Person, person_json, person_of
from services.grids.models import StoredPerson
from services.grids.repository.chunks import chunks
from services.kit.db import Row, Tx

_COLUMNS = "code, told, sealed, version"
_SOME = text(f"SELECT {_COLUMNS} FROM person WHERE code = ANY(CAST(:codes AS text[]))")
_CODES = text("SELECT code FROM person WHERE code = ANY(CAST(:codes AS text[]))")
_POSTED = """EXISTS (SELECT FROM posting p WHERE p.person = person.code
    AND (p.valid_from IS NULL OR p.valid_from <= :at) AND (p.valid_to IS NULL OR :at < p.valid_to) AND {which})"""
_HERE = "p.grid = :grid AND (CAST(:overlay AS text) IS NULL OR p.overlay = :overlay)"
_PAGE = text(
    f"""SELECT {_COLUMNS} FROM person
        WHERE code > :after AND (CAST(:unit AS text) IS NULL OR unit = :unit)
          AND (CAST(:skill AS text) IS NULL OR :skill = ANY(skills))
          AND (NOT CAST(:in_teams AS boolean) OR team IS NOT NULL)
          AND (CAST(:role AS text) IS NULL OR role = :role OR {_POSTED.format(which="p.role = :role")})
          AND (CAST(:grid AS text) IS NULL OR team = ANY(CAST(:teams AS text[])) OR {_POSTED.format(which=_HERE)})
        ORDER BY code LIMIT :limit"""
)
_SAVE = text(
    """INSERT INTO person (code, unit, role, team, skills, told, sealed, version)
       SELECT told ->> 'code', told ->> 'unit', told ->> 'role', told ->> 'team',
         ARRAY(SELECT jsonb_array_elements_text(told -> 'skills')), told, sealed, 1
       FROM unnest(CAST(:told AS jsonb[]), CAST(:sealed AS bytea[])) AS row (told, sealed)
       ON CONFLICT (code) DO UPDATE SET unit = EXCLUDED.unit, role = EXCLUDED.role, team = EXCLUDED.team,
         skills = EXCLUDED.skills, told = EXCLUDED.told, sealed = EXCLUDED.sealed, version = person.version + 1"""
)
_FORGET_POSTINGS = text("DELETE FROM posting WHERE person = ANY(CAST(:codes AS text[]))")
_POST = text(
    """INSERT INTO posting (person, number, overlay, grid, role, valid_from, valid_to)
       SELECT * FROM unnest(CAST(:people AS text[]), CAST(:numbers AS int[]), CAST(:overlays AS text[]),
         CAST(:grids AS text[]), CAST(:roles AS text[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))"""
)
_FORGET = text("DELETE FROM person WHERE code = :code")
_GRIDS = text(
    """SELECT DISTINCT e.overlay, e.code FROM edition e
       JOIN unnest(CAST(:overlays AS text[]), CAST(:codes AS text[])) AS row (overlay, code)
         ON e.overlay = row.overlay AND e.code = row.code"""
)


@dataclass(frozen=True, slots=True)
class Asked:
    """None: whichever. `teams` count as being at the grid; `in_teams`: volunteers only."""

    at: datetime
    unit: str | None = None
    grid: str | None = None
    overlay: str | None = None
    role: str | None = None
    skill: str | None = None
    in_teams: bool = False
    teams: tuple[str, ...] = ()


async def some(tx: Tx, codes: Collection[str]) -> dict[str, StoredPerson]:
    rows = await tx.execute(_SOME, {"codes": list(codes)})
    return {row.code: _stored(row) for row in rows.all()}


async def known(tx: Tx, codes: Collection[str]) -> frozenset[str]:
    return frozenset((await tx.execute(_CODES, {"codes": list(codes)})).scalars())


async def page(tx: Tx, asked: Asked, after: str, limit: int) -> Sequence[StoredPerson]:
    rows = await tx.execute(
        _PAGE,
        {
            "after": after,
            "limit": limit,
            "at": asked.at,
            "unit": asked.unit,
            "grid": asked.grid,
            "overlay": asked.overlay,
            "role": asked.role,
            "skill": asked.skill,
            "in_teams": asked.in_teams,
            "teams": list(asked.teams),
        },
    )
    return [_stored(row) for row in rows.all()]


async def grids(tx: Tx, named: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Those of the (overlay, code) that there are, or were."""
    given = {"overlays": [overlay for overlay, _ in named], "codes": [code for _, code in named]}
    return frozenset((row.overlay, row.code) for row in (await tx.execute(_GRIDS, given)).all())


async def save(tx: Tx, people: Mapping[str, Person]) -> None:
    """New ones get version 1, known ones the next."""
    for few in chunks(list(people.values()), lambda person: len(person.sealed)):
        told = [orjson.dumps(person_json(person)).decode() for person in few]
        await tx.execute(_SAVE, {"told": told, "sealed": [person.sealed for person in few]})
    await tx.execute(_FORGET_POSTINGS, {"codes": list(people)})
    rows = [(p.code, number, posting) for p in people.values() for number, posting in enumerate(p.postings)]
    for part in chunks(rows):
        await tx.execute(
            _POST,
            {
                "people": [code for code, _, _ in part],
                "numbers": [number for _, number, _ in part],
                "overlays": [posting.overlay for _, _, posting in part],
                "grids": [posting.grid for _, _, posting in part],
                "roles": [posting.role for _, _, posting in part],
                "starts": [posting.valid_from for _, _, posting in part],
                "ends": [posting.valid_to for _, _, posting in part],
            },
        )


async def forget(tx: Tx, code: str) -> None:
    await tx.execute(_FORGET, {"code": code})


def _stored(row: Row) -> StoredPerson:
    return StoredPerson(person_of(row.told, row.sealed), row.version)
