"""Events of cases and whistles, folded into what the registry keeps of them: the case as it is, and the signs that a
place is nobody's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.grids.domain.spots import spot_of
from services.kit.contracts.cases import CaseEvent, WhistleEvent
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Payload, Place

Reason = Literal["returned", "repeated", "unmet"]
FINAL = frozenset({"closed", "withdrawn"})
# Which event speaks of ground that nobody wants; a case that comes again after it was closed is found by the rows.
SIGNS: Mapping[str, Reason] = {
    "case.returned": "returned",
    "case.reopened": "repeated",
    "whistle.missing": "unmet",
    "whistle.exhausted": "unmet",
}
# Who leads: named by people or by a passed limit (True), by the routing table (False). A change of the fabric leaves the
# former alone; that it has been rerouted says nothing of this.
_SETTLED: Mapping[str, bool] = {
    "case.ruled": True,
    "case.transferred": True,
    "case.climbed": True,
    "case.dispatched": False,
}


@dataclass(frozen=True, slots=True)
class FollowedCase:
    """`orders` are how many reports it is made of; `settled` None: the events say nothing of it. `closed_at` None: it is
    open."""

    case_id: str
    sequence: int
    state: str
    concern: str
    lead: str | None
    assists: tuple[str, ...]
    place: Place
    orders: int
    opened_at: datetime
    changed_at: datetime
    settled: bool | None = None
    fabric_version: int | None = None
    closed_at: datetime | None = None

    @property
    def spot(self) -> str | None:
        return spot_of(self.place.lon, self.place.lat, self.place.grids)


@dataclass(frozen=True, slots=True)
class Sign:
    """One time that a place bounced. `subject`: the case, or the whistle of no case; with `sequence` it is this event."""

    spot: str
    reason: Reason
    subject: str
    sequence: int
    at: datetime
    concern: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Followed:
    """`begun` are cases opened in these events: some of them may come again where one was closed before."""

    cases: tuple[FollowedCase, ...]
    signs: tuple[Sign, ...]
    begun: tuple[str, ...]


def follow(events: Iterable[tuple[Event, Payload]]) -> Followed:
    """In their order. Of a case that is known already the rows are laid over what is kept."""
    cases: dict[str, FollowedCase] = {}
    signs: list[Sign] = []
    begun: list[str] = []
    for event, body in events:
        if isinstance(body, CaseEvent):
            cases[body.case_id] = _laid_over(cases.get(body.case_id), event.name, body)
            if event.name == "case.opened":
                begun.append(body.case_id)
        if isinstance(body, CaseEvent | WhistleEvent) and event.name in SIGNS:
            spot = spot_of(body.place.lon, body.place.lat, body.place.grids)
            if spot is not None:
                reason = SIGNS[event.name]
                signs.append(Sign(spot, reason, event.subject, event.sequence, body.at, body.concern, body.place))
    return Followed(tuple(cases.values()), tuple(signs), tuple(begun))


def _laid_over(held: FollowedCase | None, name: str, body: CaseEvent) -> FollowedCase:
    settled = _SETTLED.get(name, held.settled if held else None)
    version: int | None = getattr(body, "fabric_version", None)
    over = body.state in FINAL
    told = FollowedCase(
        case_id=body.case_id,
        sequence=body.sequence,
        state=body.state,
        concern=body.concern,
        lead=body.lead,
        assists=tuple(body.assists),
        place=body.place,
        orders=body.counted,
        opened_at=body.at,
        changed_at=body.at,
        settled=settled,
        fabric_version=version,
        closed_at=body.at if over else None,
    )
    if held is None:
        return told
    return replace(
        told,
        opened_at=held.opened_at,
        orders=max(told.orders, held.orders),
        fabric_version=version or held.fabric_version,
        closed_at=(held.closed_at or body.at) if over else None,
    )
