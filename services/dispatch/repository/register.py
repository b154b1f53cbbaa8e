"""A register of what stands in cases: written with its case, read as a list. The case's own copy is what counts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import TextClause, text

from services.dispatch.repository.columns import dump, names, recordset
from services.kit.db import Row, Tx

Entered = TypeVar("Entered")


@dataclass(frozen=True)
class Register(Generic[Entered]):
    """`columns`: (name, type) in the table, `number` first; beside `case_id` they are the fields of `made`. `order` is
    how it is listed, by a moment and then the number; `filters`: parameter → condition. The register is `r` in them, its
    case `c`."""

    table: str
    made: type[Entered]
    columns: tuple[tuple[str, str], ...]
    moment: str
    newest_first: bool
    filters: Mapping[str, str]
    _save: TextClause = field(init=False)
    _case_of: TextClause = field(init=False)

    def __post_init__(self) -> None:
        given = ", ".join(f"{name} = EXCLUDED.{name}" for name, _ in self.columns[1:])
        save = f"""INSERT INTO {self.table} ({names(self.columns)}) SELECT {names(self.columns)}
                   FROM {recordset(self.columns)} ON CONFLICT (number) DO UPDATE SET {given}"""
        object.__setattr__(self, "_save", text(save))
        object.__setattr__(self, "_case_of", text(f"SELECT case_id FROM {self.table} WHERE number = :number"))

    async def save(self, tx: Tx, changed: Sequence[tuple[str, Any]]) -> None:
        """(case_id, entry) of those that are new or changed."""
        if changed:
            await tx.execute(
                self._save, {"rows": dump([asdict(one) | {"case_id": case_id} for case_id, one in changed])}
            )

    async def case_of(self, tx: Tx, number: str) -> str | None:
        found: str | None = (await tx.execute(self._case_of, {"number": number})).scalar_one_or_none()
        return found

    async def rows(
        self,
        tx: Tx,
        arguments: Mapping[str, Any],
        conditions: Sequence[str],
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Row]:
        """Those of each filter whose parameter is there, and of the further `conditions`; with the case's `title`."""
        given, wanted = dict(arguments), list(conditions)
        if after is not None:
            wanted.append(f"(r.{self.moment}, r.number) {'<' if self.newest_first else '>'} (:after_at, :after_id)")
            given |= {"after_at": after[0], "after_id": after[1]}
        way = "DESC" if self.newest_first else "ASC"
        asked = f"""SELECT r.*, c.title {self.found(given, wanted)}
                    ORDER BY r.{self.moment} {way}, r.number {way} LIMIT :limit"""
        return (await tx.execute(text(asked), {**given, "limit": limit})).all()

    def found(self, arguments: Mapping[str, Any], conditions: Sequence[str]) -> str:
        """From where, and which of them: as `rows`, for statements that add them up."""
        wanted = [*(said for name, said in self.filters.items() if name in arguments), *conditions]
        where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
        return f"FROM {self.table} r JOIN cases c USING (case_id) {where}"

    def entry(self, row: Row) -> Entered:
        return self.made(**{name: row[name] for name, _ in self.columns if name != "case_id"})
