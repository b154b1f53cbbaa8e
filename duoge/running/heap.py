"""The fabric and the loaded code are many long-lived objects: kept out of the collector's way, or every order pays for
looking through them (a third of the time to judge one, measured)."""

import gc

from services.kit.copies import Copy, Snapshot

YOUNG, MIDDLE, OLD = 20_000, 20, 50


def tend(copy: "Copy[Snapshot] | None") -> None:
    """Now and after each swap of the fabric; what an old one left behind is collected then."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    settle()
    if copy is not None:
        copy.on_swap(settle)


def settle() -> None:
    gc.unfreeze()
    gc.collect()
    gc.freeze()
