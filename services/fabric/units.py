"""The units of all times, and which of them are there at one moment."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.fabric.model import Unit


@dataclass(frozen=True, slots=True)
class UnitsAt:
    """`in_force` by code; `former` are those that have ended, each as it last was."""

    in_force: Mapping[str, Unit]
    former: Mapping[str, Unit]


class UnitBook:
    """`editions`: code → its editions in order of time. What it answers for one era is the same object each time."""

    def __init__(self, editions: Mapping[str, tuple[Unit, ...]]) -> None:
        self.editions = editions
        moments = {m for same in editions.values() for one in same for m in (one.valid_from, one.valid_to) if m}
        self._changes = sorted(moment.timestamp() for moment in moments)
        self._eras: dict[int, UnitsAt] = {}

    @property
    def dated(self) -> bool:
        return bool(self._changes)

    @property
    def changes(self) -> list[float]:
        """The moments, in seconds of the epoch, at which a unit begins or ends, in order."""
        return self._changes

    def era(self, at: datetime) -> int:
        """A number that changes whenever any unit begins or ends."""
        return bisect_right(self._changes, at.timestamp())

    def at(self, at: datetime) -> UnitsAt:
        era = self.era(at)
        held = self._eras.get(era)
        if held is None:
            held = self._eras[era] = self._there(at)
        return held

    def unit(self, code: str, at: datetime) -> Unit | None:
        return next((one for one in self.editions.get(code, ()) if one.in_force(at)), None)

    def _there(self, at: datetime) -> UnitsAt:
        in_force: dict[str, Unit] = {}
        former: dict[str, Unit] = {}
        for code, same in self.editions.items():
            begun = [one for one in same if one.valid_from is None or one.valid_from <= at]
            if begun:
                (in_force if begun[-1].in_force(at) else former)[code] = begun[-1]
        return UnitsAt(in_force, former)
