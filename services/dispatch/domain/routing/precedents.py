"""判例: what was ruled of like matters before, and what the table should learn of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from operator import itemgetter
from typing import Any

from services.dispatch.domain.routing import targets
from services.dispatch.domain.routing.directory import PROPERTY, Directory
from services.dispatch.domain.routing.site import Site
from services.fabric.calendar import SHANGHAI
from services.fabric.snapshot import Fabric

SAME_WAY = 3
"""So many rulings of like matters one after the other to the same effect propose a change of the table."""
KEPT = 5000
_MOST = 3


@dataclass(frozen=True, slots=True)
class Precedent:
    """`target` is what a row would name to the same effect: whoever's grid, role or unit it is."""

    id: int
    case_id: str
    at: datetime
    concern: str
    sub_concern: str | None
    zone: str | None
    grids: Mapping[str, str]
    previous: str | None
    lead: str
    target: str
    ground: str
    by_unit: str | None

    @property
    def matter(self) -> str:
        return self.sub_concern or self.concern

    @property
    def name(self) -> str:
        return f"precedent-{self.id}"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "case_id": self.case_id,
            "at": self.at.isoformat(),
            "concern": self.concern,
            "sub_concern": self.sub_concern,
            "zone": self.zone,
            "grids": dict(self.grids),
            "previous": self.previous,
            "lead": self.lead,
            "target": self.target,
            "ground": self.ground,
            "by_unit": self.by_unit,
        }


class Precedents:
    """Immutable; the newest first."""

    def __init__(self, known: Iterable[Precedent]) -> None:
        self.known = tuple(sorted(known, key=lambda one: one.id, reverse=True))
        self.newest = self.known[0].id if self.known else 0
        self._of: dict[str, list[tuple[Precedent, frozenset[tuple[str, str]]]]] = {}
        for one in self.known:
            self._of.setdefault(one.matter, []).append((one, frozenset(one.grids.items())))

    def like(self, matter: str, site: Site, but: str = "") -> list[Precedent]:
        """At most three, to different effect: of the same kind of trouble in the same zone, from the nearest ground, then
        the newest. `but`: a case whose own ruling is none of them."""
        here, zones = frozenset(site.grids.items()), (None, site.zone)
        same = [
            (len(ground & here), one)
            for one, ground in self._of.get(matter, ())
            if one.case_id != but and (site.zone is None or one.zone in zones)
        ]
        same.sort(key=itemgetter(0), reverse=True)
        return list({one.target: one for _, one in reversed(same)}.values())[::-1][:_MOST]

    def runs(self) -> Iterator[list[Precedent]]:
        """The newest rulings on a kind of trouble in a zone, as far as they are to the same effect, where they are enough
        to propose a change; the newest first."""
        held: dict[tuple[str, str | None], list[Precedent]] = {}
        for one in self.known:
            held.setdefault((one.matter, one.zone), []).append(one)
        for rulings in held.values():
            same = [*takewhile(_to_the_effect_of(rulings[0]), rulings)]
            if len(same) >= SAME_WAY:
                yield same


def _to_the_effect_of(newest: Precedent) -> Callable[[Precedent], bool]:
    return lambda one: one.target == newest.target


NO_PRECEDENTS = Precedents(())


def effect(directory: Directory, site: Site, precedent: Precedent) -> str:
    """Who would lead here by it."""
    return targets.find(directory, site, precedent.target) or precedent.lead


def said(fabric: Fabric, precedent: Precedent, lead: str) -> str:
    day = precedent.at.astimezone(SHANGHAI)
    return (
        f"判例：{day:%Y-%m-%d} 同类事项（案件 {precedent.case_id}）裁定由{fabric.unit_name(precedent.lead)}主办，"
        f"照此由{fabric.unit_name(lead)}主办；依据：{precedent.ground}。"
    )


def target_of(directory: Directory, lead: str, grids: Mapping[str, str], at: datetime) -> str:
    """What a row would have to name for a ruling's lead: whoever's grid it is, else its role, else the unit itself."""
    fabric = directory.fabric
    for overlay in sorted(grids):
        edition = fabric.grid(overlay, grids[overlay], at)
        if edition is not None and edition.unit == lead:
            return f"grid:{overlay}"
    if directory.kind(lead) == PROPERTY:
        return "estate:property"
    role = next((role for role in sorted(directory.roles_of(lead)) if directory.of_role(role) == (lead,)), None)
    return f"role:{role}" if role else f"unit:{lead}"


def row_of(fabric: Fabric, rulings: Sequence[Precedent], priority: int, taken: frozenset[str]) -> dict[str, Any]:
    """A row that would have decided as was ruled, ready to be adopted. `priority`: before that of the row that decides
    now; `taken`: ids that stand in the table."""
    newest = rulings[0]
    base = f"{newest.matter}.ruled" + (f".{newest.zone}" if newest.zone else "")
    row_id = next(one for n in range(len(taken) + 1) if (one := base if n == 0 else f"{base}.{n}") not in taken)
    leaf = fabric.profile.sub(newest.matter)
    when: dict[str, Any] = {"sub" if leaf else "concern": [newest.matter]}
    if newest.zone:
        when["zone"] = [newest.zone]
    return {
        "id": row_id,
        "priority": priority,
        "title": f"裁定 {len(rulings)} 次同向：{fabric.profile.concern_name(newest.matter)}归{targets.named(fabric, newest.target)}",
        "when": when,
        "lead": [newest.target],
        "ground": "；".join(dict.fromkeys(one.ground for one in rulings))[:400] + f"（判例 {len(rulings)} 件）",
    }
