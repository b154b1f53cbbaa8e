"""What is said about orders that stay where they are: by citizens, by their source, by whoever leaves them out of the rates."""

from dataclasses import replace

from services.dispatch import metrics
from services.dispatch.domain.actors import CITIZEN, SOURCE
from services.dispatch.domain.lifecycle import DONE
from services.dispatch.usecases.following.desk import Desk, found
from services.dispatch.usecases.work import SATISFACTION, called, is_over, judged, reopen
from services.kit.contracts.orders import OrderErased, OrderExcluded, OrderFeedback, OrderSupplemented, OrderUrged


def supplemented(desk: Desk, body: OrderSupplemented) -> None:
    case = found(desk, body, "order.supplemented")
    if case is not None:
        desk.put(
            desk.work.record.add(case, "case.progressed", f"市民补充：{body.content}", actor=CITIZEN, unit=case.lead)
        )


def urged(desk: Desk, body: OrderUrged) -> None:
    case = found(desk, body, "order.urged")
    if case is not None:
        text = f"市民催办：{body.note}" if body.note else "市民催办"
        desk.put(desk.work.record.add(case, "case.urged", text, actor=CITIZEN, unit=case.lead))


def feedback(desk: Desk, body: OrderFeedback) -> None:
    case = found(desk, body, "order.feedback", over=True)
    link = desk.links.get(body.order_id)
    if case is None or link is None:
        return
    work = desk.work
    # While it is being done again, what is said is of the result before.
    of_round = case.round if case.state in DONE or is_over(case) else case.round - 1
    link = replace(link, resolved=body.resolved, satisfaction=body.satisfaction, answered_at=work.now, round=of_round)
    desk.put_link(link)
    case = called(work, case)
    said = "已解决" if body.resolved else "未解决"
    text = f"市民评价：{said}，{SATISFACTION[body.satisfaction]}" + (f"。{body.comment}" if body.comment else "")
    case = work.record.add(
        case,
        "case.feedback",
        text,
        actor=CITIZEN,
        unit=case.lead,
        order_id=body.order_id,
        resolved=body.resolved,
        satisfaction=body.satisfaction,
    )
    case = judged(work, case, link)
    if body.rework and (case.state in DONE or case.state == "closed"):
        case = reopen(work, case, f"来源要求重办，仍由{work.name(case.lead)}主办", SOURCE)
    desk.put(case)


def excluded(desk: Desk, body: OrderExcluded) -> None:
    """Out of the rates, also of a case that is over; where other orders count, the case does."""
    case = desk.case_of(body.order_id)
    if case is None:
        metrics.WITHOUT_CASE.labels("order.excluded").inc()
    elif body.whole_case or case.orders == (body.order_id,):
        after = replace(case, excluded=case.excluded or body.ground)
        name = desk.work.fabric.profile.rates.excluded.get(body.ground, body.ground)
        desk.put(desk.work.record.add(after, "case.progressed", f"考核剔除：{name}", unit=case.lead))


def erased(desk: Desk, body: OrderErased) -> None:
    """The case that this order opened keeps what was done and loses what was said and at whose door: its timeline doesn't
    tell which of its citizens spoke. Cases that others opened are none of this order's words."""
    for case_id in body.cases:
        case = desk.cases.get(case_id)
        links = list(desk.work.links[case_id].values())
        for link in links:
            if link.order_id == body.order_id and link.person is not None:
                desk.put_link(replace(link, person=None))
        first = min(links, key=lambda link: (link.since, link.order_id), default=None)
        if case is None or first is None or first.order_id != body.order_id or case_id in desk.erased:
            continue
        desk.erased.add(case_id)
        bare = replace(case, title="", summary="", place=case.place.roughly())
        desk.put(desk.work.record.add(bare, "case.erased", "市民的原话已按规定删除", title="", summary=""))
