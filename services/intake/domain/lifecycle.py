"""Which action is allowed on an order in which status, and what a case's state means for its orders. Tables to print."""

from collections.abc import Mapping
from typing import Literal

Action = Literal["supplement", "withdraw", "urge", "feedback", "triage", "join", "split", "appeal", "return"]

_OPEN = frozenset({"received", "triage", "accepted", "joined", "in_progress", "reopened"})

ALLOWED: Mapping[str, frozenset[str]] = {
    "supplement": _OPEN | {"resolved"},
    "withdraw": _OPEN | {"resolved"},
    "urge": _OPEN,
    "feedback": frozenset({"in_progress", "joined", "reopened", "resolved", "closed"}),
    "triage": frozenset({"triage"}),
    "join": frozenset({"triage", "accepted", "in_progress", "reopened"}),
    "split": frozenset({"joined", "in_progress", "reopened"}),
    "appeal": frozenset({"declined"}),
    "return": frozenset({"triage", "accepted", "joined", "in_progress", "reopened"}),
}

# Ended on our side, whatever becomes of a case that other orders keep alive.
SETTLED = frozenset({"withdrawn", "returned_to_source", "declined"})

ORDER_OF_CASE: Mapping[str, str] = {
    "open": "in_progress",
    "dispatched": "in_progress",
    "signed": "in_progress",
    "in_progress": "in_progress",
    "deferred": "in_progress",
    "shelved": "in_progress",
    "statutory": "in_progress",
    "resolved": "resolved",
    "explained": "resolved",
    "verified": "resolved",
    "closed": "closed",
    "reopened": "reopened",
    "withdrawn": "withdrawn",
}


def allowed_in(status: str) -> list[str]:
    return sorted(action for action, statuses in ALLOWED.items() if status in statuses)


def status_under(case_state: str, status: str) -> str:
    """The order's status once its case is in `case_state`."""
    return status if status in SETTLED else ORDER_OF_CASE[case_state]
