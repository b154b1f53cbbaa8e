"""What an inventory of components says, row by row: kinds and states by code or name, owners that are units."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.fabric.component_kinds import Kinds, kind_of_code
from services.fabric.components import DIGITS, STATES, Component
from services.fabric.model import Unit
from services.grids.domain.registering import Fault


@dataclass(frozen=True, slots=True)
class Told:
    """A row as it came, its position in WGS-84 already. `kind`, `owner`, `state`: a code or what people call it; without a
    kind the national code says it."""

    code: str
    lon: float
    lat: float
    kind: str | None = None
    owner: str | None = None
    state: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """`good` by the place of their rows. `unknown`: names of owners that are no units → how many rows name them; refused in
    `faults`, or left out where that was wished."""

    good: Mapping[int, Component]
    faults: Sequence[Fault]
    unknown: Mapping[str, int]


class Owners:
    """Units by code, and by name or alias where only one is called so."""

    def __init__(self, units: Iterable[Unit]) -> None:
        known = list(units)
        self._codes = {unit.code for unit in known}
        named = Counter(name for unit in known for name in {unit.name, *unit.aliases})
        self._by_name = {name: unit.code for unit in known for name in (unit.name, *unit.aliases) if named[name] == 1}

    def read(self, written: str) -> str | None:
        return written if written in self._codes else self._by_name.get(written)


_STATES = {**{code: code for code in STATES}, **{name: code for code, name in STATES.items()}}


def read_rows(kinds: Kinds, owners: Owners, rows: Mapping[int, Told], lenient: bool) -> Read:
    """`lenient`: an owner that nobody knows is left out instead of refused."""
    good: dict[int, Component] = {}
    faults: list[Fault] = []
    unknown: Counter[str] = Counter()
    first: dict[str, int] = {}
    for place, told in rows.items():
        before = len(faults)
        if first.setdefault(told.code, place) != place:
            faults.append((f"/{place}/code", f"部件 {told.code} 在表里写了两次，请只留一行"))
        kind = kinds.read(told.kind) if told.kind else kind_of_code(told.code)
        if kind is None:
            said = f"不认识部件类别“{told.kind}”" if told.kind else "没有写部件类别，编码也看不出来"
            faults.append((f"/{place}/kind", f"{said}，请按 GB/T 30428.2 的名称填写，或在城市方案里加上"))
        state = _STATES.get(told.state or STATES["ok"])
        if state is None:
            faults.append((f"/{place}/state", f"不认识部件状态“{told.state}”，请从 {'、'.join(STATES.values())} 里选"))
        owner = owners.read(told.owner) if told.owner else None
        if told.owner and owner is None:
            unknown[told.owner] += 1
            if not lenient:
                faults.append((f"/{place}/owner", f"权属单位“{told.owner}”不在单位表里，请先导入它，或改成已有的单位"))
        if len(faults) == before and kind is not None and state is not None:
            good[place] = Component(
                told.code,
                kind,
                round(told.lon, DIGITS),
                round(told.lat, DIGITS),
                owner,
                state,
                told.valid_from,
                told.valid_to,
            )
    return Read(good, faults, dict(sorted(unknown.items())))
