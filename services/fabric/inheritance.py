"""A document that stands on another and gives only its differences: profiles, and the routing tables of cities.

Tables are merged key by key. Lists of things that bear a `code` (or an `id`) are merged by it: the base's come first, in
their order, new ones after them. Any other list, and any other value, is taken from the one that stands above; an empty
list empties. `remove` is done first: `/`-separated paths of keys and codes, `*` for each of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

EXTENDS, REMOVE = "extends", "remove"
_BEARS = ("code", "id")
_MOST_DEEP = 8

Document = dict[str, Any]


class BadInheritance(ValueError):
    """A sentence that names the place."""


def whole(document: Document, base_of: Callable[[str], Document], *, own: Sequence[str] = ()) -> Document:
    """The document on everything it stands on; `base_of` reads a base by its name. What `own` names is each document's
    own and never comes from a base. Raises BadInheritance."""
    return _whole(document, base_of, own, ())


def _whole(
    document: Document, base_of: Callable[[str], Document], own: Sequence[str], above: tuple[str, ...]
) -> Document:
    name = document.get(EXTENDS)
    if name is None:
        if REMOVE in document:
            raise BadInheritance("写了 remove 却没有写 extends，请写明在哪一个的基础上删")
        return document
    if not isinstance(name, str):
        raise BadInheritance('extends 要写一个名字，例如 extends = "zhenru"')
    if name in above or len(above) >= _MOST_DEEP:
        raise BadInheritance(f"extends 绕成了圈（{' → '.join((*above, name))}），请改成不绕的")
    base = _whole(base_of(name), base_of, own, (*above, name))
    held = {key: value for key, value in base.items() if key not in (*own, EXTENDS)}
    for path in _paths(document):
        held = _without(held, path.split("/"), path, name)
    return merged(held, {key: value for key, value in document.items() if key != REMOVE})


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> Document:
    return {**base, **{key: _one(base[key], value) if key in base else value for key, value in own.items()}}


def key_of(item: Any) -> str | None:
    """The code by which a thing of a list is known; None for one that bears none."""
    if not isinstance(item, Mapping):
        return None
    return next((item[bears] for bears in _BEARS if isinstance(item.get(bears), str)), None)


def _one(base: Any, own: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(own, Mapping):
        return merged(base, own)
    if isinstance(base, list) and isinstance(own, list) and own and all(key_of(item) for item in (*base, *own)):
        return _list(base, own)
    return own


def _list(base: list[Any], own: list[Any]) -> list[Any]:
    changes: dict[str | None, Any] = {}
    for item in own:
        code = key_of(item)
        if code in changes:
            raise BadInheritance(f"{code} 写了两次，请只留一处")
        changes[code] = item
    known = {key_of(item) for item in base}
    kept = [merged(item, changes[code]) if (code := key_of(item)) in changes else item for item in base]
    return [*kept, *(item for item in own if key_of(item) not in known)]


def _paths(document: Document) -> list[str]:
    told = document.get(REMOVE, [])
    if not isinstance(told, list) or not all(isinstance(path, str) and path for path in told):
        raise BadInheritance('remove 要写成一串路径，例如 remove = ["ladder", "norms/micro_households"]')
    return told


def _without(held: Any, way: list[str], path: str, base: str) -> Any:
    """A copy without what stands at the end of the way."""
    step, *rest = way
    keys = [step]
    if step == "*":
        keys = [key for key in _keys(held) if not rest or _has(_at(held, key), rest)]
    if not keys or any(not _has(held, [key]) for key in keys):
        raise BadInheritance(f"remove 里的 {path} 在 {base} 里没有，请核对路径")
    changed = {key: _without(_at(held, key), rest, path, base) for key in keys} if rest else {}
    if isinstance(held, Mapping):
        return {key: changed.get(key, value) for key, value in held.items() if rest or key not in keys}
    return [changed.get(str(key_of(item)), item) for item in held if rest or key_of(item) not in keys]


def _has(held: Any, way: Sequence[str]) -> bool:
    step, *rest = way
    found = _keys(held) if step == "*" else [step] if step in _keys(held) else []
    return any(not rest or _has(_at(held, key), rest) for key in found)


def _keys(held: Any) -> list[str]:
    if isinstance(held, Mapping):
        return list(held)
    return [code for item in held if (code := key_of(item)) is not None] if isinstance(held, list) else []


def _at(held: Any, key: str) -> Any:
    return held[key] if isinstance(held, Mapping) else next(item for item in held if key_of(item) == key)
