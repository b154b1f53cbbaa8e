"""The formula of rates as it was at any time: a row whenever another one came into force."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.fabric.rules import Rates
from services.kit.db import Row, Tx

_NEWEST = "SELECT * FROM formula {where} ORDER BY number DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Formula:
    """`since` in the house's own time; that of the first is when keeping them began."""

    number: int
    since: datetime
    fabric_version: int
    profile: str
    profile_version: int
    rules: Rates


async def newest(tx: Tx) -> Formula | None:
    return _of((await tx.execute(text(_NEWEST.format(where="")))).one_or_none())


async def at(tx: Tx, end: datetime) -> Formula | None:
    """In force just before `end`; None when none was kept by then."""
    return _of((await tx.execute(text(_NEWEST.format(where="WHERE since < :end")), {"end": end})).one_or_none())


async def keep(tx: Tx, formula: Formula) -> bool:
    """False when another process has just kept that number."""
    kept = await tx.execute(
        text(
            """INSERT INTO formula (number, since, fabric_version, profile, profile_version, rules)
               VALUES (:number, :since, :fabric_version, :profile, :profile_version, CAST(:rules AS jsonb))
               ON CONFLICT DO NOTHING RETURNING number"""
        ),
        {
            "number": formula.number,
            "since": formula.since,
            "fabric_version": formula.fabric_version,
            "profile": formula.profile,
            "profile_version": formula.profile_version,
            "rules": written(formula.rules),
        },
    )
    return kept.one_or_none() is not None


def written(rules: Rates) -> str:
    return json.dumps(rules.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)


def _of(row: Row | None) -> Formula | None:
    if row is None:
        return None
    given: dict[str, Any] = dict(row._mapping)
    return Formula(**given | {"rules": Rates.model_validate(given["rules"])})
