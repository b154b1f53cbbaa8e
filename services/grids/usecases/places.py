"""The operator's calendar, replaced whole."""

from services.fabric import entries as codec
from services.grids.domain.publication import Draft
from services.grids.models import OperatorDays
from services.grids.repository import places as repository
from services.grids.repository import publications
from services.grids.usecases.publishing import Change
from services.kit.db import Tx
from services.kit.http.etags import check_version

CALENDAR = "calendar"


async def replace_calendar(tx: Tx, told: OperatorDays, wanted: int | None) -> Change[OperatorDays]:
    version = await publications.section_version(tx, CALENDAR)
    check_version(wanted, version or 0)
    await repository.replace_days(tx, told)
    values = dict(codec.encode_calendar(told.days, told.complete_years))
    draft = Draft(values, frozenset({f"{CALENDAR}/"}))
    return Change(draft, (CALENDAR,), told, new_sections=() if version is not None else (CALENDAR,))
