"""职责清单: for each kind of trouble, zone and owner who undertakes it, who supervises, who enforces, by which article."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field

from services.dispatch.domain.routing import cells, targets
from services.dispatch.domain.routing.columns import Column
from services.dispatch.domain.routing.directory import Directory
from services.dispatch.domain.routing.files import BadSheet, entries
from services.dispatch.domain.routing.row import Code, Sentence, Target
from services.dispatch.domain.routing.sheet import Layout, read_sheets
from services.dispatch.domain.routing.site import Site
from services.dispatch.domain.routing.table import BadTable
from services.fabric.taxonomy import Part
from services.kit.files.bad import BadFile

SHIPPED = Path(str(files("services.dispatch") / "duties"))
SHIPPED_VERSION = 1
MOST = 5000
# What an entry says of whom, in the order in which it is read out.
PARTS: Mapping[str, str] = {"undertakes": "承办", "supervises": "监管", "enforces": "执法"}


class Duty(Part):
    """`matter` is a sub-concern, or a concern for all of its subs; an empty `zone` or `owner` (the role of the owner) holds
    for every one. Of several units in a part the first that exists at the place is meant."""

    matter: Code
    zone: Code | None = None
    owner: Code | None = None
    undertakes: tuple[Target, ...] = Field(min_length=1, max_length=20)
    supervises: tuple[Target, ...] = Field(default=(), max_length=20)
    enforces: tuple[Target, ...] = Field(default=(), max_length=20)
    article: Sentence = ""
    note: Sentence = ""

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        return self.matter, self.zone, self.owner

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)


def _targets(title: str, path: str, hint: str) -> Column:
    return Column(title, path, cells.list_in, cells.list_out, hint)


LAYOUT = Layout(
    "duties",
    "职责清单",
    (
        Column("事项或子项", "matter", cells.text_in, cells.text_out, "编码"),
        Column("三区", "zone", cells.text_in, cells.text_out, "社区、街区、楼宇园区；空着都算"),
        Column("权属", "owner", cells.text_in, cells.text_out, "权属角色编码；空着都算"),
        _targets("承办", "undertakes", "按次序取这里第一个找得到的，如 grid:duty、role:duty"),
        _targets("监管", "supervises", "同上"),
        _targets("执法", "enforces", "同上"),
        Column("法律条款", "article", cells.text_in, cells.text_out, "写到条"),
        Column("说明", "note", cells.text_in, cells.text_out, ""),
    ),
)


class DutyList:
    """Immutable; `version` 0 for none at all."""

    def __init__(self, version: int, duties: Iterable[Duty], note: str = "") -> None:
        self.version = version
        self.duties = tuple(duties)
        self.note = note
        self._of: dict[str, list[Duty]] = {}
        for duty in sorted(self.duties, key=lambda duty: (duty.owner is None, duty.zone is None)):
            self._of.setdefault(duty.matter, []).append(duty)

    def __len__(self) -> int:
        return len(self.duties)

    def find(self, concern: str, sub: str | None, zone: str | None, owners: Collection[str]) -> Duty | None:
        """The one that says most: for the sub before the concern, for the owner before the zone before all."""
        for matter in (sub, concern):
            for duty in self._of.get(matter or "", ()):
                if duty.zone in (None, zone) and (duty.owner is None or duty.owner in owners):
                    return duty
        return None

    def as_json(self) -> dict[str, Any]:
        return {"version": self.version, "duties": [duty.as_json() for duty in self.duties]}


NO_DUTIES = DutyList(0, ())


def said(directory: Directory, site: Site, duty: Duty, version: int) -> str:
    """As it is printed on the dispatch: units by name where they are found at the place."""
    parts = [
        f"{title}{named}"
        for name, title in PARTS.items()
        if (named := _unit(directory, site, getattr(duty, name))) is not None
    ]
    article = [f"依据{duty.article}"] if duty.article else []
    return f"职责清单第 {version} 版：" + "，".join([*parts, *article])


def _unit(directory: Directory, site: Site, wanted: Sequence[str]) -> str | None:
    if not wanted:
        return None
    found = targets.first(directory, site, wanted)
    return directory.fabric.unit_name(found[1]) if found else targets.named(directory.fabric, wanted[0])


def read_duties(content: bytes, names: Mapping[str, Mapping[str, str]] | None = None) -> list[Duty]:
    """XLSX or CSV. Raises BadTable, BadSheet with every bad cell."""
    try:
        read = read_sheets(content, names, (LAYOUT,))
    except BadFile as bad:
        raise BadTable([str(bad)]) from None
    faults = list(read.faults)
    found = entries(read, LAYOUT, Duty, faults)
    if faults:
        raise BadSheet(sorted(faults))
    return found


@cache
def shipped(profile: str) -> DutyList:
    """The list that comes with a city's profile; an empty one where none does: no city's law is another's."""
    file = SHIPPED / f"{profile}.csv"
    if not file.is_file():
        return NO_DUTIES
    return DutyList(SHIPPED_VERSION, read_duties(file.read_bytes()), "随软件提供的职责清单")


def doubles(duties: Sequence[Duty]) -> Iterator[int]:
    """Places of those that say the same thing again as an earlier one."""
    seen: set[tuple[str, str | None, str | None]] = set()
    for place, duty in enumerate(duties):
        if duty.key in seen:
            yield place
        seen.add(duty.key)
