"""What may be done to a case: in which states, by whom, and what comes of it. A table to print."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from services.kit.contracts.cases import CaseState

Action = Literal[
    "sign",
    "contact",
    "return",
    "rule",
    "transfer",
    "reclassify",
    "progress",
    "assign",
    "extend",
    "approve",
    "refuse",
    "defer",
    "resume",
    "shelve",
    "unshelve",
    "review",
    "statutory",
    "climb",
    "resolve",
    "explain",
    "verify",
    "callback",
    "recheck",
    "close",
    "reopen",
    "supervise",
    "urge",
]
ACTIONS: tuple[str, ...] = get_args(Action)

# 主办, 协办, 被吹哨的, 派单台 (duty desk, district, admin), 区 (district, admin), 本综合网格的网格长和网格员.
Standing = Literal["lead", "assist", "called", "dispatcher", "district", "grid"]

STATES: tuple[CaseState, ...] = get_args(CaseState)
FINAL: frozenset[CaseState] = frozenset({"closed", "withdrawn"})
ALIVE: frozenset[CaseState] = frozenset(STATES) - FINAL
UNSIGNED: frozenset[CaseState] = frozenset({"dispatched", "reopened"})
AT_WORK: frozenset[CaseState] = frozenset({"signed", "in_progress"})
STANDING_STILL: frozenset[CaseState] = frozenset({"deferred", "shelved"})
RESULT: frozenset[CaseState] = frozenset({"resolved", "explained"})
DONE: frozenset[CaseState] = RESULT | {"verified"}
# Where the lead still owes something: these states climb when a limit passes.
OWED: frozenset[CaseState] = UNSIGNED | AT_WORK | {"open"}

_LEAD = frozenset[Standing]({"lead", "dispatcher"})
_DESK = frozenset[Standing]({"dispatcher"})
_TEAM = frozenset[Standing]({"lead", "assist", "called", "grid", "dispatcher"})
_OTHERS = frozenset[Standing]({"assist", "called", "grid", "dispatcher"})


@dataclass(frozen=True, slots=True)
class Transition:
    """`to` None: the state stays, or the action itself decides (a request that has to be agreed to first, a callback's
    answer). `event` is the one it is told by; those that answer a request or a citizen may tell more."""

    action: Action
    states: frozenset[CaseState]
    by: frozenset[Standing]
    to: CaseState | None
    event: str


TABLE: tuple[Transition, ...] = (
    Transition("sign", UNSIGNED, _LEAD, "signed", "case.signed"),
    Transition("contact", UNSIGNED | AT_WORK | {"statutory"}, _LEAD, None, "case.contacted"),
    Transition("return", frozenset({"dispatched", "signed"}), _LEAD, "open", "case.returned"),
    Transition("rule", OWED | {"statutory"}, _DESK, "dispatched", "case.ruled"),
    Transition("transfer", OWED, _LEAD, "dispatched", "case.transferred"),
    Transition("reclassify", ALIVE - DONE, _DESK, None, "case.progressed"),
    Transition("progress", AT_WORK, _TEAM, "in_progress", "case.progressed"),
    Transition("progress", STANDING_STILL | {"statutory"}, _TEAM, None, "case.progressed"),
    Transition("assign", AT_WORK | {"statutory"}, _LEAD, None, "case.progressed"),
    Transition("extend", AT_WORK, _LEAD, None, "case.extended"),
    Transition("approve", AT_WORK | STANDING_STILL, _DESK, None, "case.extended"),
    Transition("refuse", AT_WORK | STANDING_STILL, _DESK, None, "case.progressed"),
    Transition("defer", AT_WORK, _LEAD, "deferred", "case.deferred"),
    Transition("resume", frozenset({"deferred", "statutory"}), _LEAD, None, "case.resumed"),
    Transition("shelve", AT_WORK | {"deferred"}, _LEAD, None, "case.shelved"),
    Transition("unshelve", frozenset({"shelved"}), _LEAD, "in_progress", "case.unshelved"),
    Transition("review", frozenset({"shelved"}), _DESK, None, "case.progressed"),
    Transition("statutory", AT_WORK, _LEAD, "statutory", "case.statutory"),
    Transition("climb", OWED, _LEAD, None, "case.climbed"),
    Transition("resolve", AT_WORK | {"statutory"}, _LEAD, "resolved", "case.resolved"),
    Transition("explain", AT_WORK | {"statutory"}, _LEAD, "explained", "case.explained"),
    Transition("verify", RESULT, _OTHERS, "verified", "case.verified"),
    Transition("callback", DONE | {"closed"}, _OTHERS, None, "case.called_back"),
    Transition("recheck", frozenset({"closed"}), _OTHERS, None, "case.rechecked"),
    Transition("close", frozenset({"verified"}), _DESK, "closed", "case.closed"),
    Transition("reopen", DONE | {"closed"}, _DESK, "reopened", "case.reopened"),
    Transition("supervise", ALIVE, _DESK, None, "case.supervised"),
    Transition("urge", ALIVE - DONE, _TEAM, None, "case.urged"),
)


def transition(action: str, state: CaseState) -> Transition | None:
    return next((row for row in TABLE if row.action == action and state in row.states), None)


def by_whom(action: str) -> frozenset[Standing]:
    """Everybody who may ever do it."""
    return frozenset().union(*(row.by for row in TABLE if row.action == action))


def allowed_in(state: CaseState, standing: Collection[Standing]) -> list[str]:
    """What somebody who stands so to the case may do now."""
    return sorted({row.action for row in TABLE if state in row.states and row.by & set(standing)})


def printed() -> str:
    """The table for people, a row a line."""
    lines = ["动作 | 可用状态 | 谁 | 之后 | 事件"]
    for row in TABLE:
        states = " ".join(state for state in STATES if state in row.states)
        lines.append(f"{row.action} | {states} | {' '.join(sorted(row.by))} | {row.to or '不变'} | {row.event}")
    return "\n".join(lines)
