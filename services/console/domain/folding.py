"""Events of cases and whistles, folded into what they add up to. One table says what each type adds."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from services.console.models import ENDED, CaseRow, Clock, WhistleRow
from services.kit.contracts.cases import (
    CaseDispatched,
    CaseEvent,
    CaseFeedback,
    CaseOpened,
    CaseReassigned,
    CaseResult,
    ClockView,
    WhistleEvent,
)


def fold_case(row: CaseRow | None, name: str, event: CaseEvent) -> CaseRow:
    """`name` is the type without `duoge.` and version. A case whose beginning is not on the topic any more starts with
    the first event there is."""
    row = _common(row or _first(event), event)
    row = _ADDS.get(name, _nothing)(row, event)
    resolve = row.clocks.get("resolve")
    return replace(
        row,
        resolve_due=resolve.due if resolve else row.resolve_due,
        closed_at=(row.closed_at or event.at) if event.state in ENDED else None,
    )


def fold_whistle_into_case(row: CaseRow | None, event: WhistleEvent) -> CaseRow | None:
    """The case as the whistle leaves it; None for one that is not known here."""
    if row is None:
        return None
    called = tuple(dict.fromkeys((*row.called, *(call.unit for call in event.calls))))
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
        calls=tuple(call.model_dump(mode="json") for call in event.calls),
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


def _common(row: CaseRow, event: CaseEvent) -> CaseRow:
    place = event.place
    return replace(
        row,
        sequence=event.sequence,
        state=event.state,
        case_class=event.case_class,
        level=event.level,
        concern=event.concern,
        lead=event.lead,
        assists=tuple(event.assists),
        light=event.light,
        lon=place.lon,
        lat=place.lat,
        address=place.address,
        zone=place.zone,
        grids=dict(place.grids),
        orders=tuple(event.orders) or row.orders,
        clocks=dict(row.clocks) | ({event.clock.kind: _clock(event.clock)} if event.clock else {}),
        last_text=event.text,
        changed_at=event.at,
    )


def _clock(view: ClockView) -> Clock:
    return Clock(view.kind, view.started, view.due, view.state)


def _clocks(row: CaseRow, views: list[ClockView]) -> CaseRow:
    return replace(row, clocks=dict(row.clocks) | {view.kind: _clock(view) for view in views})


def _nothing(row: CaseRow, event: CaseEvent) -> CaseRow:
    return row


def _opened(row: CaseRow, event: CaseEvent) -> CaseRow:
    assert isinstance(event, CaseOpened)
    return replace(
        row,
        title=event.title,
        summary=event.summary,
        sub_concern=event.sub_concern,
        channel=event.channel,
        kind=event.kind,
        confidential=event.confidential,
    )


def _dispatched(row: CaseRow, event: CaseEvent) -> CaseRow:
    assert isinstance(event, CaseDispatched)
    row = _clocks(_opened(row, event), event.clocks)
    contact = row.clocks.get("contact")
    return replace(
        row,
        rule=event.rule,
        ground=event.ground,
        dispatched_at=row.dispatched_at or event.at,
        contact_due=row.contact_due or (contact.due if contact else None),
    )


def _reassigned(row: CaseRow, event: CaseEvent) -> CaseRow:
    assert isinstance(event, CaseReassigned)
    return _clocks(row, event.clocks)


def _contacted(row: CaseRow, event: CaseEvent) -> CaseRow:
    return replace(row, contacted_at=row.contacted_at or event.at)


def _finished(row: CaseRow, event: CaseEvent) -> CaseRow:
    assert isinstance(event, CaseResult)
    return replace(row, resolved_at=event.at, measures=event.measures)


def _reopened(row: CaseRow, event: CaseEvent) -> CaseRow:
    return replace(row, resolved_at=None, reopened=row.reopened + 1)


def _statutory(row: CaseRow, event: CaseEvent) -> CaseRow:
    return replace(row, statutory=True)


def _supervised(row: CaseRow, event: CaseEvent) -> CaseRow:
    return replace(row, supervised=True)


def _judged(row: CaseRow, event: CaseEvent) -> CaseRow:
    """The citizen's last word counts; a call that reached nobody changes nothing."""
    assert isinstance(event, CaseFeedback)
    return replace(
        row,
        verdict=row.verdict if event.resolved is None else event.resolved,
        satisfaction=event.satisfaction or row.satisfaction,
    )


_ADDS: Mapping[str, Callable[[CaseRow, CaseEvent], CaseRow]] = {
    "case.opened": _opened,
    "case.dispatched": _dispatched,
    "case.returned": _reassigned,
    "case.ruled": _reassigned,
    "case.transferred": _reassigned,
    "case.rerouted": _reassigned,
    "case.climbed": _reassigned,
    "case.contacted": _contacted,
    "case.resolved": _finished,
    "case.explained": _finished,
    "case.reopened": _reopened,
    "case.statutory": _statutory,
    "case.supervised": _supervised,
    "case.called_back": _judged,
    "case.feedback": _judged,
}
