"""值班: whom to call for a unit at a moment, and whom after that, over rosters, hours and what a unit belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Literal

from services.fabric.calendar import SHANGHAI, WorkingCalendar
from services.fabric.model import Unit
from services.fabric.roster import edition_at, watch

if TYPE_CHECKING:
    from services.fabric.snapshot import Fabric

Source = Literal["roster", "hours", "parent"]
DESK = "operation"


@dataclass(frozen=True, slots=True)
class Post:
    """Somebody to call: a `person` of a `unit`, or the unit itself where no roster names anybody. `until` None: without
    end that is known."""

    unit: str
    person: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OnDuty:
    """`first` is None only where nobody at all is on duty and there is no duty desk. `source`: the unit's own roster, its
    own hours, or whoever is above it."""

    unit: str
    at: datetime
    first: Post | None
    then: tuple[Post, ...]
    source: Source


def on_duty(fabric: "Fabric", code: str, at: datetime) -> OnDuty | None:
    """None for a unit that is not in force at that moment. `then` goes through the others of the shift, the nearest unit
    above where somebody is on duty, and ends with the duty desk."""
    view = fabric.as_of(at)
    unit = view.unit(code)
    if unit is None:
        return None
    own, source = _posts(view, unit, at)
    above = next((posts for higher in view.above(code) if (posts := _posts(view, higher, at)[0])), [])
    desk = _desk(view, code)
    last = (_posts(view, desk, at)[0] or [Post(desk.code)])[:1] if desk is not None else []
    line = _once([*own, *above, *last])
    return OnDuty(code, at, line[0] if line else None, tuple(line[1:]), source if own else "parent")


def open_until(unit: Unit, at: datetime, calendar: WorkingCalendar) -> tuple[bool, datetime | None]:
    """Whether the unit's own hours say that it is open, and until when; None is without end."""
    if unit.hours == "24x7":
        return True, None
    opens, closes = calendar.opens, calendar.closes
    if unit.hours not in (None, "working"):
        opens, closes = (time.fromisoformat(told) for told in str(unit.hours).split("-"))
    wall = at.astimezone(SHANGHAI)
    if not calendar.is_working_day(wall.date()) or not opens <= wall.time() < closes:
        return False, None
    return True, datetime.combine(wall.date(), closes, SHANGHAI)


def _posts(fabric: "Fabric", unit: Unit, at: datetime) -> tuple[list[Post], Source]:
    """In a gap of its roster a unit answers by its hours, as one without a roster does."""
    roster = edition_at(fabric.rosters.get(unit.code, ()), at)
    found = watch(roster, at, fabric.calendar) if roster is not None else None
    if found is not None:
        return [Post(unit.code, person, found.until) for person in found.people], "roster"
    is_open, until = open_until(unit, at, fabric.calendar)
    return ([Post(unit.code, None, until)] if is_open else []), "hours"


def _desk(fabric: "Fabric", code: str) -> Unit | None:
    """值守台: the operation centre that is nearest above the unit, else the first there is."""
    desks = fabric.units_of(DESK)
    for higher in (code, *(unit.code for unit in fabric.above(code))):
        near = next((desk for desk in desks if higher in (desk.code, desk.parent, desk.posted_to)), None)
        if near is not None:
            return near
    return desks[0] if desks else None


def _once(posts: Iterable[Post]) -> list[Post]:
    """Nobody is called twice."""
    line: dict[tuple[str, str | None], Post] = {}
    for post in posts:
        line.setdefault((post.unit, post.person), post)
    return list(line.values())
