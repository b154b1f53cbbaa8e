"""What a list of people may say, and what of a person is nobody's business."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.fabric.model import Unit
from services.fabric.people import TEAMS, Person
from services.grids.domain.dating import overlapping, until
from services.grids.domain.registering import Fault

# The three that teams are drawn by; whatever else somebody can do is kept as it is written.
SKILLS = {"公安": "police", "警务": "police", "消防": "fire", "医疗": "medical", "急救": "medical"}
_ALL = frozenset({"admin", "supervisor", "duty_desk"})
_OUTSIDE = frozenset({"source", "auditor"})


@dataclass(frozen=True, slots=True)
class Card:
    """What is sealed wherever it rests or travels."""

    name: str
    channels: Mapping[str, Any]
    languages: tuple[str, ...] = ()
    party_member: bool | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def card_of(told: Mapping[str, Any]) -> Card:
    return Card(told["name"], told["channels"], tuple(told["languages"]), told["party_member"])


@dataclass(frozen=True, slots=True)
class Staff:
    """`person.sealed` is not part of what is told: it is made of the card."""

    person: Person
    card: Card


def skill_code(told: str) -> str:
    return SKILLS.get(told, told)


def sees_card(role: str, own: Collection[str], unit: str) -> bool:
    """`own`: the caller's unit and those below it."""
    return role in _ALL or (role not in _OUTSIDE and unit in own)


def judge_people(
    told: Sequence[Staff], units: Mapping[str, tuple[Unit, ...]], grids: Collection[tuple[str, str]], now: datetime
) -> list[Fault]:
    """`grids`: (overlay, code) of those named that there are."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for index, staff in enumerate(told):
        person = staff.person
        if person.code in seen:
            faults.append((f"/{index}/code", f"{person.code} 在表里写了两次，请只留一行"))
        seen.add(person.code)
        for field, code in (("unit", person.unit), ("team", person.team)):
            if code is None:
                continue
            last = units.get(code, ())[-1:]
            if not last or until(last[0]) <= now:
                faults.append((f"/{index}/{field}", f"单位 {code} 不存在或已停用，请先导入它"))
            elif field == "team" and last[0].kind not in TEAMS:
                faults.append((f"/{index}/team", f"{last[0].name} 不是志愿队，请写 kind 为 volunteer_team 的单位"))
        faults += _postings(index, person, grids)
    return faults


def _postings(index: int, person: Person, grids: Collection[tuple[str, str]]) -> list[Fault]:
    faults: list[Fault] = []
    same: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, posting in enumerate(person.postings):
        at = f"/{index}/postings/{place}"
        if (posting.overlay, posting.grid) not in grids:
            faults.append((f"{at}/grid", f"图层 {posting.overlay} 里没有网格 {posting.grid}，请核对编码"))
        key = (posting.overlay, posting.grid, posting.role)
        same[key].append(place)
        if len(same[key]) > 1 and overlapping(person.postings[n] for n in same[key]):
            faults.append((f"{at}/valid_from", f"{posting.grid} 的{posting.role}和另一段起止日期重叠，请改正"))
    return faults
