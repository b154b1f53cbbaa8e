"""How many statements something asks."""

from types import MappingProxyType
from typing import Any

from sqlalchemy import TextClause

from services.kit.tx import Result, Tx


class Counting(Tx):
    """On the same connection as `of`."""

    asked: list[str]

    def __init__(self, of: Tx) -> None:
        super().__init__(of.driver, of.after)
        object.__setattr__(self, "asked", [])

    async def execute(self, statement: TextClause, parameters: Any = MappingProxyType({})) -> Result:
        self.asked.append(statement.text)
        return await super().execute(statement, parameters)
