"""The routing table (派单规则): rows of conditions and results, read by priority, the first that fits decides."""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from services.dispatch.domain.routing.conditions import Asked
from services.dispatch.domain.routing.row import Example, Row
from services.dispatch.domain.routing.shelves import Shelf, Vocal
from services.fabric.documents import BadDocument, read_document
from services.fabric.profile import BadProfile, find_profile
from services.fabric.taxonomy import Part
from services.kit.sentences import sentence

if TYPE_CHECKING:
    from services.dispatch.domain.routing.duties import DutyList
    from services.dispatch.domain.routing.precedents import Precedents

BUILT_IN_VERSION = 1
DEFAULT, NATIONAL = "zhenru", "national"
SHIPPED = Path(str(files("services.dispatch") / "rules"))
MOST_ROWS = 2000
# What rows are looked up by besides the kind of trouble.
LOOKED_UP = frozenset({"channel", "kind"})
_MOST_REMEMBERED = 20_000
P = TypeVar("P", bound=Part)


class BadTable(ValueError):
    """What was read is not a table; `faults` are sentences, each naming its place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("；".join(self.faults))


class RuleTable:
    """Immutable. `rows` stand in the order in which they are asked: by priority, small numbers first, then as written.
    `note`: where it comes from, as a sentence. `duties`, `precedents`: the lists that stand behind it, where there are."""

    duties: "DutyList | None" = None
    precedents: "Precedents | None" = None

    def __init__(self, version: int, rows: Iterable[Row], examples: Iterable[Example] = (), note: str = "") -> None:
        self.version = version
        self.note = note
        self.written: tuple[Row, ...] = tuple(rows)
        self.rows: tuple[Row, ...] = tuple(sorted(self.written, key=lambda row: row.priority))
        self._all = tuple(Asked.of(row, LOOKED_UP) for row in self.rows)
        self.examples: tuple[Example, ...] = tuple(examples)
        self._taking: dict[tuple[str, str, str], tuple[Asked, ...]] = {}
        self._narrowed: dict[tuple[str, str, str, str | None, str | None], Shelf] = {}
        # What leaves the same rows has one shelf.
        self._shelves: dict[tuple[int, ...], Shelf] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def standing_on(self, duties: "DutyList | None", precedents: "Precedents | None") -> "RuleTable":
        """The same table, with what its decisions print and what it is measured by."""
        backed = copy(self)
        backed.duties, backed.precedents = duties, precedents
        return backed

    def row(self, row_id: str) -> Row | None:
        return next((row for row in self.rows if row.id == row_id), None)

    @cached_property
    def _vocal(self) -> Vocal:
        return Vocal(self.rows)

    @cached_property
    def grids_asked(self) -> frozenset[str]:
        """Grids (`overlay:code`) that rows name."""
        return frozenset(grid for row in self.rows for grid in row.when.grid)

    def shelf(self, category: str, concern: str, sub: str, channel: str | None, kind: str | None) -> Shelf:
        """The rows that may take the kind of trouble that came by the channel as such a matter, in order; remembered, as
        there are few of each. A concern without subs stands for its own sub."""
        key = (category, concern, sub, channel, kind)
        held = self._narrowed.get(key)
        if held is None:
            if len(self._narrowed) >= _MOST_REMEMBERED:
                self._narrowed.clear()
                self._shelves.clear()
            left = tuple(
                one
                for one in self._of_matter(category, concern, sub)
                if (not one.row.when.channel or channel in one.row.when.channel)
                and (not one.row.when.kind or kind in one.row.when.kind)
            )
            same = tuple(map(id, left))
            held = self._narrowed[key] = self._shelves.get(same) or Shelf(left, self._vocal)
            self._shelves[same] = held
        return held

    def _of_matter(self, category: str, concern: str, sub: str) -> tuple[Asked, ...]:
        key = (category, concern, sub)
        held = self._taking.get(key)
        if held is None:
            held = self._taking[key] = tuple(one for one in self._all if one.row.when.takes(*key))
        return held

    def as_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "rows": [row.as_json() for row in self.written],
            "examples": [example.as_json() for example in self.examples],
        }


def read_table(content: bytes, file: str, version: int = 0) -> RuleTable:
    """TOML (`[[rows]]`, `[[examples]]`; may stand on a shipped table by `extends` and give only its differences) or JSON
    of the same shape, by the file's name. Raises BadTable."""
    if file.endswith(".json"):
        return table_from(_json(content, file), version)
    try:
        return table_from(read_document(content, file, (SHIPPED,)), version)
    except BadDocument as bad:
        raise BadTable([str(bad)]) from None


def _json(content: bytes, file: str) -> Mapping[str, Any]:
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadTable([f"{file} 不是 UTF-8 编码，请另存为 UTF-8。"]) from None
    except (ValueError, RecursionError) as error:
        raise BadTable([f"{file} 读不懂（{error}），请检查格式。"]) from None
    if not isinstance(data, dict):
        raise BadTable([f"{file} 里没有 rows，请写成一张规则表。"])
    return data


def table_from(data: Mapping[str, Any], version: int) -> RuleTable:
    """The inverse of `RuleTable.as_json`, `version` aside. Raises BadTable with a sentence for each fault."""
    rows, examples = data.get("rows"), data.get("examples", [])
    if not isinstance(rows, list) or not isinstance(examples, list):
        raise BadTable(["规则表要有 rows（一行一条规则），examples（示例）可以没有，两者都是列表。"])
    faults: list[str] = []
    read = [_read(Row, row, f"第 {place} 行", faults) for place, row in enumerate(rows, 1)]
    given = [_read(Example, one, f"第 {place} 个示例", faults) for place, one in enumerate(examples, 1)]
    if faults:
        raise BadTable(faults)
    return RuleTable(version, [row for row in read if row], [one for one in given if one])


def _read(model: type[P], data: Any, where: str, faults: list[str]) -> P | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        named = f"{where}（{data['id']}）" if isinstance(data, dict) and isinstance(data.get("id"), str) else where
        for one in error.errors():
            at = ".".join(str(part) for part in one["loc"]) or "整体"
            faults.append(f"{named}的 {at} 不对：{sentence(one)}。")
        return None


@cache
def built_in(profile: str, base: str | None = None) -> RuleTable:
    """The table shipped for a city's profile; for one that has none of its own the table of the profile it stands on, else
    the national one, which cites no city's law: `note` says so. `base` is what a profile that is not yet among the
    shipped ones stands on."""
    name = next(name for name in (*_line_of(profile, base), NATIONAL) if (SHIPPED / f"{name}.toml").is_file())
    file = SHIPPED / f"{name}.toml"
    table = read_table(file.read_bytes(), file.name, BUILT_IN_VERSION)
    if name == profile:
        return table
    note = f"城市方案 {profile} 没有自己的派单规则，先用软件带的 {name} 规则；请核对后发布自己的规则表"
    return RuleTable(table.version, table.written, table.examples, note)


def _line_of(profile: str, base: str | None) -> Iterator[str]:
    """The profile and those it stands on, up to the default one, whose table is for its own city only."""
    yield profile
    above = base or _base_of(profile)
    while above is not None and above != DEFAULT:
        yield above
        above = _base_of(above)


def _base_of(profile: str) -> str | None:
    try:
        return find_profile(profile).extends
    except BadProfile:
        return None


BUILT_IN = built_in(DEFAULT)
