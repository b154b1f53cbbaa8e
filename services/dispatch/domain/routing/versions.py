"""Two versions of a table beside each other."""

from collections.abc import Mapping, Sequence
from typing import Any


def differences(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], key: str) -> dict[str, Any]:
    """Rows told apart by `key`: those that came, went, and the fields of those that are not as they were."""
    old = {row[key]: row for row in before}
    new = {row[key]: row for row in after}
    changed = []
    for name, row in new.items():
        was = old.get(name)
        if was is not None and was != row:
            fields = {**_flat(was), **_flat(row)}
            told = {field: (_flat(was).get(field), _flat(row).get(field)) for field in fields}
            changed.append(
                {
                    key: name,
                    "fields": {
                        field: {"before": one, "after": other} for field, (one, other) in told.items() if one != other
                    },
                }
            )
    return {
        "added": [row for name, row in new.items() if name not in old],
        "removed": [row for name, row in old.items() if name not in new],
        "changed": changed,
    }


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """`when.sub` beside `lead`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": told for inner, told in value.items()}
        else:
            flat[name] = value
    return flat
