"""The whistles behind a figure of a month's assessment. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.dispatch.domain.whistle.assessment import Fate, fate, street_of, streets_of
from services.dispatch.domain.whistle.model import Whistle
from services.fabric.snapshot import Fabric


@dataclass(frozen=True, slots=True)
class Behind:
    """Of a called `unit` (with a `fate`: only those of its calls), of a `blower`, of a `street` and all below it."""

    unit: str | None = None
    fate: Fate | None = None
    blower: str | None = None
    street: str | None = None


def behind_figure(fabric: Fabric, whistles: Iterable[Whistle], asked: Behind, now: datetime) -> list[Whistle]:
    """Counted as the figure counts them: nobody was called by one that the street refused, or that was cancelled."""
    known = streets_of(fabric)
    return [
        whistle
        for whistle in whistles
        if (asked.unit is None or _called(whistle, asked.unit, asked.fate, now))
        and (asked.blower is None or whistle.blown_unit == asked.blower)
        and (asked.street is None or (whistle.blown and street_of(fabric, whistle.blown_unit, known) == asked.street))
    ]


def _called(whistle: Whistle, unit: str, wanted: Fate | None, now: datetime) -> bool:
    call = whistle.call(unit) if whistle.blown and whistle.state != "cancelled" else None
    return call is not None and (wanted is None or fate(whistle, call, now) == wanted)
