"""Which units an event concerns: a table of event names and the parts of a case that they are told to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from services.kit.contracts.cases import (
    CaseEvent,
    CaseReassigned,
    CaseResult,
    WhistleEscalated,
    WhistleEvent,
    WhistlePaged,
)
from services.kit.contracts.registry import TYPES

Step = CaseEvent | WhistleEvent
# Of a whistle, not of an event: one unit may be released while the others go on.
_ENDED = frozenset({"released", "cancelled"})


@dataclass(frozen=True, slots=True)
class Involved:
    """Whom a case concerns after its last event. `whistles`: whistle → the units called by it or standing in for them,
    until it is released or cancelled."""

    lead: str | None = None
    assists: tuple[str, ...] = ()
    whistles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOBODY = Involved()


def _lead(step: Step, before: Involved) -> Iterable[str | None]:
    # A whistle need not repeat who leads its case.
    return [step.lead or before.lead] if isinstance(step, WhistleEvent) else [step.lead]


def _assists(step: Step, before: Involved) -> Iterable[str | None]:
    return step.assists or before.assists if isinstance(step, WhistleEvent) else step.assists


def _left(step: Step, before: Involved) -> Iterable[str | None]:
    """Those whom this step takes out of the case: it is the last that they see of it."""
    previous = step.previous if isinstance(step, CaseReassigned) else None
    return [before.lead, *before.assists, previous]


def _verifier(step: Step, before: Involved) -> Iterable[str | None]:
    """Whoever is asked to look at the result need not be in the case yet."""
    return [step.verifier] if isinstance(step, CaseResult) else []


def _about(step: Step, before: Involved) -> Iterable[str | None]:
    return [step.unit]


def _called(step: Step, before: Involved) -> Iterable[str | None]:
    return [call.unit for call in step.called] if isinstance(step, WhistleEvent) else []


def _paged(step: Step, before: Involved) -> Iterable[str | None]:
    pages = step.pages if isinstance(step, WhistlePaged) else []
    return [unit for page in pages for unit in (page.unit, page.of)]


def _one_call(step: Step, before: Involved) -> Iterable[str | None]:
    return [step.unit] if step.unit else _called(step, before)


def _escalated(step: Step, before: Involved) -> Iterable[str | None]:
    """Those above a unit that stayed away: of the unit that the step is about, or of all."""
    named = step.escalated_to if isinstance(step, WhistleEscalated) else []
    calls = step.calls if isinstance(step, WhistleEvent) else []
    return [*named, *(up for call in calls if step.unit in (None, call.unit) for up in call.escalated_to)]


def _standing_by(step: Step, before: Involved) -> Iterable[str | None]:
    """Units that are in the case only by a whistle still open."""
    return [unit for units in before.whistles.values() for unit in units]


def _in_this_whistle(step: Step, before: Involved) -> Iterable[str | None]:
    return before.whistles.get(step.whistle_id, ()) if isinstance(step, WhistleEvent) else ()


PARTS: Mapping[str, Callable[[Step, Involved], Iterable[str | None]]] = {
    "主办": _lead,
    "协办": _assists,
    "离开的": _left,
    "说到的": _about,
    "核查的": _verifier,
    "被叫的": _called,
    "这一家": _one_call,
    "升级到的": _escalated,
    "在场的": _standing_by,
    "这一哨的": _in_this_whistle,
    "呼叫的": _paged,
}

_CASE = ("主办", "协办", "离开的", "说到的", "核查的", "在场的")
_ALL_CALLED = ("主办", "协办", "被叫的", "升级到的", "说到的", "这一哨的")
_IN_IT = ("被叫的", "升级到的", "这一哨的", "说到的", "呼叫的")
_ONE_CALLED = ("主办", "协办", "这一家", "升级到的")
_ONE = frozenset({"accepted", "declined", "reported_in", "done", "missing", "escalated"})

# Steps that are nobody's but theirs whom they reach.
_TO_SOME: Mapping[str, tuple[str, ...]] = {"paged": ("呼叫的",), "reminded": ("说到的",)}


def _parts(name: str) -> tuple[str, ...]:
    family, _, step = name.partition(".")
    if family == "case":
        return _CASE
    if step in _TO_SOME:
        return _TO_SOME[step]
    return _ONE_CALLED if step in _ONE else _ALL_CALLED


AUDIENCE: Mapping[str, tuple[str, ...]] = {
    name: _parts(name) for name in TYPES if name.startswith(("case.", "whistle."))
}


def audience(name: str, step: Step, before: Involved) -> tuple[str, ...]:
    """Unit codes, sorted, each once. `before`: who was involved until this step."""
    told = (unit for part in AUDIENCE[name] for unit in PARTS[part](step, before))
    return tuple(sorted({unit for unit in told if unit}))


def after(step: Step, before: Involved) -> Involved:
    """Who is involved from this step on."""
    if isinstance(step, CaseEvent):
        return Involved(step.lead, tuple(step.assists), before.whistles)
    others = {whistle: units for whistle, units in before.whistles.items() if whistle != step.whistle_id}
    if step.whistle_state in _ENDED:
        return Involved(before.lead, before.assists, others)
    units = {unit for part in _IN_IT for unit in PARTS[part](step, before) if unit}
    return Involved(before.lead, before.assists, others | {step.whistle_id: tuple(sorted(units))})
