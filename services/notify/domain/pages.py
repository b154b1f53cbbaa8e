"""Pages of an emergency to people: by which way, in which words, and until when."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from services.kit.clock import local
from services.kit.contracts.cases import WhistleEvent, WhistlePaged
from services.kit.contracts.payload import Place
from services.notify.domain.visibility import without_numbers

PageKind = Literal["sms", "wecom", "email"]
KINDS: tuple[PageKind, ...] = get_args(PageKind)  # the first that is possible is taken
# Under which names of a card or of a unit's channels each way is found.
_NAMED: Mapping[PageKind, tuple[str, ...]] = {
    "sms": ("mobile", "phone", "sms"),
    "wecom": ("wecom",),
    "email": ("email",),
}
_SHAPES: Mapping[PageKind, re.Pattern[str]] = {
    "sms": re.compile(r"(\+?86)?1[3-9]\d{9}"),
    "wecom": re.compile(r"[^\s\x00-\x1f\x7f]{1,128}"),
    "email": re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,190}"),
}
# About ten minutes: by then the next rounds have called others.
TRIES = 5
_UNANSWERED = frozenset({"called", "missing"})
_OVER = frozenset({"met", "released", "cancelled", "exhausted"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page that has not gone out yet; `of` is the unit for which somebody is paged."""

    id: str
    whistle_id: str
    round: int
    of: str


def ways(channels: Mapping[str, Any]) -> dict[PageKind, str]:
    """How somebody can be reached, best first; what can't be a mobile number, an account or an address is left out."""
    found: dict[PageKind, str] = {}
    for kind in KINDS:
        for name in _NAMED[kind]:
            told = channels.get(name)
            plain = str(told).strip() if isinstance(told, str | int) else ""
            if kind == "sms":
                plain = re.sub(r"[\s-]", "", plain)
            if _SHAPES[kind].fullmatch(plain):
                found.setdefault(kind, plain)
    return found


def way(found: Collection[PageKind], configured: Collection[PageKind]) -> PageKind:
    """One that is configured where there is any; else one that says what is missing."""
    usable = [kind for kind in KINDS if kind in found]
    return next((kind for kind in usable if kind in configured), (usable or KINDS)[0])


def words(step: WhistlePaged, called: str, matter: str | None, report_in_by: datetime) -> str:
    """What is asked, of which unit, where and by when; `matter` is the catalogue's. No number of a person stands in it."""
    what = "：".join(part for part in (matter, step.need.strip()) if part) or "应急处置"
    said = (
        f"【应急呼叫第{step.round}次】{what}。请{called}于{local(report_in_by)}前到{_where(step.meet or step.place)}报到。"
        f"收到请马上应哨，不能到请马上请辞，到场请报到；没有人应会接着呼叫。吹哨编号 {step.whistle_id}"
    )
    blotted: str = without_numbers(said)
    return blotted


def stops(waiting: Waiting, step: WhistleEvent) -> bool:
    """Whether a page of this whistle need not go out any more: somebody answered for its unit (for volunteers: anybody),
    the whistle is over, or a later round has begun."""
    if waiting.whistle_id != step.whistle_id:
        return False
    if step.whistle_state in _OVER or (isinstance(step, WhistlePaged) and waiting.round < step.round):
        return True
    answered = {call.unit: call.released or call.state not in _UNANSWERED for call in step.calls}
    return answered.get(waiting.of, any(answered.values()))


def _where(place: Place) -> str:
    if place.address:
        return place.address
    return "集合点" if place.lon is None or place.lat is None else f"集合点（{place.lon:.5f}，{place.lat:.5f}）"
