"""Which action is allowed on an order in which status, and what a case's state means for its orders. Tables to print."""

from collections.abc import Mapping
from typing import Literal

Action = Literal[
    "supplement",
    "withdraw",
    "urge",
    "feedback",
    "triage",
    "join",
    "split",
    "appeal",
    "return",
    "return/accept",
    "return/refuse",
    "unreasonable",
    "appeal/decide",
]

# Standings: two statuses that allow other things while an answer is awaited.
RETURN_PROPOSED, APPEALED = "return_proposed", "appealed"

_OPEN = frozenset({"received", "triage", "accepted", "joined", "in_progress", "reopened"})

ALLOWED: Mapping[str, frozenset[str]] = {
    "supplement": _OPEN | {"resolved", RETURN_PROPOSED, APPEALED},
    "withdraw": _OPEN | {"resolved", RETURN_PROPOSED, APPEALED},
    "urge": _OPEN | {RETURN_PROPOSED, APPEALED},
    "feedback": frozenset({"in_progress", "joined", "reopened", "resolved", "closed", RETURN_PROPOSED}),
    "triage": frozenset({"triage", APPEALED}),
    "join": frozenset({"triage", APPEALED, "accepted", "in_progress", "reopened"}),
    "split": frozenset({"joined", "in_progress", "reopened"}),
    "appeal": frozenset({"declined"}),
    "return": frozenset({"triage", "accepted", "joined", "in_progress", "reopened"}),
    "return/accept": frozenset({RETURN_PROPOSED}),
    "return/refuse": frozenset({RETURN_PROPOSED}),
    "unreasonable": frozenset({"accepted", "joined", "in_progress", "reopened", "resolved"}),
    "appeal/decide": frozenset({APPEALED}),
}

# Whoever hears of a trouble may report it and follow up what it reported; the desk may for everybody.
REPORTERS = ("source", "duty_desk", "community", "grid_chief", "grid_member")
DESK = ("duty_desk",)
# What the duty desk proposed is answered by the other side, or by the supervisor who spoke with it.
ANSWERERS = ("source", "community", "grid_chief", "grid_member", "supervisor")
SUPERVISORS = ("supervisor",)

# The roles that may; an admin's always.
BY: Mapping[str, tuple[str, ...]] = {
    "supplement": REPORTERS,
    "withdraw": REPORTERS,
    "urge": REPORTERS,
    "feedback": REPORTERS,
    "triage": DESK,
    "join": DESK,
    "split": DESK,
    "appeal": REPORTERS,
    "return": DESK,
    "return/accept": ANSWERERS,
    "return/refuse": ANSWERERS,
    "unreasonable": DESK,
    "appeal/decide": SUPERVISORS,
}

STATUS_SAID: Mapping[str, str] = {
    "received": "已收到",
    "accepted": "已受理",
    "declined": "不予受理",
    "returned_to_source": "已退回来源",
    "triage": "研判中",
    "joined": "已并案",
    "in_progress": "办理中",
    "resolved": "已办结",
    "closed": "已结案",
    "reopened": "重新办理中",
    "withdrawn": "已撤回",
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


def standing(status: str, reason: str | None, under: str | None) -> str:
    """The status, or what it means while an answer is awaited: of the source to a return, of a leader to an appeal."""
    if status == "returned_to_source" and under is not None:
        return RETURN_PROPOSED
    return APPEALED if status == "triage" and reason == "appeal" else status


def allowed_in(status: str, role: str) -> list[str]:
    """What a key of this role may do now to an order that it sees. What depends on the moment or on what was asked before is
    judged when it is tried."""
    return sorted(
        action for action, statuses in ALLOWED.items() if status in statuses and (role in BY[action] or role == "admin")
    )


def status_under(case_state: str, status: str) -> str:
    """The order's status once its case is in `case_state`."""
    return status if status in SETTLED else ORDER_OF_CASE[case_state]
