"""The columns of a table of rules as a clerk reads it: what each is called, which field it fills, and how."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from services.dispatch.domain.routing import cells
from services.dispatch.domain.routing.cells import BadCell

Names = Mapping[str, Mapping[str, str]]
"""Column's path → name → code: where a cell may hold a name instead of a code."""


class Column(NamedTuple):
    """`path`: the field, `when.sub` for one inside another. `write`: the value to a cell's text; `read`: back, or
    BadCell. `hint` is what to write there."""

    title: str
    path: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    hint: str


def _yes(cell: str) -> bool:
    if cell in (cells.YES, cells.NO):
        return cell == cells.YES
    raise BadCell(f"只能写“{cells.YES}”“{cells.NO}”或空着")


def _number(cell: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise BadCell("要写整数") from None


def _degrees(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise BadCell("要写度数，如 121.4079") from None


def _none_or_list(cell: str) -> list[str]:
    return [] if cell == cells.NONE else cells.list_out(cell)


def _write_none_or_list(value: list[str]) -> str:
    return cells.list_in(value) if value else cells.NONE


def _place_in(place: Mapping[str, Any]) -> str:
    return ",".join([repr(place["lon"]), repr(place["lat"]), *filter(None, [place.get("crs")])])


def _place_out(cell: str) -> dict[str, Any]:
    lon, _, rest = cell.replace("，", ",").partition(",")
    lat, _, crs = rest.partition(",")
    return {"lon": _degrees(lon), "lat": _degrees(lat)} | ({"crs": crs.strip()} if crs.strip() else {})


def _grids_out(cell: str) -> dict[str, str]:
    parts = [part.partition(":") for part in cells.list_out(cell)]
    if not all(separator for _, separator, _ in parts):
        raise BadCell("网格要写成“图层:编码”，如 duty:DU3")
    return {overlay: code for overlay, _, code in parts}


def _text(title: str, path: str, hint: str = "") -> Column:
    return Column(title, path, cells.text_in, cells.text_out, hint)


def _list(title: str, path: str, hint: str) -> Column:
    return Column(title, path, cells.list_in, cells.list_out, hint + "；几个的用“、”隔开，满足一个即可")


def _flag(title: str, path: str, hint: str) -> Column:
    return Column(title, path, lambda value: cells.YES if value else cells.NO, _yes, hint)


def _ground(title: str, path: str, hint: str) -> Column:
    return Column(title, path, repr, _degrees, hint)


RULES: tuple[Column, ...] = (
    _text("规则编号", "id", "每行一个，不能重复"),
    Column("优先级", "priority", str, _number, "整数，小的先判断"),
    _text("说明", "title", "一句话"),
    _list("条件：类别", "when.category", "类别编码"),
    _list("条件：事项", "when.concern", "事项编码"),
    _list("条件：子项", "when.sub", "子项编码"),
    _list("条件：渠道", "when.channel", "渠道编码"),
    _list("条件：诉求类型", "when.kind", "诉求类型编码"),
    _list("条件：三区", "when.zone", "社区、街区、楼宇园区"),
    _list("条件：提出层级", "when.level", "层级编码"),
    _list("条件：网格", "when.grid", "图层:编码，如 duty:DU3"),
    _list("条件：单位", "when.unit", "在这里有网格的单位编码"),
    _list("条件：权属", "when.owner", "权属角色编码"),
    _list("条件：部件", "when.component", "部件类别编码"),
    _flag("条件：围墙内", "when.inside_wall", "是、否，空着不问"),
    _flag("条件：紧急", "when.emergency", "是、否，空着不问"),
    _text("条件：时段", "when.hours", "如 22:00-06:00"),
    _list("条件：说到", "when.words", "来文里的词"),
    _list("条件：没说到", "when.unless", "来文里没有的词"),
    Column(
        "主办",
        "lead",
        cells.list_in,
        cells.list_out,
        "按次序取这里第一个找得到的，如 grid:duty、role:duty、unit:ZR-OPS",
    ),
    Column("协办", "assists", cells.list_in, cells.list_out, "几个的用“、”隔开；“|”隔开的取第一个找得到的"),
    _text("时限类别", "class", "空着按城市方案"),
    _text("层级", "level", "空着按主办单位"),
    _text("按谁的时限", "clocks", "空着按时限类别"),
    _text("立即吹哨", "whistle", "哨型编码，空着不吹"),
    _text("依据", "ground", "法律、办法、清单"),
)

EXAMPLES: tuple[Column, ...] = (
    _text("示例名称", "name", "给人看的"),
    _text("应由谁主办", "lead", "单位编码"),
    Column(
        "应由谁协办", "assists", _write_none_or_list, _none_or_list, f"单位编码；空着不查，“{cells.NONE}”是没有协办"
    ),
    _text("标题", "matter.title"),
    _text("内容", "matter.content"),
    _text("事项", "matter.concern", "事项编码"),
    _text("子项", "matter.sub_concern", "子项编码"),
    _text("渠道", "matter.channel", "渠道编码"),
    _text("诉求类型", "matter.kind", "诉求类型编码"),
    Column("位置", "matter.location", _place_in, _place_out, "经度,纬度，后面可加坐标系"),
    _ground("经度", "matter.lon", "度"),
    _ground("纬度", "matter.lat", "度"),
    _text("坐标系", "matter.crs", "wgs84、gcj02、bd09、cgcs2000"),
    _text("地址", "matter.address"),
    _text("三区", "matter.zone"),
    Column(
        "网格",
        "matter.grids",
        lambda grids: cells.list_in(f"{overlay}:{code}" for overlay, code in grids.items()),
        _grids_out,
        "图层:编码",
    ),
    _flag("紧急", "matter.emergency", "是、否"),
    _text("提出层级", "matter.level"),
    _text("权属", "matter.owner"),
    _text("时间", "matter.at", "如 2026-11-23T23:30:00+08:00"),
)
