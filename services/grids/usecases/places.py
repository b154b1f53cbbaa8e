"""The gazetteer and the operator's calendar, each replaced whole."""

from collections.abc import Sequence
from typing import Any

from services.fabric import entries as codec
from services.fabric.model import GazetteerEntry, Stretch
from services.grids.domain.publication import Draft
from services.grids.models import OperatorDays
from services.grids.repository import places as repository
from services.grids.repository import publications
from services.grids.usecases.publishing import Change
from services.kit.db import Tx
from services.kit.http.etags import check_version

GAZETTEER, CALENDAR = "gazetteer", "calendar"
_NO_STRETCH = Stretch(0, 0, "both", 0.0, 0.0)


async def replace_gazetteer(tx: Tx, places: Sequence[GazetteerEntry], wanted: int | None) -> Change[int]:
    """Answers how many there are now: rows that say the same are one."""
    version = await publications.section_version(tx, GAZETTEER)
    check_version(wanted, version or 0)
    told = sorted(set(places), key=_order)
    await repository.replace_places(tx, told)
    draft = Draft(dict(codec.encode_gazetteer(told)), frozenset({f"{GAZETTEER}/"}))
    return Change(draft, (GAZETTEER,), len(told), new_sections=() if version is not None else (GAZETTEER,))


async def replace_calendar(tx: Tx, told: OperatorDays, wanted: int | None) -> Change[OperatorDays]:
    version = await publications.section_version(tx, CALENDAR)
    check_version(wanted, version or 0)
    await repository.replace_days(tx, told)
    values = dict(codec.encode_calendar(told.days, told.complete_years))
    draft = Draft(values, frozenset({f"{CALENDAR}/"}))
    return Change(draft, (CALENDAR,), told, new_sections=() if version is not None else (CALENDAR,))


def _order(place: GazetteerEntry) -> tuple[Any, ...]:
    """The same list whatever the order of the file's rows."""
    stretch = place.stretch or _NO_STRETCH
    return place.name, place.kind, place.lon, place.lat, place.aliases, place.former, stretch, place.unit or ""
