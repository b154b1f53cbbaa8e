"""JSON Schemas and examples of all event types, and what a new schema may not do to those who read the old one."""

from collections.abc import Iterator
from typing import Any

from services.kit.contracts.registry import TYPES, EventType

Schema = dict[str, Any]


def schema_of(kind: EventType) -> Schema:
    """As written on the wire (JSON Schema 2020-12)."""
    schema = kind.model.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind.ce_type} | {
        name: value for name, value in schema.items() if name != "title"
    }


def all_schemas() -> dict[str, Schema]:
    return {kind.ce_type: schema_of(kind) for kind in TYPES.values()}


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What of `new` would break a subscriber of `old`. Allowed: new fields, new descriptions, wider `maxLength`.

    Forbidden evolutions: a field gone, a field that was always there no longer promised, another type, an enum value
    that old readers never met, a constant changed, no longer nullable → nullable.
    """
    return list(_compare(old, new, old, new, "$", frozenset()))


def _compare(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, path: str, seen: frozenset[str]
) -> Iterator[str]:
    if "$ref" in old:
        if old["$ref"] in seen:
            return
        seen = seen | {old["$ref"]}
    old, new = _resolve(old, old_root), _resolve(new, new_root)
    gained = _types(new, new_root) - _types(old, old_root)
    if gained - {"integer"} or ("integer" in gained and "number" not in _types(old, old_root)):
        yield f"{path}: 类型多了 {'、'.join(sorted(gained))}"
    lost = _types(old, old_root) - _types(new, new_root)
    if lost - {"null", "number"} or ("number" in lost and "integer" not in _types(new, new_root)):
        yield f"{path}: 类型少了 {'、'.join(sorted(lost))}"
    if "enum" in old and (set(new.get("enum", ())) - set(old["enum"]) or "enum" not in new):
        yield f"{path}: 枚举有旧读者没见过的值"
    if old.get("const") != new.get("const"):
        yield f"{path}: 常量变了"
    if old.get("format") != new.get("format"):
        yield f"{path}: 格式变了"
    for name, before in old.get("properties", {}).items():
        after = new.get("properties", {}).get(name)
        if after is None:
            yield f"{path}.{name}: 字段没有了"
            continue
        yield from _compare(before, after, old_root, new_root, f"{path}.{name}", seen)
    for name in set(old.get("required", ())) - set(new.get("required", ())):
        yield f"{path}.{name}: 不再保证有"
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict):
            yield from _compare(old[part], new.get(part) or {}, old_root, new_root, f"{path}[]", seen)
    for before, after in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False):
        yield from _compare(before, after, old_root, new_root, path, seen)


def _resolve(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        node: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def _types(schema: Schema, root: Schema) -> set[str]:
    if "anyOf" in schema:
        return set().union(*(_types(_resolve(each, root), root) for each in schema["anyOf"]))
    kind = schema.get("type")
    if kind is None:
        return set()
    return set(kind) if isinstance(kind, list) else {kind}
