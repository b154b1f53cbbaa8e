"""GeoJSON as an authority hands it in, to editions of grids; or what is wrong with it, feature by feature."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from services.fabric.calendar import SHANGHAI
from services.fabric.datum import CRS, to_wgs84
from services.fabric.model import GridEdition
from services.fabric.polygons import Malformed, read_polygon

_OWN = ("code", "name", "unit", "parent", "households", "valid_from", "valid_to")
_LONGEST_CODE = 100
_LONGEST_TEXT = 200
_MOST_PROPERTIES = 16_000
_MOST_HOUSEHOLDS = 10_000_000
_YEARS = range(1900, 10_000)
_NAMED_CRS: Mapping[str, str] = {"CRS84": "wgs84", "4326": "wgs84", "4490": "cgcs2000"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`pointer` is a JSON pointer into the collection. What is not `fatal` was mended or is worth knowing."""

    index: int | None
    code: str | None
    kind: str
    pointer: str
    detail: str
    fatal: bool = True

    def as_json(self) -> dict[str, Any]:
        return {"pointer": self.pointer, "detail": self.detail, "kind": self.kind, "grid": self.code}


@dataclass(frozen=True, slots=True)
class Boundaries:
    """`editions` are those without a fault, in WGS-84; an import takes them only when `faults` is empty. `datum` is the
    one that the collection came in."""

    editions: tuple[GridEdition, ...]
    faults: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    datum: str = "wgs84"


class _Fault(Exception):
    def __init__(self, kind: str, field: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.field, self.detail = kind, field, detail


def read_boundaries(collection: Any, overlay: str, *, crs: str | None = None, mend: bool = False) -> Boundaries:
    """A FeatureCollection as parsed from JSON. `crs` None means WGS-84, and that numbers which can't be degrees are
    refused with the advice to name it."""
    try:
        features, datum = _features(collection), _datum(collection, crs)
    except _Fault as fault:
        return Boundaries((), (Finding(None, None, fault.kind, fault.field, fault.detail),), ())
    editions: list[GridEdition] = []
    places: list[int] = []
    faults: list[Finding] = []
    notes: list[Finding] = []
    for index, feature in enumerate(features):
        properties = feature.get("properties") if isinstance(feature, Mapping) else None
        code = _code(properties) if isinstance(properties, Mapping) else None
        here = f"/features/{index}"
        try:
            edition, remarks = _edition(feature, overlay, code, mend)
        except _Fault as fault:
            faults.append(Finding(index, code, fault.kind, here + fault.field, f"第 {index + 1} 个{fault.detail}"))
            continue
        notes.extend(Finding(index, code, kind, f"{here}/geometry", text, False) for kind, text in remarks)
        editions.append(edition)
        places.append(index)
    faults.extend(_doubled(editions, places))
    if datum not in ("wgs84", "cgcs2000"):
        editions = _moved(editions, datum)
    in_order = tuple(sorted(faults, key=lambda f: (f.index or 0, f.pointer)))
    return Boundaries(tuple(editions), in_order, tuple(notes), datum)


def _features(collection: Any) -> Sequence[Any]:
    if not isinstance(collection, Mapping) or collection.get("type") != "FeatureCollection":
        raise _Fault("not_collection", "/type", "不是 GeoJSON 的 FeatureCollection，请检查文件。")
    features = collection.get("features")
    if not isinstance(features, list):
        raise _Fault("not_collection", "/features", "缺少 features 数组，请检查文件。")
    return features


def _datum(collection: Mapping[str, Any], crs: str | None) -> str:
    if crs is not None:
        if crs not in CRS:
            raise _Fault("crs", "/crs", f"不认识坐标系 {crs}，请用 {'、'.join(CRS)} 之一。")
        return crs
    told = collection.get("crs")
    if not isinstance(told, Mapping):
        return "wgs84"
    named = told.get("properties")
    name = str(named.get("name", "")) if isinstance(named, Mapping) else ""
    datum = _NAMED_CRS.get(name.replace("::", ":").split(":")[-1])
    if datum is None:
        raise _Fault("crs", "/crs", f"文件写明的坐标系 {name or '（空）'} 不能用，请先转成 WGS-84 经纬度。")
    return datum


def _edition(feature: Any, overlay: str, code: str | None, mend: bool) -> tuple[GridEdition, list[tuple[str, str]]]:
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise _Fault("not_feature", "", "不是 Feature，请检查文件。")
    properties = feature.get("properties")
    if not isinstance(properties, Mapping):
        raise _Fault("no_properties", "/properties", "网格没有属性，请补上 code、name、unit。")
    _check_storable(properties)
    if code is None:
        raise _Fault("no_code", "/properties/code", "网格没有编码，请补上不超过一百字的 code。")
    name = properties.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_TEXT:
        raise _Fault("no_name", "/properties/name", f"网格 {code} 没有名称，请补上不超过两百字的 name。")
    since, until = (_moment(properties, field, code) for field in ("valid_from", "valid_to"))
    if since and until and until <= since:
        raise _Fault("dates", "/properties/valid_to", f"网格 {code} 的失效时间不晚于生效时间，请改正。")
    try:
        geometry, remarks = read_polygon(feature.get("geometry"), mend)
    except Malformed as bad:
        raise _Fault(bad.kind, f"/geometry{bad.pointer}", f"网格 {code} 的{bad.detail}") from bad
    edition = GridEdition(
        overlay=overlay,
        code=code,
        name=name.strip(),
        unit=_text(properties, "unit"),
        geometry=geometry,
        parent=_text(properties, "parent"),
        households=_households(properties, code),
        valid_from=since,
        valid_to=until,
        properties={key: value for key, value in properties.items() if key not in _OWN},
    )
    return edition, [(kind, f"第 {code} 号网格{text}") for kind, text in remarks]


def _code(properties: Mapping[str, Any]) -> str | None:
    code = properties.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        return str(code)
    if not isinstance(code, str) or not code.strip() or len(code) > _LONGEST_CODE or not code.isprintable():
        return None
    return code.strip()


def _text(properties: Mapping[str, Any], field: str) -> str | None:
    value = properties.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise _Fault("field", f"/properties/{field}", f"网格的 {field} 要是文字，请改正。")
    if len(str(value)) > _LONGEST_TEXT:
        raise _Fault("field", f"/properties/{field}", f"网格的 {field} 太长，请删减。")
    return str(value).strip()


def _check_storable(properties: Mapping[str, Any]) -> None:
    """Text with NUL or half a surrogate pair goes into no database; what is larger than the limit into no message."""
    try:
        told = json.dumps(properties, ensure_ascii=False).encode()
        bad = b"\\u0000" in told and _has_nul(properties)
    except (UnicodeEncodeError, RecursionError):
        told, bad = b"", True
    if bad:
        raise _Fault("field", "/properties", "网格的属性里有不能保存的字符，请去掉。")
    if len(told) > _MOST_PROPERTIES:
        raise _Fault("field", "/properties", f"网格的属性超过 {_MOST_PROPERTIES // 1000} KB，请删减。")


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_nul(key) or _has_nul(one) for key, one in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def _households(properties: Mapping[str, Any], code: str) -> int | None:
    value = properties.get("households")
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_HOUSEHOLDS:
        raise _Fault("households", "/properties/households", f"网格 {code} 的户数要是零到一千万的整数，请改正。")
    return value


def _moment(properties: Mapping[str, Any], field: str, code: str) -> datetime | None:
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
        detail = f"网格 {code} 的 {field} 不是日期，请写成 2026-01-01 的样子。"
        raise _Fault("dates", f"/properties/{field}", detail) from error
    return moment


def _doubled(editions: Sequence[GridEdition], places: Sequence[int]) -> list[Finding]:
    """A code may come again as another edition, but not in force at the same time."""
    by_code: dict[str, list[tuple[datetime, datetime, int]]] = {}
    for edition, index in zip(editions, places, strict=True):
        since = edition.valid_from or datetime.min.replace(tzinfo=UTC)
        until = edition.valid_to or datetime.max.replace(tzinfo=UTC)
        by_code.setdefault(edition.code, []).append((since, until, index))
    faults: list[Finding] = []
    for code, spans in by_code.items():
        spans.sort()
        for (_, until, _), (since, _, index) in pairwise(spans):
            if since < until:
                detail = f"第 {index + 1} 个网格的编码 {code} 与前面的重复，请改成唯一的编码或错开生效时间。"
                faults.append(Finding(index, code, "duplicate", f"/features/{index}/properties/code", detail))
    return faults


def _moved(editions: Sequence[GridEdition], datum: str) -> list[GridEdition]:
    shapes = np.array([edition.geometry for edition in editions], dtype=object)

    def shift(points: Any) -> Any:
        return np.column_stack(to_wgs84(points[:, 0], points[:, 1], datum))

    moved: list[BaseGeometry] = list(shapely.transform(shapes, shift))
    return [replace(edition, geometry=shape) for edition, shape in zip(editions, moved, strict=True)]
