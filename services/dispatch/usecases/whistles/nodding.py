"""街道同意: a whistle that waited begins, or is over."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.domain.lifecycle import FINAL
from services.dispatch.domain.whistle import calling, nods
from services.dispatch.domain.whistle.model import Outcome, Whistle
from services.dispatch.models import Case
from services.dispatch.usecases.whistles import refusals
from services.dispatch.usecases.whistles.starting import climbs_to
from services.fabric.snapshot import Fabric


def approved(fabric: Fabric, whistle: Whistle, case: Case | None, by: str, now: datetime, note: str) -> Outcome:
    """CaseIsOver when there is nothing left to come for, NotAllowedNow when one of the called is no more."""
    if case is not None and case.state in FINAL:
        raise refusals.case_over(case.state)
    gone = [call.unit for call in whistle.calls if fabric.unit(call.unit) is None]
    if gone:
        raise refusals.gone(fabric, whistle, gone)
    calls = tuple(replace(call, climbs_to=climbs_to(fabric, call.unit, whistle.ladder)) for call in whistle.calls)
    return nods.given(replace(whistle, calls=calls), by, now, _due(fabric, whistle, now), note)


def _due(fabric: Fabric, whistle: Whistle, now: datetime) -> datetime:
    """The kind's span from now on. A moment that the blower named stays as long as it is to come; else as long from now."""
    kind = fabric.profile.whistle_kind(whistle.kind)
    own = whistle.nod is not None and whistle.nod.own
    if kind is not None and not own:
        return calling.report_in_by(kind, now, fabric.calendar, whistle.meet.at)
    if whistle.report_in_by > now:
        return whistle.report_in_by
    return now + (whistle.report_in_by - whistle.blown_at)
