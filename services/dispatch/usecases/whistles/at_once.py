"""A whistle that the routing table blows as it dispatches: for cases that can't wait until somebody does."""

from collections.abc import Iterable

import structlog

from services.dispatch.domain import climbing
from services.dispatch.domain.actors import SYSTEM
from services.dispatch.domain.whistle import catalogue
from services.dispatch.domain.whistle.model import Meet
from services.dispatch.models import Case
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.whistles.starting import Start, blown
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric.snapshot import Fabric

log = structlog.get_logger()


def at_once(fabric: Fabric, record: Record, opened: Iterable[Case]) -> Telling:
    """For the cases just opened and dispatched in `record` whose decision names a kind: lead and assists are called to
    the place. `store` what comes back before the record is written. A case without a position or whose matter is its
    lead's alone gets none."""
    telling = Telling(fabric, record, opened)
    for case in list(telling.cases.values()):
        kind = fabric.profile.whistle_kind(case.decision.whistle) if case.decision.whistle else None
        if case.decision.whistle is None:
            continue
        place = case.place
        blower = climbing.dispatcher(fabric, climbing.concerned(fabric, case, telling.now))
        units = [unit for unit in dict.fromkeys((case.lead, *case.assists)) if unit is not None and unit != blower]
        if kind is None or case.confidential or place.lon is None or place.lat is None or not units:
            log.warning("whistle.not_at_once", case_id=case.case_id, kind=case.decision.whistle)
            continue
        meet = Meet(place.lon, place.lat, place.address)
        fits = catalogue.fitting(fabric.profile, case.matter, case.title, kind.code)
        start = Start(kind, units, place, meet, case.title, blower, matter=fits[0] if fits else None)
        blown(telling, start, case=case, actor=SYSTEM)
    return telling
