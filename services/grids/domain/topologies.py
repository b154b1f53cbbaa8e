"""How the grids of each overlay lie to each other, worked out once for the survey and for whoever asks for the check."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.fabric.overlay import Overlay
from services.fabric.resolve import OUTLINES
from services.fabric.snapshot import Fabric
from services.fabric.topology import Topology, examine
from services.grids.domain.surveying import Survey, outline_of, survey


@dataclass(frozen=True, eq=False)
class With:
    """What an overlay was looked at with; with the same again nothing else comes out."""

    layers: tuple[Overlay, ...]
    units: frozenset[str]
    era: int

    @classmethod
    def of(cls, fabric: Fabric, overlay: str, era: int) -> "With":
        outlines = [code for code in OUTLINES if code in fabric.overlays and code != overlay]
        return cls(tuple(fabric.overlays[code] for code in (overlay, *outlines)), frozenset(fabric.units), era)

    def same(self, other: "With | None") -> bool:
        if other is None or (self.units, self.era, len(self.layers)) != (other.units, other.era, len(other.layers)):
            return False
        return all(mine is theirs for mine, theirs in zip(self.layers, other.layers, strict=True))


class Topologies:
    """The last of each overlay. For threads: who asks for one that is being worked out waits for it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[With, Topology]] = {}
        self._turn = threading.Lock()

    def of(self, fabric: Fabric, overlay: str, at: datetime) -> Topology:
        """`fabric` as of `at`. An overlay of two thousand grids takes a second."""
        wanted = With.of(fabric, overlay, fabric.era(at))
        with self._turn:
            known = self._known.get(overlay)
            if known is not None and wanted.same(known[0]):
                return known[1]
            grids = [edition for edition in fabric.overlays[overlay].editions if edition.in_force(at)]
            found = examine(grids, outline_of(fabric, overlay, at), wanted.units)
            self._known[overlay] = wanted, found
            return found


def survey_all(fabric: Fabric, overlays: Sequence[str], at: datetime, topologies: Topologies) -> list[Survey]:
    """In a thread: an overlay of two thousand grids takes a second."""
    units = frozenset(fabric.units)
    found: list[Survey] = []
    for code in overlays:
        layer = fabric.overlays[code]
        grids = [edition for edition, here in zip(layer.editions, layer.in_force(at).tolist(), strict=True) if here]
        found.append(survey(code, topologies.of(fabric, code, at), grids, units))
    return found
