"""Whom an emergency pages, round after round: at once and again, one more of those on duty each time."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.dispatch.domain.whistle.model import Call, Happening, Outcome, Page, Paging, Whistle
from services.fabric.people import TEAMS, Person
from services.fabric.snapshot import Fabric

_WAITING = ("open", "partly_met")


def goes_on(whistle: Whistle) -> bool:
    """Until everybody is there, it is called off, or those above have missed it too."""
    if whistle.paging is None or whistle.waiting or whistle.state not in _WAITING:
        return False
    return whistle.level == 0 or whistle.second_by is not None


def again_at(paging: Paging, now: datetime) -> datetime:
    return now + timedelta(seconds=paging.seconds)


def next_round(fabric: Fabric, whistle: Whistle, now: datetime) -> Outcome:
    """The next round told; nothing happened where everybody has answered. Volunteers around are paged until anybody has."""
    paging = whistle.paging
    if paging is None or not goes_on(whistle):
        return Outcome(whistle)
    number = paging.rounds + 1
    pages = [page for call in whistle.calls if _silent(call) for page in _of(fabric, call.unit, now, number, paging)]
    if not any(call.answered_at or call.came for call in whistle.calls):
        pages += [page for team in paging.volunteers for page in _team(fabric, team, paging.skills)]
    if not pages:
        return Outcome(whistle)
    after = replace(whistle, paging=replace(paging, rounds=number))
    told = {"pages": tuple(dict.fromkeys(pages)), "round": number}
    return Outcome(after, (Happening("whistle.paged", detail=told),))


def _silent(call: Call) -> bool:
    return call.owed and call.answered_at is None


def _of(fabric: Fabric, unit: str, at: datetime, number: int, paging: Paging) -> Iterable[Page]:
    """As many of those on duty, and of those who follow, as this is the number of the round."""
    known = fabric.unit(unit)
    if known is not None and known.kind in TEAMS:
        return _team(fabric, unit, paging.skills)
    duty = fabric.on_duty(unit, at)
    if duty is None or duty.first is None:
        return [Page(unit, unit)]
    return [Page(unit, post.unit, post.person) for post in (duty.first, *duty.then)[:number]]


def _team(fabric: Fabric, team: str, skills: Sequence[str]) -> list[Page]:
    """Its people, those with a fitting skill where there are any; the team itself where nobody is known by name."""
    people = sorted(members(fabric, team), key=lambda person: person.code)
    fitting = [person for person in people if not set(skills).isdisjoint(person.skills)]
    return [Page(team, team, person.code) for person in fitting or people] or [Page(team, team)]


def members(fabric: Fabric, team: str) -> list[Person]:
    return [person for person in fabric.people.values() if team in (person.team, person.unit)]


def teams_around(fabric: Fabric, units: Iterable[str | None], skills: Sequence[str]) -> list[str]:
    """Volunteer teams of the `units` whose grids hold the place, in order of code; where some have people with one of the
    skills, only those."""
    here = {code for code in units if code is not None}
    teams = [
        unit.code
        for _, unit in sorted(fabric.units.items())
        if unit.kind in TEAMS and not here.isdisjoint({unit.code, unit.parent, unit.posted_to})
    ]
    wanted = set(skills)
    fitting = [team for team in teams if any(wanted & set(person.skills) for person in members(fabric, team))]
    return fitting or teams
