"""What a list of units may say, judged as a whole together with those already known, at every moment from now on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from services.fabric.model import Unit
from services.fabric.profile import Profile
from services.fabric.units import UnitBook
from services.grids.domain.dating import overlapping, since, succeeded, until

Fault = tuple[str, str]
"""(JSON pointer into the list, sentence)."""
Editions = Mapping[str, tuple[Unit, ...]]

RELATIONS = {"parent": "隶属", "guided_by": "业务指导", "posted_to": "派驻"}
# What makes another unit of it. The rest (how it is reached, what else it is called) is corrected in place.
_SELF = ("name", "level", "parent", "overlay", "guided_by", "posted_to", "kind", "hours")


def alike(one: Unit, other: Unit) -> bool:
    return all(getattr(one, field) == getattr(other, field) for field in _SELF)


def after_list(
    known: Editions, told: Sequence[Unit], now: datetime, kept_for: timedelta
) -> dict[str, tuple[Unit, ...]]:
    """The units that the list names, with all their editions from now on."""
    rows: dict[str, list[Unit]] = defaultdict(list)
    for unit in told:
        rows[unit.code].append(unit)
    return {code: succeeded(known.get(code, ()), same, now, alike, kept_for) for code, same in rows.items()}


def judge_units(profile: Profile, known: Editions, told: Sequence[Unit], after: Editions, now: datetime) -> list[Fault]:
    """Every fault of every row: levels off the ladder, doubles, relations to units that nobody knows or that are not there
    at that time, circles. `after` as `after_list` made it."""
    whole = {**known, **after}
    faults: list[Fault] = []
    same: dict[str, list[Unit]] = defaultdict(list)
    for index, unit in enumerate(told):
        same[unit.code].append(unit)
        if len(same[unit.code]) > 1 and overlapping(same[unit.code]):
            faults.append((f"/{index}/code", f"单位 {unit.code} 在表里写了两次，请只留一行，或写明不相交的起止日期"))
        if profile.rank(unit.level) < 0:
            ladder = "、".join(code for level in profile.ladder for code in (level.code, *level.also))
            faults.append((f"/{index}/level", f"没有 {unit.level} 这个层级，请从 {ladder} 里选"))
        for field, said in RELATIONS.items():
            other = getattr(unit, field)
            if other is not None and other not in whole:
                faults.append((f"/{index}/{field}", f"{said}单位 {other} 不存在，请先导入它，或放在同一张表里"))
    rows = _rows(told)
    book = UnitBook(whole)
    for moment in moments(whole, now):
        there = book.at(moment).in_force
        faults += _loose(whole, there, rows, moment)
        faults += _circles(there, rows)
    return list(dict.fromkeys(faults))


def loose(whole: Editions, now: datetime) -> Iterator[tuple[Unit, str, str, datetime]]:
    """(unit, relation, the unit that is not there, since when) at each moment from now on."""
    book = UnitBook(whole)
    for moment in moments(whole, now):
        there = book.at(moment).in_force
        yield from ((unit, field, other, moment) for unit, field, other in _missing(whole, there))


def moments(whole: Editions, now: datetime) -> list[datetime]:
    """Now, and every later one at which a unit begins or ends."""
    later = {m for same in whole.values() for one in same for m in (one.valid_from, one.valid_to) if m and m > now}
    return [now, *sorted(later)]


def _missing(whole: Editions, there: Mapping[str, Unit]) -> Iterator[tuple[Unit, str, str]]:
    for unit in there.values():
        for field in RELATIONS:
            other = getattr(unit, field)
            if other is not None and other not in there and other in whole:
                yield unit, field, other


Rows = Mapping[str, Sequence[tuple[int, Unit]]]


def _rows(told: Sequence[Unit]) -> Rows:
    rows: dict[str, list[tuple[int, Unit]]] = defaultdict(list)
    for index, unit in enumerate(told):
        rows[unit.code].append((index, unit))
    return rows


def _loose(whole: Editions, there: Mapping[str, Unit], rows: Rows, moment: datetime) -> list[Fault]:
    """The row that names a unit which is not there is at fault, else the row that ends the unit others name."""
    faults: list[Fault] = []
    for unit, field, other in _missing(whole, there):
        if unit.code in rows:
            index = _row_at(rows[unit.code], moment)
            faults.append((f"/{index}/{field}", f"{RELATIONS[field]}单位 {other} 那时不在，请核对起止日期"))
        elif other in rows:
            index = rows[other][-1][0]
            faults.append((f"/{index}/valid_to", f"{unit.name}（{unit.code}）还{RELATIONS[field]}于它，请先改正"))
    return faults


def _row_at(rows: Sequence[tuple[int, Unit]], moment: datetime) -> int:
    return next((index for index, unit in rows if since(unit) <= moment < until(unit)), rows[-1][0])


def _circles(there: Mapping[str, Unit], rows: Rows) -> list[Fault]:
    sound: set[str] = set()
    faults: list[Fault] = []
    for start, same in rows.items():
        way: dict[str, None] = {}
        code: str | None = start
        while code is not None and code in there and code not in sound and code not in way:
            way[code] = None
            code = there[code].parent
        if code is not None and code in way:
            steps = list(way)
            circle = " → ".join([*steps[steps.index(code) :], code])
            faults.append((f"/{same[-1][0]}/parent", f"隶属关系绕成了圈（{circle}），请改正"))
        else:
            sound.update(way)
    return faults
