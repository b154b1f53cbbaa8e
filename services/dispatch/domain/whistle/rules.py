"""Which action is open in which state, as a table to print."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.dispatch.domain.whistle.model import CAME, Call, CallState, Whistle, WhistleState

Action = Literal[
    "approve",
    "refuse",
    "accept",
    "decline",
    "report-in",
    "done",
    "vouch",
    "evaluate",
    "substitute",
    "release",
    "cancel",
]
Side = Literal["unit", "blower", "parent", "either", "desk"]

_WAITING: frozenset[WhistleState] = frozenset({"open", "partly_met"})
_UNMET: frozenset[WhistleState] = _WAITING | {"exhausted"}
_RUNNING: frozenset[WhistleState] = _UNMET | {"met"}
_ENDED_OR_MET: frozenset[WhistleState] = frozenset({"partly_met", "met", "released", "exhausted"})
_NOT_IN: frozenset[CallState] = frozenset({"called", "accepted", "declined", "missing"})
_ANY: frozenset[CallState] = _NOT_IN | CAME


# Until the street has agreed nothing else can be done; afterwards these two can't.
NODS: frozenset[Action] = frozenset({"approve", "refuse"})


@dataclass(frozen=True, slots=True)
class Rule:
    """`side` is who does it; `whistle` and `call` the states it is open in; `already`: states of the call in which it
    has taken effect before, so that a repetition is answered the same and nothing happens. `whole`: it may be about
    the whistle rather than one unit."""

    name: str
    side: Side
    whistle: frozenset[WhistleState]
    call: frozenset[CallState]
    already: frozenset[CallState] = frozenset()
    whole: bool = False


RULES: Mapping[Action, Rule] = {
    "approve": Rule("同意吹哨", "desk", frozenset({"open"}), _ANY, whole=True),
    "refuse": Rule("不同意吹哨", "desk", frozenset({"open"}), _ANY, whole=True),
    "accept": Rule("应哨", "unit", _WAITING, frozenset({"called", "declined"}), frozenset({"accepted"})),
    "decline": Rule("请辞", "unit", _WAITING, frozenset({"called", "accepted"}), frozenset({"declined"})),
    "report-in": Rule("报到", "unit", _UNMET, _NOT_IN, CAME),
    "vouch": Rule("代为确认到场", "blower", _UNMET, _NOT_IN, CAME),
    "done": Rule("完成", "unit", _RUNNING, frozenset({"reported_in"}), frozenset({"done"})),
    "substitute": Rule("替补", "parent", _WAITING, _NOT_IN),
    "release": Rule("散哨", "blower", _RUNNING, frozenset({"done", "declined"}), whole=True),
    "cancel": Rule("撤哨", "blower", _UNMET, _ANY, whole=True),
    "evaluate": Rule("互评", "either", _ENDED_OR_MET, _ANY),
}


def open_to(action: Action, whistle: Whistle, call: Call | None) -> bool:
    """Whether the table lets it happen now; `call` None: to the whole whistle."""
    rule = RULES[action]
    if whistle.state not in rule.whistle:
        return False
    if (action in NODS) != whistle.waiting and action != "cancel":
        return False
    if action == "evaluate" and not whistle.blown:
        return False
    if call is None:
        return rule.whole and (action != "release" or all(each.finished for each in whistle.calls))
    if call.released and action not in ("evaluate", "cancel"):
        return False
    if call.helper and action == "substitute":
        return False
    return call.state in rule.call


def repeated(action: Action, whistle: Whistle, call: Call | None) -> bool:
    """What has been done before is answered the same, so that an answer lost on the way does no harm."""
    if action in NODS:
        return whistle.nod is not None and whistle.nod.state == ("given" if action == "approve" else "refused")
    if call is None:
        return False
    return call.released if action == "release" else call.state in RULES[action].already


def allowed(whistle: Whistle, call: Call | None = None) -> list[str]:
    """For a refusal's `allowed`: what may be done about this unit now, or about the whistle."""
    return sorted(action for action in RULES if open_to(action, whistle, call) or open_to(action, whistle, None))
