"""What is wrong with a table before it becomes live: one Chinese sentence for each fault."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.dispatch.domain.routing.overlaps import circles
from services.dispatch.domain.routing.row import Row
from services.dispatch.domain.routing.shadow import holes, unreachable
from services.dispatch.domain.routing.table import MOST_ROWS, RuleTable
from services.dispatch.domain.routing.vocabulary import Vocabulary
from services.fabric.snapshot import Fabric

_NAMED = 10
_FIELD = {"class": "case_class"}


class Fault(NamedTuple):
    """`pointer` is the JSON pointer of the place in `{"rows": […]}`."""

    pointer: str
    detail: str


def check(table: RuleTable, fabric: Fabric) -> list[Fault]:
    """None for a table that may become live; in the order of the rows as written, what concerns all of them last."""
    if not table.written:
        return [Fault("/rows", "规则表是空的，请至少写一行。")]
    if len(table.written) > MOST_ROWS:
        return [Fault("/rows", f"规则有 {len(table.written)} 行，最多 {MOST_ROWS} 行，请合并。")]
    words = Vocabulary(fabric)
    found = [fault for place, row in enumerate(table.written) for fault in _row(row, f"/rows/{place}", words)]
    found += _doubles(table.written)
    # A row that names what does not exist takes nothing: to call it unreachable as well would only confuse.
    return found or [*_unreachable(table, fabric), *_circles(table, fabric), *_holes(table, fabric)]


def _row(row: Row, pointer: str, words: Vocabulary) -> Iterator[Fault]:
    for name, (title, known) in words.of_condition.items():
        for code in getattr(row.when, name):
            if code not in known:
                yield Fault(f"{pointer}/when/{name}", f"规则 {row.id} 的{title}“{code}”不存在，请改成已有的编码。")
    for grid in row.when.grid:
        overlay, _, code = grid.partition(":")
        layer = words.fabric.overlays.get(overlay)
        if overlay not in words.overlays:
            yield Fault(f"{pointer}/when/grid", f"规则 {row.id} 的图层“{overlay}”不存在，请改成已有的编码。")
        elif layer is None or not layer.history(code):
            yield Fault(f"{pointer}/when/grid", f"规则 {row.id} 的网格“{grid}”不存在，请改成已有的编码。")
    for place, target in enumerate(row.lead):
        yield from _target(row, f"{pointer}/lead/{place}", target, words)
    for place, assist in enumerate(row.assists):
        for target in assist.split("|"):
            yield from _target(row, f"{pointer}/assists/{place}", target, words)
    for name, (title, known) in words.of_result.items():
        value = getattr(row, _FIELD.get(name, name))
        if value is not None and value not in known:
            yield Fault(f"{pointer}/{name}", f"规则 {row.id} 的{title}“{value}”不存在，请改成已有的编码。")


def _target(row: Row, pointer: str, target: str, words: Vocabulary) -> Iterator[Fault]:
    family, _, code = target.partition(":")
    title, known = words.of_target.get(family, ("", ())) if code else ("", ())
    if title and code not in known:
        yield Fault(pointer, f"规则 {row.id} 的{title}“{code}”不存在，请改成已有的编码。")


def _doubles(rows: Sequence[Row]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, row in enumerate(rows):
        if row.id in seen:
            yield Fault(f"/rows/{place}/id", f"规则编号“{row.id}”写了两次，请改成唯一的。")
        seen.add(row.id)


def _unreachable(table: RuleTable, fabric: Fabric) -> Iterator[Fault]:
    places = {row.id: place for place, row in enumerate(table.written)}
    for row, by in unreachable(fabric.profile, table.rows):
        pointer = f"/rows/{places[row.id]}"
        more = f" 等 {len(by)} 条" if len(by) > _NAMED else ""
        if by:
            yield Fault(
                pointer,
                f"规则 {row.id} 永远用不上：前面的规则 {'、'.join(by[:_NAMED])}{more} 已经接走它的全部情形，请调整优先级或删去。",
            )
        else:
            yield Fault(pointer, f"规则 {row.id} 永远用不上：类别、事项、子项互相矛盾，请只留一种写法。")


def _circles(table: RuleTable, fabric: Fabric) -> Iterator[Fault]:
    for ids in circles(fabric.profile, table.rows):
        place = next(place for place, row in enumerate(table.written) if row.id == ids[0])
        yield Fault(
            f"/rows/{place}",
            f"规则 {'、'.join(ids)} 把事情转了一圈又给回原来的单位，谁退单都会再回到它手里，请只留一个方向。",
        )


def _holes(table: RuleTable, fabric: Fabric) -> Iterator[Fault]:
    for leaf in holes(fabric.profile, table.rows):
        name = fabric.profile.concern_name(leaf)
        yield Fault("/rows", f"事项 {leaf}（{name}）没有一行不带其他条件的规则接住，会不声不响落到街道托底，请补一行。")
