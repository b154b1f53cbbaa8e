"""A case as people and machines outside see it."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks
from services.dispatch.models import Case, ClockRow, Entry, Request


def shown(case: Case, now: datetime) -> dict[str, Any]:
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
        "clocks": [_clock(clock) for clock in clocks.shown(case.clocks, case.round)],
        "decision": _decision(case),
        "excluded": case.excluded,
        "request": _request(case.course.request),
    }


def with_timeline(case: Case, entries: Iterable[Entry], now: datetime) -> dict[str, Any]:
    lines = [
        {"at": entry.at.isoformat(), "type": entry.type, "text": entry.text, "by": entry.by_name, "unit": entry.unit}
        for entry in entries
    ]
    return shown(case, now) | {"timeline": lines}


def _clock(clock: ClockRow) -> dict[str, Any]:
    return {
        "kind": clock.kind,
        "started": clock.started.isoformat(),
        "due": clock.due.isoformat(),
        "state": clock.state,
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
