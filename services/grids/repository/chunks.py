"""Lists cut for statements: no more rows and bytes at once than the server takes in one breath."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
MOST_ROWS = 5000
MOST_BYTES = 16 * 1024 * 1024


def chunks(rows: Sequence[T], size: Callable[[T], int] = lambda row: 0) -> Iterator[list[T]]:
    """In order; a single row larger than the limit goes alone."""
    held: list[T] = []
    weight = 0
    for row in rows:
        heavy = size(row)
        if held and (len(held) >= MOST_ROWS or weight + heavy > MOST_BYTES):
            yield held
            held, weight = [], 0
        held.append(row)
        weight += heavy
    if held:
        yield held
