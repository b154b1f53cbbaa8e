"""Lists of rows that come from outside, each row judged by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.kit.http.answers import invalid_from
from services.kit.problems import wrong

R = TypeVar("R")
_TOLD_EVERY = 1000


@dataclass(frozen=True)
class Rows(Generic[R]):
    """`good` by their place in the list; `faults` of the others, as (JSON pointer, sentence)."""

    good: Mapping[int, R]
    faults: Sequence[tuple[str, str]]


def listed(told: Any) -> list[Any]:
    """Invalid for what is no list."""
    if not isinstance(told, list):
        raise wrong("", "应为数组，一行一个对象")
    return told


def judged(
    rows: Sequence[Any], kind: TypeAdapter[R], tell: Callable[[int, int], None] = lambda done, of: None
) -> Rows[R]:
    """`tell` hears how many are done, of how many."""
    good: dict[int, R] = {}
    faults: list[tuple[str, str]] = []
    for index, row in enumerate(rows):
        if index % _TOLD_EVERY == 0:
            tell(index, len(rows))
        try:
            good[index] = kind.validate_python(row)
        except ValidationError as error:
            found = invalid_from(list(error.errors(include_url=False, include_input=False))).errors
            faults += [(f"/{index}{one['pointer']}", one["detail"]) for one in found]
    return Rows(good, faults)
