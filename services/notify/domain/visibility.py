"""What of an event each kind of reader may see, and the last look before anything leaves."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from services.kit.contracts.registry import TYPES
from services.notify.domain.matter import Matter

Viewer = Literal["lead", "unit", "source"]

# Fields of a confidential case that a reader does not see. The source wrote the matter itself, but a case may hold
# another source's words; it needs the result, to answer the citizen.
KEPT_BACK: Mapping[Viewer, tuple[str, ...]] = {
    "lead": (),
    "unit": ("title", "summary", "text", "measures", "evidence", "reason", "meeting", "rectification"),
    "source": ("title", "summary"),
}
INSTEAD: Mapping[str, Any] = {
    "title": "保密件",
    "summary": "保密件，内容只有主办单位可见，请按主办单位的要求配合",
    "measures": "保密件，办理情况只有主办单位可见",
    "evidence": [],
    "reason": None,
    "meeting": None,
    "rectification": None,
}
# What a whistle says to those it calls is said for them.
_SAID_TO_ALL = frozenset({"text"})

# Codes and times, not words: a run of digits in them is no telephone number.
_CODES = frozenset(
    {
        *("case_id", "order_id", "whistle_id", "orders", "came", "went", "external_id", "callback_url"),
        *("lead", "assists", "unit", "previous", "escalated_to", "grids", "concern", "sub_concern", "rule"),
        *("of", "person", "matter", "verifier", "owner", "enforcement", "units", "shop_code"),
        *("at", "started", "due", "report_in_by", "reported_at", "source_due", "held_at"),
    }
)
_IDENTIFIER = r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"
_PHONE = r"(?<!\d)(?:\+?86[\s-]?)?[1１][\s-]?[3-9３-９](?:[\s-]?\d){9}(?!\d)"
_IDENTITY = r"(?<!\d)[1-9]\d{16}[\dXx](?!\d)"
_NUMBER = re.compile(f"(?P<identifier>{_IDENTIFIER})|(?P<identity>{_IDENTITY})|(?P<phone>{_PHONE})")
# Without looking around each match, and by its first character: ten times as fast, and mistaken about some codes.
_LIKE_PHONE = re.compile(r"[1１][\s-]?[3-9３-９](?:[\s-]?\d){9}")
_LIKE_IDENTITY = re.compile(r"[1-9]\d{16}[\dXx]")
_SHOWN = {"identity": "[证件号]", "phone": "[电话]"}


def seen_by(viewer: Viewer, name: str, data: Mapping[str, Any], matter: Matter) -> dict[str, Any]:
    """The body as this reader gets it: with the matter's words where it lacks them, without what is kept back."""
    shown = dict(data)
    for field in ("title", "summary"):
        if field in shown and shown[field] is None:
            shown[field] = getattr(matter, field)
    # Which orders are one caller's stays in the house.
    if shown.get("person") is not None:
        shown["person"] = None
    if matter.confidential:
        for field in KEPT_BACK[viewer]:
            if shown.get(field) is not None and not (name.startswith("whistle.") and field in _SAID_TO_ALL):
                shown[field] = f"保密件：{TYPES[name].chinese}" if field == "text" else INSTEAD[field]
    return shown


def suspicious(text: str) -> bool:
    """Whether anything in a serialised body looks like a number of a person: cheap, and wrong only by saying yes."""
    return _LIKE_PHONE.search(text) is not None or _LIKE_IDENTITY.search(text) is not None


def without_numbers(value: Any) -> Any:
    """The same body with every mobile and identity number in its words blotted out."""
    if isinstance(value, str):
        return _NUMBER.sub(_blot, value)
    if isinstance(value, dict):
        return {key: held if key in _CODES else without_numbers(held) for key, held in value.items()}
    if isinstance(value, list):
        return [without_numbers(held) for held in value]
    return value


def _blot(found: re.Match[str]) -> str:
    return _SHOWN.get(str(found.lastgroup), found.group())
