"""Named places where a test may make the process die, as a power cut would; otherwise a dictionary look-up.

`DUOGE_FAILPOINTS="relay.published=kill:0.02"` kills the process with SIGKILL at that place with that probability.
"""

import os
import random
import signal
from collections.abc import Callable, Mapping

_armed: dict[str, Callable[[], None]] = {}


def reach(name: str) -> None:
    """Call where dying would hurt most: between two durable steps."""
    act = _armed.get(name)
    if act is not None:
        act()


def arm(name: str, act: Callable[[], None]) -> None:
    _armed[name] = act


def disarm() -> None:
    _armed.clear()


def arm_from(environment: Mapping[str, str], seed: int | None = None) -> None:
    """Reads DUOGE_FAILPOINTS; ValueError names a part that can't be read. DUOGE_FAILPOINTS_SEED wins over `seed`."""
    dice = random.Random(int(environment["DUOGE_FAILPOINTS_SEED"]) if "DUOGE_FAILPOINTS_SEED" in environment else seed)
    for part in filter(None, environment.get("DUOGE_FAILPOINTS", "").split(",")):
        name, _, act = part.partition("=")
        kind, _, chance = act.partition(":")
        if kind != "kill":
            raise ValueError(f"DUOGE_FAILPOINTS: {part}")
        arm(name.strip(), _killer(float(chance or 1), dice))


def _killer(chance: float, dice: random.Random) -> Callable[[], None]:
    def act() -> None:
        if dice.random() < chance:
            os.kill(os.getpid(), signal.SIGKILL)

    return act
