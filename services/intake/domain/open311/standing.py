"""How an order stands, in the two words of GeoReport; which of its steps the public reads; what an update asks for.
Tables to print."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from services.intake.domain.lifecycle import SETTLED
from services.intake.models import Order

Standing = Literal["open", "closed"]
Intent = Literal["supplement", "unresolved", "resolved", "withdraw", "appeal"]

# What the unit calls resolved stays open until it has been verified.
CLOSED = SETTLED | {"closed"}

# Steps between units (returns, rulings, whistles, slips) and the reporter's own words are nobody else's to read.
TOLD: Mapping[str, Standing] = {
    "order.received": "open",
    "order.accepted": "open",
    "order.triaged": "open",
    "order.joined": "open",
    "order.split": "open",
    "order.declined": "closed",
    "order.returned_to_source": "closed",
    "order.withdrawn": "closed",
    "case.opened": "open",
    "case.dispatched": "open",
    "case.transferred": "open",
    "case.progressed": "open",
    "case.extended": "open",
    "case.deferred": "open",
    "case.resumed": "open",
    "case.shelved": "open",
    "case.unshelved": "open",
    "case.statutory": "open",
    "case.resolved": "open",
    "case.explained": "open",
    "case.verified": "open",
    "case.reopened": "open",
    "case.closed": "closed",
    "case.withdrawn": "closed",
}

# The extended statuses that clients of the updates extension write, with what they say about the matter.
MEANING: Mapping[str, Literal["open", "fixed", "cancelled"]] = {
    "open": "open",
    "reopen": "open",
    "reopened": "open",
    "confirmed": "open",
    "investigating": "open",
    "in_progress": "open",
    "planned": "open",
    "action_scheduled": "open",
    "internal_referral": "open",
    "for_triage": "open",
    "fixed": "fixed",
    "closed": "fixed",
    "no_further_action": "fixed",
    "not_councils_responsibility": "fixed",
    "unable_to_fix": "fixed",
    "duplicate": "fixed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "withdrawn": "cancelled",
}
_AFTER_WORK = {"open": "unresolved", "fixed": "resolved", "cancelled": "withdraw"}
_IN_WORK = {"open": "supplement", "fixed": "supplement", "cancelled": "withdraw"}


def standing(status: str) -> Standing:
    return "closed" if status in CLOSED else "open"


def meaning_of(status: str) -> Literal["open", "fixed", "cancelled"] | None:
    return MEANING.get(status.strip().lower().replace(" ", "_").replace("-", "_"))


def intent(meaning: str, status: str) -> str:
    """What the reporter's update does to an order of this status; whether that is allowed the command says. Who calls a
    matter open that we call done says that it is not."""
    if status == "declined":
        return "appeal"
    return (_AFTER_WORK if status in ("resolved", "closed") else _IN_WORK)[meaning]


def withheld(order: Order) -> bool:
    """Whether the words of an order are not shown: nobody has judged it yet, or it was declined, perhaps for what it
    says."""
    return order.status in ("received", "declined") or order.reason == "decline_proposed"


def told(progress: Sequence[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    """The steps for the public, each with its place among all: a step keeps it for ever."""
    return [(place, step) for place, step in enumerate(progress) if step["type"] in TOLD]


def closed_at(progress: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When the last step that closed it was taken."""
    ends = [step["at"] for _, step in told(progress) if TOLD[step["type"]] == "closed"]
    return datetime.fromisoformat(ends[-1]) if ends else None
