"""An order becomes a case: routed as of now, opened and dispatched at once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.dispatch import metrics
from services.dispatch.domain import clocks, moves
from services.dispatch.domain.routing.decide import Decision, decide_many
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.models import Case, Decided, OrderLink
from services.dispatch.usecases.work import Work, views
from services.fabric.profile import Profile
from services.kit.contracts.orders import OrderAccepted, OrderEvent
from services.kit.contracts.payload import Place

_NAMED_ASSISTS = 3


def open_cases(work: Work, table: RuleTable, begun: Mapping[str, OrderAccepted], ordered: bool = True) -> list[Case]:
    """`begun`: the case's id and the order that begins it. One for each, in their order; the fabric's version that routed
    it stays with the case. Not `ordered`: a finding of our own in an order's shape; nobody waits for an answer."""
    orders = list(begun.values())
    decisions = decide_many(work.fabric, table, [_matter(work.fabric.profile, order) for order in orders], work.now)
    return [
        _open(work, case_id, order, decision, ordered)
        for (case_id, order), decision in zip(begun.items(), decisions, strict=True)
    ]


def link_of(profile: Profile, case_id: str, order: OrderEvent, now: datetime) -> OrderLink:
    channel = profile.channel(order.channel)
    return OrderLink(
        order_id=order.order_id,
        case_id=case_id,
        since=now,
        source=order.source,
        channel=order.channel,
        kind=order.kind,
        callback_by=channel.callback_by if channel else "us",
        anonymous=isinstance(order, OrderAccepted) and order.anonymous,
        person=order.person if isinstance(order, OrderAccepted) else None,
    )


def _open(work: Work, case_id: str, order: OrderAccepted, decision: Decision, ordered: bool) -> Case:
    metrics.DECISIONS.labels("yes" if decision.fallback else "no").inc()
    profile = work.fabric.profile
    kind = profile.kind(order.kind) if order.kind else None
    case = Case(
        case_id=case_id,
        sequence=0,
        state="open",
        case_class=decision.case_class,
        level=decision.level,
        concern=order.concern,
        sub_concern=order.sub_concern,
        lead=decision.lead,
        assists=moves.without(decision.assists, decision.lead),
        title=order.title,
        summary=order.content,
        channel=order.channel,
        kind=order.kind,
        confidential=order.confidential or (kind is not None and kind.confidential),
        place=_place(order.place, decision),
        fabric_version=decision.fabric_version,
        decision=decided(decision, order.emergency),
        opened_at=work.now,
        dispatched_at=work.now,
        changed_at=work.now,
        orders=(order.order_id,) if ordered else (),
        source_due=order.source_due,
        excluded=None if kind is None or kind.counted else kind.code,
    )
    if ordered:
        work.put(link_of(profile, case.case_id, order, work.now))
    about: dict[str, Any] = {
        "title": case.title,
        "summary": case.summary,
        "sub_concern": case.sub_concern,
        "channel": case.channel,
        "kind": case.kind,
        "confidential": case.confidential,
        "fabric_version": case.fabric_version,
    }
    name = profile.concern_name(case.matter)
    where = f"，{case.place.address}" if case.place.address else ""
    again = "（短期内复发）" if order.recurs else ""
    case = work.record.add(case, "case.opened", f"立案：{name}{where}{again}", **about)
    return _dispatch(work, case, decision, about)


def _dispatch(work: Work, case: Case, decision: Decision, about: dict[str, Any]) -> Case:
    after = replace(case, state="dispatched", clocks=_first_clocks(work, case))
    return work.record.add(
        after,
        "case.dispatched",
        _said(work, after, decision),
        unit=after.lead,
        clock=clocks.find(after.clocks, "sign"),
        reason=decision.reason,
        **about,
        rule=decision.rule,
        rule_version=decision.version,
        ground=decision.ground,
        clocks=views(after),
    )


def _first_clocks(work: Work, case: Case) -> clocks.Clocks:
    """Reckoned once for all cases of the batch that begin now with the same limits and the same lead."""
    like = (case.decision.clocks, case.matter, case.lead, case.source_due)
    if like not in work.begun:
        work.begun[like] = moves.first_clocks(work.fabric, case, work.now).clocks
    return work.begun[like]


def _said(work: Work, case: Case, decision: Decision) -> str:
    names = [work.name(unit) for unit in case.assists]
    helped = f"，{'、'.join(names[:_NAMED_ASSISTS])}{'等' if len(names) > _NAMED_ASSISTS else ''}协办" if names else ""
    duty = f"。{decision.duty}" if decision.duty else ""
    return f"派{work.name(case.lead)}主办{helped}{duty}"


def _matter(profile: Profile, order: OrderAccepted) -> Matter:
    place = order.place
    return Matter(
        concern=order.concern,
        sub_concern=order.sub_concern,
        category=order.category,
        channel=order.channel,
        kind=order.kind,
        zone=place.zone,
        emergency=order.emergency,
        text=f"{order.title}\n{order.content}",
        lon=place.lon,
        lat=place.lat,
        grids=place.grids,
        confidential=order.confidential,
        address=place.address or "",
        least=profile.marks.least(order.supervised, order.source_urgency, order.repeat_of is not None),
    )


def _place(place: Place, decision: Decision) -> Place:
    """On the grids that routed it: intake may have located the order on an earlier version of the fabric."""
    grids, zone = decision.inputs["grids"], decision.inputs["zone"]
    if place.grids == grids and place.zone == zone:
        return place
    return place.model_copy(update={"grids": grids, "zone": zone})


def decided(decision: Decision, emergency: bool | None) -> Decided:
    return Decided(
        rule=decision.rule,
        version=decision.version,
        reason=decision.reason,
        ground=decision.ground,
        clocks=decision.clocks,
        alternatives=tuple({"rule": one.rule, "lead": one.lead, "reason": one.reason} for one in decision.alternatives),
        fallback=decision.fallback,
        whistle=decision.whistle,
        emergency=emergency,
    )
