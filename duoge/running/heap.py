"""The fabric and the loaded code are many long-lived objects: kept out of the collector's way, or every order pays for
looking through them (a third of the time to judge one, measured)."""

import gc
import sys

from services.kit.copies import Copy, Snapshot

YOUNG, MIDDLE, OLD = 20_000, 20, 50
# An answer lets go of the interpreter dozens of times while it asks the shapes, and each time waits so long for whoever
# makes the next map.
SWITCH_SECONDS = 0.0005


def tend(copy: "Copy[Snapshot] | None") -> None:
    """Now, and the new objects after each swap of the fabric. The old fabric goes by its counts of references: it holds
    no circles, and to look for some through everything would keep every answer waiting (400 ms, measured)."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    gc.collect()
    gc.freeze()
    if copy is not None:
        copy.on_swap(settle)


def settle() -> None:
    gc.collect(0)
    gc.freeze()
