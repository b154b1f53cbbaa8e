"""Events of cases and whistles, folded into what they add up to. One table says what each type adds."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from services.console.models import ENDED, CaseRow, Clock, WhistleRow
from services.kit.contracts.cases import (
    CaseDispatched,
    CaseEvent,
    CaseExclusionTakenBack,
    CaseFeedback,
    CaseMerged,
    CaseOpened,
    CasePaused,
    CaseReassigned,
    CaseRerouted,
    CaseResult,
    WhistleEvent,
)

Changes = dict[str, Any]
"""Names of CaseRow's fields with their new values."""


# Clocks that are only there while the case stands so.
_BESIDE = {"review": "shelved", "statutory": "statutory"}


def fold_case(row: CaseRow | None, name: str, event: CaseEvent) -> CaseRow:
    """`name` is the type without `duoge.` and version. A case whose beginning is not on the topic any more starts with
    the first event there is."""
    row = row or _first(event)
    clocks = _clocks(row, event)
    changes = _common(row, event) | _ADDS.get(name, _nothing)(row, event)
    changes["clocks"] = clocks
    if "resolve" in clocks:
        changes["resolve_due"] = clocks["resolve"].due
    if row.contact_due is None and name == "case.dispatched" and "contact" in clocks:
        changes["contact_due"] = clocks["contact"].due
    return replace(row, **changes)


def fold_whistle_into_case(row: CaseRow | None, event: WhistleEvent) -> CaseRow | None:
    """The case as the whistle leaves it; None for one that is not known here."""
    if row is None:
        return None
    called = tuple(dict.fromkeys((*row.called, *(call.unit for call in event.called))))
    return replace(
        row,
        sequence=event.sequence,
        called=called,
        state=event.state or row.state,
        last_text=event.text,
        changed_at=event.at,
    )


def fold_whistle(row: WhistleRow | None, event: WhistleEvent) -> WhistleRow:
    return WhistleRow(
        whistle_id=event.whistle_id,
        case_id=event.case_id,
        kind=event.kind,
        state=event.whistle_state,
        need=event.need or (row.need if row else ""),
        report_in_by=event.report_in_by,
        blown_at=row.blown_at if row else event.at,
        changed_at=event.at,
        calls=tuple(call.model_dump(mode="json") for call in event.called),
        place=event.place.address,
        meet=event.meet.address if event.meet else (row.meet if row else None),
        by=row.by if row else event.by,
    )


def _first(event: CaseEvent) -> CaseRow:
    return CaseRow(
        case_id=event.case_id,
        sequence=0,
        state=event.state,
        case_class=event.case_class,
        level=event.level,
        concern=event.concern,
        changed_at=event.at,
        opened_at=event.at,
    )


def _clocks(row: CaseRow, event: CaseEvent) -> dict[str, Clock]:
    """Those that were there, with those that the event brings set over them; what stands beside goes with its state."""
    told = event.clocks if isinstance(event, CaseDispatched | CaseReassigned | CasePaused) else []
    concerned = [event.clock] if event.clock else []
    held = dict(row.clocks) | {
        view.kind: Clock(view.kind, view.started, view.due, view.state) for view in (*concerned, *told)
    }
    return {kind: clock for kind, clock in held.items() if _BESIDE.get(kind, event.state) == event.state}


def _common(row: CaseRow, event: CaseEvent) -> Changes:
    place = event.place
    return {
        "sequence": event.sequence,
        "state": event.state,
        "case_class": event.case_class,
        "level": event.level,
        "concern": event.concern,
        "lead": event.lead,
        "assists": tuple(event.assists),
        "light": event.light,
        "lon": place.lon,
        "lat": place.lat,
        "address": place.address,
        "zone": place.zone,
        "grids": dict(place.grids),
        "orders": _orders(row, event),
        "last_text": event.text,
        "changed_at": event.at,
        "closed_at": (row.closed_at or event.at) if event.state in ENDED else None,
        "excluded": event.excluded or (None if isinstance(event, CaseExclusionTakenBack) else row.excluded),
    }


def _orders(row: CaseRow, event: CaseEvent) -> tuple[str, ...]:
    """Kept here where the event names some of them only."""
    if event.whole:
        return tuple(event.orders) or row.orders
    if not row.orders:
        return tuple(event.orders)
    if not isinstance(event, CaseMerged):
        return row.orders
    kept = tuple(one for one in row.orders if one not in event.went) if event.went else row.orders
    return (*kept, *(order_id for order_id in event.came if order_id not in kept))


def _nothing(row: CaseRow, event: CaseEvent) -> Changes:
    return {}


def _opened(row: CaseRow, event: CaseEvent) -> Changes:
    assert isinstance(event, CaseOpened)
    return {
        "title": event.title,
        "summary": event.summary,
        "sub_concern": event.sub_concern,
        "channel": event.channel,
        "kind": event.kind,
        "confidential": event.confidential,
    }


def _dispatched(row: CaseRow, event: CaseEvent) -> Changes:
    assert isinstance(event, CaseDispatched)
    return _opened(row, event) | {
        "rule": event.rule,
        "ground": event.ground,
        "dispatched_at": row.dispatched_at or event.at,
    }


def _rerouted(row: CaseRow, event: CaseEvent) -> Changes:
    """The routing table's word, where it has spoken anew."""
    assert isinstance(event, CaseRerouted)
    return {} if event.rule is None else {"rule": event.rule, "ground": event.ground}


def _contacted(row: CaseRow, event: CaseEvent) -> Changes:
    return {"contacted_at": row.contacted_at or event.at}


def _finished(row: CaseRow, event: CaseEvent) -> Changes:
    assert isinstance(event, CaseResult)
    return {"resolved_at": event.at, "measures": event.measures}


def _reopened(row: CaseRow, event: CaseEvent) -> Changes:
    return {"resolved_at": None, "reopened": row.reopened + 1}


def _statutory(row: CaseRow, event: CaseEvent) -> Changes:
    return {"statutory": True}


def _supervised(row: CaseRow, event: CaseEvent) -> Changes:
    return {"supervised": True}


def _judged(row: CaseRow, event: CaseEvent) -> Changes:
    """The citizen's last word counts; a call that reached nobody changes nothing."""
    assert isinstance(event, CaseFeedback)
    return {
        "verdict": row.verdict if event.resolved is None else event.resolved,
        "satisfaction": event.satisfaction or row.satisfaction,
    } | _counted(row, event)


def _counted(row: CaseRow, event: CaseFeedback) -> Changes:
    """Each citizen's last word, as the rates count it."""
    solved, satisfaction = event.resolved, event.satisfaction
    if solved is None and satisfaction is None:
        return {}
    solved = satisfaction != "dissatisfied" if solved is None else solved
    satisfaction = satisfaction or ("satisfied" if solved else "dissatisfied")
    verdicts = dict(row.verdicts) | {event.order_id or "": [solved, satisfaction]}
    said = [word for _, word in verdicts.values()]
    return {
        "verdicts": verdicts,
        "answered": len(verdicts),
        "solved": sum(done for done, _ in verdicts.values()),
        "satisfied": said.count("satisfied"),
        "fair": said.count("fair"),
    }


def _recurred(row: CaseRow, event: CaseEvent) -> Changes:
    return {"recurred": True}


def _erased(row: CaseRow, event: CaseEvent) -> Changes:
    return {"title": "", "summary": ""}


# What a type brings beside what every event brings.
_ADDS: Mapping[str, Callable[[CaseRow, CaseEvent], Changes]] = {
    "case.opened": _opened,
    "case.dispatched": _dispatched,
    "case.rerouted": _rerouted,
    "case.contacted": _contacted,
    "case.resolved": _finished,
    "case.explained": _finished,
    "case.reopened": _reopened,
    "case.statutory": _statutory,
    "case.supervised": _supervised,
    "case.called_back": _judged,
    "case.feedback": _judged,
    "case.erased": _erased,
    "case.recurred": _recurred,
}
