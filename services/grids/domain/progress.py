"""How far an import is, in the steps that it goes through."""

from collections.abc import Callable
from typing import Literal

Step = Literal["reading", "checking", "moving", "weighing", "writing", "publishing", "waiting"]
Tell = Callable[[Step, int, int], None]
"""The step, how much of it is done, of how much. May be called from any thread, and often."""


def silent(step: Step, done: int, of: int) -> None:
    """For whoever does not want to know."""
