"""One feature as an authority hands it in, to an edition of a grid; or everything that is wrong with it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Any, NamedTuple, TypeVar

from shapely.geometry.base import BaseGeometry

from services.fabric.calendar import SHANGHAI
from services.fabric.model import GridEdition
from services.fabric.polygons import Malformed, read_polygon

T = TypeVar("T")
_OWN = ("code", "name", "unit", "parent", "households", "valid_from", "valid_to")
_LONGEST_CODE = 100
_LONGEST_TEXT = 200
_MOST_PROPERTIES = 16_000
_MOST_HOUSEHOLDS = 10_000_000
_YEARS = range(1900, 10_000)


class Fault(Exception):
    """`field` leads on from the feature; `detail` is a sentence that follows its place in the file."""

    def __init__(self, kind: str, field: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.field, self.detail = kind, field, detail


class Told(NamedTuple):
    """`edition` is None when there are faults. `remarks`: (kind, sentence's end) on what was mended or dropped."""

    code: str | None
    edition: GridEdition | None
    faults: list[Fault]
    remarks: list[tuple[str, str]]


def read_feature(feature: Any, overlay: str, mend: bool, degrees: bool) -> Told:
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        return Told(None, None, [Fault("not_feature", "", "不是 Feature，请检查文件。")], [])
    properties = feature.get("properties")
    if not isinstance(properties, Mapping):
        return Told(None, None, [Fault("no_properties", "/properties", "网格没有属性，请补上 code、name、unit。")], [])
    code = _code(properties)
    faults: list[Fault] = []

    def judged(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Fault as fault:
            faults.append(fault)
            return None

    judged(lambda: _check_storable(properties))
    if faults:
        return Told(code, None, faults, [])
    if code is None:
        shared = f"（adcode {properties['adcode']} 不止一个网格在用，不能当编码）" if "adcode" in properties else ""
        faults.append(Fault("no_code", "/properties/code", f"网格没有编码{shared}，请补上不超过一百字的 code。"))
    called = f"网格 {code} " if code is not None else "网格"
    name = judged(lambda: _name(properties, called))
    unit, parent = (judged(lambda field=field: _text(properties, field)) for field in ("unit", "parent"))  # type: ignore[misc]
    households = judged(lambda: _households(properties, called))
    since, until = judged(lambda: _span(properties, called)) or (None, None)
    shape, remarks = judged(lambda: _ground(feature.get("geometry"), called, mend, degrees)) or (None, [])
    if faults or code is None or name is None or shape is None:
        return Told(code, None, faults, remarks)
    kept = {key: value for key, value in properties.items() if key not in _OWN}
    edition = GridEdition(overlay, code, name, unit, shape, parent, households, since, until, kept)
    return Told(code, edition, [], remarks)


def _ground(told: Any, called: str, mend: bool, degrees: bool) -> tuple[BaseGeometry, list[tuple[str, str]]]:
    try:
        return read_polygon(told, mend, degrees=degrees)
    except Malformed as bad:
        raise Fault(bad.kind, f"/geometry{bad.pointer}", f"{called}的{bad.detail}") from bad


def _code(properties: Mapping[str, Any]) -> str | None:
    code = properties.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        return str(code) if abs(code) < 10**_LONGEST_CODE else None
    if not isinstance(code, str) or not code.strip() or len(code) > _LONGEST_CODE or not code.isprintable():
        return None
    return code.strip()


def _name(properties: Mapping[str, Any], called: str) -> str:
    name = properties.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_TEXT:
        raise Fault("no_name", "/properties/name", f"{called}没有名称，请补上不超过两百字的 name。")
    return name.strip()


def _text(properties: Mapping[str, Any], field: str) -> str | None:
    value = properties.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Fault("field", f"/properties/{field}", f"网格的 {field} 要是文字，请改正。")
    if len(str(value)) > _LONGEST_TEXT:
        raise Fault("field", f"/properties/{field}", f"网格的 {field} 太长，请删减。")
    return str(value).strip() or None


def _check_storable(properties: Mapping[str, Any]) -> None:
    """Text with NUL or half a surrogate pair goes into no database; what is larger than the limit into no message."""
    try:
        told = json.dumps(properties, ensure_ascii=False).encode()
        bad = b"\\u0000" in told and _has_nul(properties)
    except (UnicodeEncodeError, RecursionError, ValueError):
        told, bad = b"", True
    if bad:
        raise Fault("field", "/properties", "网格的属性里有不能保存的字符，请去掉。")
    if len(told) > _MOST_PROPERTIES:
        said = f"{len(told) // 1000} KB，超过 {_MOST_PROPERTIES // 1000} KB"
        raise Fault("field", "/properties", f"网格的属性有 {said}，请删减。")


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_nul(key) or _has_nul(one) for key, one in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def _households(properties: Mapping[str, Any], called: str) -> int | None:
    value = properties.get("households")
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_HOUSEHOLDS:
        raise Fault("households", "/properties/households", f"{called}的户数要是零到一千万的整数，请改正。")
    return value


def _span(properties: Mapping[str, Any], called: str) -> tuple[datetime | None, datetime | None]:
    since, until = (_moment(properties, field, called) for field in ("valid_from", "valid_to"))
    if since and until and until <= since:
        raise Fault("dates", "/properties/valid_to", f"{called}的失效时间不晚于生效时间，请改正。")
    return since, until


def _moment(properties: Mapping[str, Any], field: str, called: str) -> datetime | None:
    """A date is its midnight in Shanghai; a time without an offset is Shanghai's."""
    value = properties.get(field)
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = datetime.combine(moment.date(), time(moment.hour, moment.minute, moment.second), SHANGHAI)
        moment = moment.astimezone(UTC)
        if moment.year not in _YEARS:
            raise ValueError("year")
    except (TypeError, ValueError, OverflowError) as error:
        detail = f"{called}的 {field} 不是日期，请写成 2026-01-01 的样子。"
        raise Fault("dates", f"/properties/{field}", detail) from error
    return moment
