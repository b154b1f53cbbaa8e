"""Rows of a municipal export to rows of the gazetteer: names put together, coordinates told apart."""

import math
import re
from collections.abc import Mapping
from typing import Any

from services.fabric.districts import without_home
from services.fabric.placetext import ADDRESS, BUILDING_NAME, ROOM, normalise
from services.fabric.rules import Home
from services.grids.domain.place_columns import columns, crs_of, kind_of, parity_of

_SEVERAL = re.compile("[、;；|,，]")
_NUMBER = re.compile(r"\d+")
_AXES = ("lon", "lat", "to_lon", "to_lat")
# Kinds whose address is one more of their names; at another's address stand others too.
_ADDRESS_IS_NAME = frozenset({"estate", "building"})


class BadRow(ValueError):
    """`column` is the field that can't be taken; the message a sentence that says what to do."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


def place_rows(row: Mapping[str, Any], home: Home | None) -> list[dict[str, Any]]:
    """What PlaceRow is validated from, one or two: a shop with its address tells of the address as well. Raises
    BadRow."""
    told = columns(row)
    common = {**_position(told), **({"unit": told["unit"]} if "unit" in told else {})}
    if "crs" in told:
        common["crs"] = crs_of(told["crs"]) or _refuse(
            "crs", f"不认识坐标系“{told['crs']}”，请写 wgs84、gcj02、bd09 或 cgcs2000"
        )
    address = _address(told, home)
    name, kind, aliases = _named(told, address)
    if not name:
        raise BadRow("name", "没有名称，也没有能拼出地址的列（标准地址，或道路和门牌号），请补上")
    aliases += several(told.get("aliases", ""))
    former = several(told.get("former", ""))
    main = {"name": name, "kind": kind, **common, "aliases": _once(aliases, name), "former": _once(former, name)}
    if kind == "road" and ("low" in told or "to_lon" in told):
        main |= _stretch(told)
    if kind != "building" and address != name and address not in aliases and ADDRESS.match(address):
        return [main, {"name": address, "kind": "address", **{key: common[key] for key in common if key != "unit"}}]
    return [main]


def several(cell: str) -> list[str]:
    """`甲、乙;丙` → its three parts."""
    return [part.strip() for part in _SEVERAL.split(cell) if part.strip()]


def _named(told: Mapping[str, str], address: str) -> tuple[str, str, list[str]]:
    """(name, kind, further names)."""
    estate, building, name = told.get("estate", ""), told.get("building", ""), told.get("name", "")
    kind = kind_of(told["kind"]) if "kind" in told else ""
    if building and (estate or name or address):
        owner = estate or name or address
        own = (
            owner
            if BUILDING_NAME.match(owner)
            else f"{owner}{_with(building, '幢', ('幢', '栋', '座', '号楼', '号', '#'))}"
        )
        return own, kind or "building", [address] if address and address not in (own, owner) else []
    if name or estate:
        first = name or estate
        kind = kind or ("estate" if estate and not name else _kind_by_name(first))
        return first, kind, [address] if address and kind in _ADDRESS_IS_NAME and address != first else []
    return address, kind or _kind_by_name(address), []


def _kind_by_name(name: str) -> str:
    plain = normalise(name)
    if ADDRESS.match(plain):
        return "address"
    if BUILDING_NAME.match(plain):
        return "building"
    return "road" if plain.endswith(("路", "街", "大道", "巷")) else "landmark"


def _address(told: Mapping[str, str], home: Home | None) -> str:
    """Without province to street and without the room; empty when there is none."""
    road = told.get("road", "")
    parts = [_with(told[field], sign, signs) for field, sign, signs in _NUMBERS if field in told]
    if road and parts:
        return f"{road}{''.join(parts)}"
    written = told.get("address", "")
    if not written:
        return road
    plain = ROOM.sub("", normalise(written))
    return (without_home(plain, home, short=False) if home else plain) or plain


_NUMBERS = (
    ("lane", "弄", ("弄",)),
    ("number", "号", ("号", "弄")),
    ("house", "号", ("号", "号楼")),
)


def _with(cell: str, sign: str, signs: tuple[str, ...]) -> str:
    """`138` → `138号`; what ends in such a sign stays."""
    plain = normalise(cell)
    return plain if plain.endswith(signs) else f"{plain}{sign}"


def _position(told: Mapping[str, str]) -> dict[str, Any]:
    """Numbers where the cells hold some, else the text, for the schema to refuse. `X`, `Y` are taken as surveyors have
    them (X is north) or as everybody else, whichever can be."""
    found: dict[str, Any] = {axis: _number(told[axis]) for axis in _AXES if axis in told}
    if "lon" not in found and "lat" not in found and "x" in told and "y" in told:
        x, y = _number(told["x"]), _number(told["y"])
        both = isinstance(x, float) and isinstance(y, float)
        if both and max(abs(x), abs(y)) > 180:
            _refuse("x", "X、Y 是平面坐标，不是经纬度；请先换算成经纬度再导入")
        found["lon"], found["lat"] = (y, x) if both and abs(x) < abs(y) and abs(y) > 60 else (x, y)
    return found


def _number(cell: str) -> Any:
    try:
        number = float(cell)
    except ValueError:
        return cell
    return number if math.isfinite(number) else cell


def _stretch(told: Mapping[str, str]) -> dict[str, Any]:
    ends = {field: _first_number(field, told[field]) for field in ("low", "high") if field in told}
    return {**ends, "parity": parity_of(told.get("parity", "both"))}


def _first_number(field: str, cell: str) -> int:
    found = _NUMBER.search(normalise(cell))
    return int(found.group()[:9]) if found else _refuse(field, "请写门牌号数")


def _once(names: list[str], name: str) -> list[str]:
    return [other for other in dict.fromkeys(names) if other != name]


def _refuse(column: str, sentence: str) -> Any:
    raise BadRow(column, sentence)
