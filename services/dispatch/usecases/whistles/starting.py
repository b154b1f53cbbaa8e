"""A whistle as it begins: ladder, deadlines and roster are kept as they are at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.dispatch.domain import climbing
from services.dispatch.domain.actors import Actor
from services.dispatch.domain.whistle import calling, paging
from services.dispatch.domain.whistle.model import Call, Happening, Meet, Nod, Outcome, Paging, Whistle
from services.dispatch.models import Case
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric
from services.fabric.whistle_rules import EscalateTo, WhistleKind, WhistleMatter
from services.kit.contracts.payload import Place
from services.kit.ids import new_id

log = structlog.get_logger()
DEADLINE, SECOND, PAGE, NOD = "whistle.deadline", "whistle.second", "whistle.page", "whistle.nod"


@dataclass(frozen=True, slots=True)
class Start:
    """What a whistle is blown with. `unit`: whose it is; `due` None: as the kind has it; `matter`: the row of the
    catalogue that justifies it; `ground` empty: the row's or the kind's; `waits`: for the street's nod."""

    kind: WhistleKind
    units: Sequence[str]
    place: Place
    meet: Meet
    need: str
    unit: str | None
    due: datetime | None = None
    matter: WhistleMatter | None = None
    ground: str = ""
    skills: tuple[str, ...] = ()
    waits: bool = False


def blown(telling: Telling, start: Start, *, case: Case | None, actor: Actor, whistle_id: str | None = None) -> Whistle:
    """The whistle with its ladder, deadlines and roster as of now, told. It begins at once unless it waits."""
    fabric, now, kind = telling.fabric, telling.now, start.kind
    by = start.due or calling.report_in_by(kind, now, fabric.calendar, start.meet.at)
    matter = start.matter
    whistle = Whistle(
        whistle_id=whistle_id or new_id("wh"),
        case_id=case.case_id if case else None,
        kind=kind.code,
        kind_name=kind.name,
        need=start.need,
        place=start.place,
        meet=start.meet,
        blown_by=actor.title,
        blown_unit=start.unit,
        blown_at=now,
        report_in_by=by,
        ladder=kind.escalates,
        second=calling.second_rule(kind, start.due - now if start.due else None),
        calls=tuple(Call(code, climbs_to(fabric, code, kind.escalates), by) for code in start.units),
        version=0,
        matter=matter.key if matter else None,
        ground=start.ground or (matter.ground if matter else kind.ground),
        nod=Nod("waiting", own=start.due is not None) if start.waits else None,
        paging=_paging(fabric, start, now) if kind.pages_all else None,
    )
    told_to = climbing.dispatcher(fabric, [start.unit] if start.unit else ()) if start.waits else None
    told = telling.add(Outcome(whistle, (Happening("whistle.blown", told_to),)), actor)
    if not start.waits:
        return begun(telling, told)
    ask_again(telling, told)
    return told


def ask_again(telling: Telling, whistle: Whistle) -> None:
    """Sets the reminders of a whistle that waits for the street's nod, counted from when it was blown; those that it has had
    are not set again."""
    had = whistle.nod.reminded if whistle.nod else 0
    for place, reminder in enumerate(telling.fabric.profile.whistle.nod_reminders):
        if place >= had:
            at = reminder.after.due(whistle.blown_at, telling.fabric.calendar).at
            telling.remind(NOD, whistle, at, place=place, to=reminder.to)


def begun(telling: Telling, whistle: Whistle) -> Whistle:
    """Its deadline runs, and whom it pages is paged for the first time."""
    telling.remind(DEADLINE, whistle, whistle.report_in_by)
    return paged(telling, whistle)


def paged(telling: Telling, whistle: Whistle) -> Whistle:
    """One round further, the next one set; a whistle that pages nobody is left as it is."""
    if whistle.paging is None or not paging.goes_on(whistle):
        return whistle
    told = telling.add(paging.next_round(telling.fabric, whistle, telling.now))
    held = told.paging or whistle.paging
    telling.remind(PAGE, told, paging.again_at(held, telling.now), round=held.rounds + 1)
    return told


def climbs_to(fabric: Fabric, unit: str, ladder: Sequence[EscalateTo]) -> tuple[str, ...]:
    found = calling.roster(fabric, unit, ladder)
    if found.absent:
        log.info("whistle.rung_absent", unit=unit, absent=list(found.absent))
    return found.climbs_to


def _paging(fabric: Fabric, start: Start, now: datetime) -> Paging:
    here = resolve(fabric, start.meet.lon, start.meet.lat, now)
    skills = start.skills or (start.matter.skills if start.matter else ())
    around = paging.teams_around(fabric, (hit.unit for hit in here.overlays.values()), skills)
    every = (start.kind.page_every.due(now, fabric.calendar).at - now) / timedelta(seconds=1)
    return Paging(every, volunteers=tuple(team for team in around if team not in start.units), skills=skills)
