"""HTTP out: rows as JSON, with the names of codes beside them."""

from typing import Any

from services.console.domain.countdown import next_clock
from services.console.domain.wording import SETTLED, STATES, Words, event_word
from services.console.models import CaseRow, Clock, Entry, OrderRow, WhistleRow
from services.fabric.rates import Figure, Report


def case_json(row: CaseRow, words: Words) -> dict[str, Any]:
    clock = next_clock(row.clocks)
    return {
        "case_id": row.case_id,
        "sequence": row.sequence,
        "title": words.title(row),
        "summary": row.summary,
        "state": row.state,
        "state_name": STATES.get(row.state, row.state),
        "class": row.case_class,
        "class_name": words.case_class(row.case_class),
        "level": row.level,
        "concern": row.concern,
        "sub_concern": row.sub_concern,
        "concern_name": words.concern(row),
        "light": row.light,
        "lead": row.lead,
        "lead_name": words.unit(row.lead),
        "assists": list(row.assists),
        "called": list(row.called),
        "channel": row.channel,
        "kind": row.kind,
        "confidential": row.confidential,
        "place": {"lon": row.lon, "lat": row.lat, "address": row.address, "zone": row.zone, "grids": dict(row.grids)},
        "orders": list(row.orders),
        "clocks": [clock_json(each) for each in row.clocks.values()],
        "next_clock": clock_json(clock) if clock else None,
        "opened_at": _iso(row.opened_at),
        "dispatched_at": _iso(row.dispatched_at),
        "contacted_at": _iso(row.contacted_at),
        "contacted_in_time": in_time(row),
        "resolved_at": _iso(row.resolved_at),
        "closed_at": _iso(row.closed_at),
        "changed_at": _iso(row.changed_at),
        "measures": row.measures,
        "citizen_says_resolved": row.verdict,
        "satisfaction": row.satisfaction,
        "reopened": row.reopened,
        "statutory": row.statutory,
        "supervised": row.supervised,
    }


def in_time(row: CaseRow) -> bool | None:
    """Whether the citizen was contacted in time; None before that, or where there is no such clock."""
    if row.contacted_at is None or row.contact_due is None:
        return None
    return row.contacted_at <= row.contact_due


def clock_json(clock: Clock) -> dict[str, Any]:
    return {
        "kind": clock.kind,
        "started": clock.started.isoformat(),
        "due": clock.due.isoformat(),
        "state": clock.state,
    }


def entry_json(entry: Entry, words: Words) -> dict[str, Any]:
    step = words.profile.step_of(entry.type) if words.profile else None
    return {
        "at": entry.at.isoformat(),
        "type": entry.type,
        "type_name": event_word(entry.type),
        "step": step.name if step else None,
        "text": entry.text,
        "by": entry.by,
        "unit": entry.unit,
        "reason": entry.reason,
        "whistle_id": entry.whistle_id,
        "detail": dict(entry.detail),
    }


def order_json(order: OrderRow, words: Words) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "external_id": order.external_id,
        "channel": order.channel,
        "channel_name": words.channel(order.channel),
        "kind": order.kind,
        "title": order.title,
        "settled": order.status if order.status in SETTLED else None,
        "reported_at": order.reported_at.isoformat(),
        "satisfaction": order.satisfaction,
    }


def whistle_json(whistle: WhistleRow, words: Words) -> dict[str, Any]:
    return {
        "whistle_id": whistle.whistle_id,
        "case_id": whistle.case_id,
        "kind": whistle.kind,
        "kind_name": words.whistle_kind(whistle.kind),
        "state": whistle.state,
        "need": whistle.need,
        "report_in_by": whistle.report_in_by.isoformat(),
        "blown_at": whistle.blown_at.isoformat(),
        "calls": [dict(call) | {"unit_name": words.unit(call["unit"])} for call in whistle.calls],
    }


def report_json(report: Report) -> dict[str, Any]:
    return {
        "formula": report.formula,
        "score": report.score,
        "rates": {figure.code: _figure(figure) for figure in report.figures},
        "on_time": _figure(report.on_time),
        "waiting": report.waiting,
        "excluded": dict(report.excluded),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "value": figure.value,
        "weight": figure.weight,
        "formula": f"{figure.over} ÷ {figure.of}",
        "small_sample": figure.small,
    }


def _iso(at: Any) -> str | None:
    return at.isoformat() if at is not None else None
