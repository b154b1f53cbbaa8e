"""Who is called, whom each climbs to, and by when to report in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.fabric.calendar import WorkingCalendar
from services.fabric.model import Unit
from services.fabric.resolve import OUTLINES, ZONE
from services.fabric.snapshot import Fabric
from services.fabric.spans import Span
from services.fabric.whistle_rules import EscalateTo, WhistleKind

# Not authorities on the ground.
NOBODYS = frozenset({*OUTLINES, ZONE})


@dataclass(frozen=True, slots=True)
class Roster:
    """`absent`: rungs that the kind names and the unit has not; they are skipped and should be logged."""

    climbs_to: tuple[str, ...]
    absent: tuple[EscalateTo, ...]


def proposed(fabric: Fabric, units: Mapping[str, str], assists: Iterable[str], blower: str | None) -> list[str]:
    """Those whose grids hold the point (`units` by overlay), then the case's assists; each once, the blower never."""
    wanted = [*(unit for overlay, unit in units.items() if overlay not in NOBODYS), *assists]
    return [code for code in dict.fromkeys(wanted) if code != blower and fabric.unit(code) is not None]


def root_of(fabric: Fabric, code: str) -> str | None:
    """The district: the end of the unit's line, else the first root of the ladder's top level."""
    top = fabric.profile.ladder[-1].code
    line = list(fabric.above(code))
    if line and line[-1].level == top and line[-1].parent is None:
        return line[-1].code
    roots = sorted(unit.code for unit in fabric.units.values() if unit.level == top and unit.parent is None)
    return roots[0] if roots else None


def roster(fabric: Fabric, code: str, ladder: Sequence[EscalateTo]) -> Roster:
    """隶属, 业务指导, 区: in the kind's order, each once, never the unit itself."""
    unit = fabric.unit(code)
    found: list[str] = []
    absent: list[EscalateTo] = []
    for rung in ladder:
        target = _rung(fabric, unit, rung) if unit else None
        if target is None or target == code or fabric.unit(target) is None:
            absent.append(rung)
        elif target not in found:
            found.append(target)
    return Roster(tuple(found), tuple(absent))


def _rung(fabric: Fabric, unit: Unit, rung: EscalateTo) -> str | None:
    if rung == "district":
        return root_of(fabric, unit.code)
    return unit.parent if rung == "parent" else unit.guided_by


def report_in_by(
    kind: WhistleKind, start: datetime, calendar: WorkingCalendar, meet_at: datetime | None = None
) -> datetime:
    """When a whistle of this kind blown at `start` wants everybody there; nobody is missing before they are to meet."""
    by = _same_day(kind.accept, start, calendar) if kind.same_day else kind.report_in.due(start, calendar).at
    return by if meet_at is None else max(by, meet_at)


def _same_day(accept: Span | None, start: datetime, calendar: WorkingCalendar) -> datetime:
    """At closing of the working day on which the accept span ends; never at `start` itself."""
    accepted = accept.due(start, calendar).at if accept else calendar.add_working(start, 0).at
    closing = datetime.combine(accepted.astimezone(calendar.tz).date(), calendar.closes, tzinfo=calendar.tz)
    return closing if closing > start else _same_day(accept, start + timedelta(seconds=1), calendar)


def second_rule(kind: WhistleKind, given: timedelta | None) -> dict[str, Any]:
    """The span after the first deadline, as data to keep with the whistle: the kind's own second span, else the same
    again. `given`: the length of a deadline that the blower set."""
    if kind.second_span is not None:
        return {"span": kind.second_span.model_dump()}
    if given is not None:
        return {"seconds": given.total_seconds()}
    if kind.same_day:
        return {"same_day": True, "accept": kind.accept.model_dump() if kind.accept else None}
    return {"span": kind.report_in.model_dump()}


def second_by(rule: dict[str, Any], opened: datetime, calendar: WorkingCalendar) -> datetime:
    """The end of the second span when it opens at `opened`."""
    if "seconds" in rule:
        return opened + timedelta(seconds=rule["seconds"])
    if rule.get("same_day"):
        accept = Span.model_validate(rule["accept"]) if rule["accept"] else None
        return _same_day(accept, opened, calendar)
    return Span.model_validate(rule["span"]).due(opened, calendar).at
