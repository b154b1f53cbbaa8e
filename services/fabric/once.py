"""What is costly to make of a profile or a fabric, made once for each that is in use."""

from collections.abc import Callable
from typing import TypeVar

Known = TypeVar("Known")
Made = TypeVar("Made")


def once_for_each(make: Callable[[Known], Made], kept: int = 4) -> Callable[[Known], Made]:
    """By identity, for what is too large to compare; of more than `kept` all are let go. What it was made of is held with
    it, so that no other object can take its place in memory."""
    held: dict[int, tuple[Known, Made]] = {}

    def made_of(known: Known) -> Made:
        found = held.get(id(known))
        if found is None or found[0] is not known:
            if len(held) >= kept:
                held.clear()
            found = held[id(known)] = (known, make(known))
        return found[1]

    return made_of
