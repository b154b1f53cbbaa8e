"""What a list of units may say, judged as a whole together with those already known."""

from collections.abc import Mapping, Sequence

from services.fabric.model import Unit
from services.fabric.profile import Profile

Fault = tuple[str, str]
"""(JSON pointer into the list, sentence)."""

RELATIONS = {"parent": "隶属", "guided_by": "业务指导", "posted_to": "派驻"}


def judge_units(profile: Profile, known: Mapping[str, Unit], told: Sequence[Unit]) -> list[Fault]:
    """Every fault of every row: levels off the ladder, doubles, relations to units that nobody knows, circles."""
    after = {**known, **{unit.code: unit for unit in told}}
    faults: list[Fault] = []
    seen: set[str] = set()
    for index, unit in enumerate(told):
        if unit.code in seen:
            faults.append((f"/{index}/code", f"单位 {unit.code} 在表里写了两次，请只留一行"))
        seen.add(unit.code)
        if profile.rank(unit.level) < 0:
            ladder = "、".join(level.code for level in profile.ladder)
            faults.append((f"/{index}/level", f"没有 {unit.level} 这个层级，请从 {ladder} 里选"))
        for field, said in RELATIONS.items():
            other = getattr(unit, field)
            if other is not None and other not in after:
                faults.append((f"/{index}/{field}", f"{said}单位 {other} 不存在，请先导入它，或放在同一张表里"))
    faults += _circles(after, told)
    return faults


def _circles(after: Mapping[str, Unit], told: Sequence[Unit]) -> list[Fault]:
    sound: set[str] = set()
    faults: list[Fault] = []
    for index, unit in enumerate(told):
        way: dict[str, None] = {}
        code: str | None = unit.code
        while code is not None and code in after and code not in sound and code not in way:
            way[code] = None
            code = after[code].parent
        if code is not None and code in way:
            steps = list(way)
            circle = " → ".join([*steps[steps.index(code) :], code])
            faults.append((f"/{index}/parent", f"隶属关系绕成了圈（{circle}），请改正"))
        else:
            sound.update(way)
    return faults
