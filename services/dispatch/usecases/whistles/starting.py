"""A whistle as it begins: ladder, deadlines and roster are kept as they are at this moment."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from services.dispatch.domain.actors import Actor
from services.dispatch.domain.whistle import calling
from services.dispatch.domain.whistle.model import Call, Happening, Meet, Outcome, Whistle
from services.dispatch.models import Case
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric.snapshot import Fabric
from services.fabric.whistle_rules import EscalateTo, WhistleKind
from services.kit.contracts.payload import Place
from services.kit.ids import new_id

log = structlog.get_logger()
DEADLINE, SECOND = "whistle.deadline", "whistle.second"


def blown(
    telling: Telling,
    kind: WhistleKind,
    units: Sequence[str],
    *,
    place: Place,
    meet: Meet,
    need: str,
    case: Case | None,
    unit: str | None,
    actor: Actor,
    due: datetime | None = None,
    whistle_id: str | None = None,
) -> Whistle:
    """The whistle with its ladder, deadlines and roster as of now, told, its deadline set. `due` None: as the kind has
    it."""
    fabric, now = telling.fabric, telling.now
    by = due or calling.report_in_by(kind, now, fabric.calendar)
    whistle = Whistle(
        whistle_id=whistle_id or new_id("wh"),
        case_id=case.case_id if case else None,
        kind=kind.code,
        kind_name=kind.name,
        need=need,
        place=place,
        meet=meet,
        blown_by=actor.title,
        blown_unit=unit,
        blown_at=now,
        report_in_by=by,
        ladder=kind.escalates,
        second=calling.second_rule(kind, due - now if due else None),
        calls=tuple(Call(code, climbs_to(fabric, code, kind.escalates), by) for code in units),
        version=0,
    )
    told = telling.add(Outcome(whistle, (Happening("whistle.blown"),)), actor)
    telling.remind(DEADLINE, told, by)
    return told


def climbs_to(fabric: Fabric, unit: str, ladder: Sequence[EscalateTo]) -> tuple[str, ...]:
    found = calling.roster(fabric, unit, ladder)
    if found.absent:
        log.info("whistle.rung_absent", unit=unit, absent=list(found.absent))
    return found.climbs_to
