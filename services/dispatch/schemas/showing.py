"""A case and a whistle as people and machines outside see them."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks, meetings, parts, slips
from services.dispatch.domain.whistle.model import Call, Nod, Paging, Whistle
from services.dispatch.models import Case, ClockRow, Entry, JointPart, Request, Slip
from services.dispatch.schemas.followed import meeting_json, rectification_json


def case_json(case: Case, now: datetime) -> dict[str, Any]:
    """JSON of the contract's shape, without the timeline."""
    return {
        "case_id": case.case_id,
        "version": case.version,
        "state": case.state,
        "class": case.case_class,
        "level": case.level,
        "concern": case.concern,
        "sub_concern": case.sub_concern,
        "title": case.title,
        "summary": case.summary,
        "channel": case.channel,
        "kind": case.kind,
        "confidential": case.confidential,
        "light": clocks.light_at(case.clocks, now),
        "lead": case.lead,
        "assists": list(case.assists),
        "called": list(case.called),
        "orders": list(case.orders),
        "place": case.place.model_dump(),
        "fabric_version": case.fabric_version,
        "opened_at": case.opened_at.isoformat(),
        "dispatched_at": case.dispatched_at.isoformat(),
        "changed_at": case.changed_at.isoformat(),
        "clocks": [clock_json(clock) for clock in clocks.shown(case.clocks, case.round)],
        "decision": _decision(case),
        "excluded": case.excluded,
        "recurrences": case.course.recurrences,
        "request": _request(case.course.request),
        "slips": [slip_json(case.case_id, slip, now) for slip in case.course.slips],
        "parts": [part_json(part, state) for part, state in parts.shown(case)],
        "shelving": shelving_json(case, now),
        "procedure": _procedure(case, now),
        "verifier": case.course.verifier,
        "waits_for_meeting": meetings.waits_for(case),
        "meetings": [meeting_json(one, case, now) for one in case.course.meetings],
        "rectifications": [rectification_json(case.case_id, one, now) for one in case.course.rectifications],
    }


def slip_json(case_id: str, slip: Slip, now: datetime) -> dict[str, Any]:
    told = asdict(slip) | {"case_id": case_id, "light": slips.light(slip, now)}
    told["overdue"] = slip.overdue or told["light"] == "red"
    for inside in ("yellow_at", "warned"):
        del told[inside]
    return {name: _iso(value) if isinstance(value, datetime) else value for name, value in told.items()}


def part_json(part: JointPart, state: str) -> dict[str, Any]:
    return {"unit": part.unit, "state": state, "asked": part.asked, "said": part.said, "done_at": _iso(part.done_at)}


def shelving_json(case: Case, now: datetime) -> dict[str, Any] | None:
    """Only while it is shelved."""
    held = case.course.shelving
    if held is None or case.state != "shelved":
        return None
    review = clocks.find(case.clocks, "review")
    return {
        "since": held.since.isoformat(),
        "reason": held.reason,
        "signed_by": held.signed_by,
        "office": held.office,
        "review_due": _iso(review.due) if review else None,
        "review_overdue": review is not None and review.due <= now,
        "reviewed_at": _iso(held.reviewed_at),
    }


def _procedure(case: Case, now: datetime) -> dict[str, Any] | None:
    held = case.course.procedure
    if held is None:
        return None
    clock = clocks.find(case.clocks, "statutory", open_only=False)
    waiting = clock is not None and clock.open and case.state == "statutory"
    return {
        "since": held.since.isoformat(),
        "name": held.name,
        "basis": held.basis,
        "term": held.term,
        "due": _iso(clock.due) if clock else None,
        "overdue": clock is not None and ((waiting and clock.due <= now) or clock.state == "late"),
        "result": held.result,
        "result_at": _iso(held.result_at),
    }


def case_with_timeline(case: Case, entries: Iterable[Entry], now: datetime) -> dict[str, Any]:
    lines = list(entries)
    return case_json(case, now) | {"timeline": timeline_json(lines), "timeline_before": earlier_than(lines)}


def timeline_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [_line(entry) for entry in entries]


def earlier_than(entries: list[Entry]) -> int | None:
    """The number before which there are more; None when these begin with the first."""
    first = entries[0].sequence if entries else 1
    return first if first > 1 else None


def whistle_json(whistle: Whistle) -> dict[str, Any]:
    return {
        "whistle_id": whistle.whistle_id,
        "case_id": whistle.case_id,
        "version": whistle.version,
        "kind": whistle.kind,
        "kind_name": whistle.kind_name,
        "state": whistle.state,
        "need": whistle.need,
        "place": whistle.place.model_dump(),
        "meet": {
            "lon": whistle.meet.lon,
            "lat": whistle.meet.lat,
            "address": whistle.meet.address,
            "at": _iso(whistle.meet.at),
        },
        "blown_by": whistle.blown_by,
        "blown_unit": whistle.blown_unit,
        "blown_at": whistle.blown_at.isoformat(),
        "report_in_by": whistle.report_in_by.isoformat(),
        "second_by": _iso(whistle.second_by),
        "calls": [_call(call) for call in whistle.calls],
        "missing": [call.unit for call in whistle.owed] if whistle.blown else [],
        "matter": whistle.matter,
        "ground": whistle.ground,
        "nod": _nod(whistle.nod),
        "paging": _paging(whistle.paging),
    }


def whistle_with_timeline(whistle: Whistle, timeline: Iterable[Entry]) -> dict[str, Any]:
    marks = [
        {"by": held.by or None, "of": held.of, "marks": dict(held.marks), "at": held.at.isoformat()}
        for held in whistle.marks
    ]
    return whistle_json(whistle) | {"marks": marks, "timeline": [_line(entry) for entry in timeline]}


def _line(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "type": entry.type,
        "text": entry.text,
        "by": entry.by_name,
        "unit": entry.unit,
    }


def clock_json(clock: ClockRow) -> dict[str, Any]:
    return {
        "kind": clock.kind,
        "started": clock.started.isoformat(),
        "due": clock.due.isoformat(),
        "state": clock.state,
        "provisional": clock.provisional,
    }


def _decision(case: Case) -> dict[str, Any]:
    decision = case.decision
    return {
        "rule": decision.rule,
        "version": decision.version,
        "reason": decision.reason,
        "ground": decision.ground,
        "alternatives": [dict(one) for one in decision.alternatives],
        "fallback": decision.fallback,
    }


def _request(request: Request | None) -> dict[str, Any] | None:
    if request is None:
        return None
    return asdict(request) | {"until": request.until.isoformat() if request.until else None}


def _call(call: Call) -> dict[str, Any]:
    return {
        "unit": call.unit,
        "state": call.state,
        "late": call.late,
        "reported_at": _iso(call.reported_at),
        "escalated_to": list(call.escalated_to),
        "vouched": call.vouched,
        "released": call.released,
        "substitute": call.substitute,
        "answered_at": _iso(call.answered_at),
        "helper": call.helper,
    }


def _nod(nod: Nod | None) -> dict[str, Any] | None:
    return (
        {"state": nod.state, "by": nod.by, "at": _iso(nod.at), "note": nod.note, "reminded": nod.reminded}
        if nod
        else None
    )


def _paging(paging: Paging | None) -> dict[str, Any] | None:
    if paging is None:
        return None
    return {"rounds": paging.rounds, "every_seconds": paging.seconds, "volunteers": list(paging.volunteers)}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
