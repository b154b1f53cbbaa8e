"""An open transaction, and statements on the driver's own connection.

SQLAlchemy keeps the pool and translates a statement once; from then on it costs what asyncpg alone costs, a third of
what it costs through an engine.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Self

import asyncpg
from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_ANSWERS = re.compile(r"^\s*(?:SELECT|WITH|VALUES|SHOW|EXPLAIN)\b|\bRETURNING\b", re.IGNORECASE)

Parameters = Mapping[str, Any]
_NONE: Parameters = MappingProxyType({})


class Row(asyncpg.Record):  # type: ignore[misc]
    """Columns by name as attributes, or all of them by `**row._mapping`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def _mapping(self) -> Self:
        return self

    def _asdict(self) -> dict[str, Any]:
        return dict(self)


class Result:
    """Rows already here. `rowcount` is that of the command: rows inserted, changed or deleted."""

    __slots__ = ("_rows", "_status")

    def __init__(self, rows: list[Row], status: str = "") -> None:
        self._rows = rows
        self._status = status

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def all(self) -> list[Row]:
        return self._rows

    def one(self) -> Row:
        (row,) = self._rows
        return row

    def one_or_none(self) -> Row | None:
        return self.one() if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        return self.one()[0] if self._rows else None

    def scalars(self) -> list[Any]:
        return [row[0] for row in self._rows]

    @property
    def rowcount(self) -> int:
        return int(self._status.rpartition(" ")[2]) if self._status else len(self._rows)


@dataclass(frozen=True, slots=True)
class Statement:
    """In the driver's words; `names` says which parameter is $1, $2, …"""

    sql: str
    names: tuple[str, ...]
    answers: bool

    def given(self, parameters: Parameters) -> list[Any]:
        return [parameters[name] for name in self.names]


@lru_cache(maxsize=2000)
def translated(sql: str) -> Statement:
    compiled = text(sql).compile(dialect=_DIALECT)
    return Statement(compiled.string, tuple(compiled.positiontup or ()), _ANSWERS.search(sql) is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Tx:
    """Use cases take it, change state, append events and never commit. Errors are the driver's."""

    driver: "asyncpg.Connection[Row]"
    after: list[Callable[[], object]] = field(default_factory=list)

    async def execute(self, statement: TextClause, parameters: Parameters | Sequence[Parameters] = _NONE) -> Result:
        """A sequence of parameters: the statement once for each of them, and no rows."""
        said = translated(statement.text)
        if isinstance(parameters, Sequence):
            await self.driver.executemany(said.sql, [said.given(each) for each in parameters])
            return Result([])
        if said.answers:
            return Result(await self.driver.fetch(said.sql, *said.given(parameters), record_class=Row))
        return Result([], await self.driver.execute(said.sql, *said.given(parameters)))
