"""回访: we call those whose source does not call them itself, each person once, on three different days at most."""

from dataclasses import replace

from services.dispatch.domain import callbacks, clocks
from services.dispatch.domain.callbacks import Reporter
from services.dispatch.domain.lifecycle import DONE
from services.dispatch.errors import not_now
from services.dispatch.models import Case, OrderLink
from services.dispatch.usecases import work as doing
from services.dispatch.usecases.actions.asked import Act
from services.kit.problems import wrong


def callback(act: Act, case: Case) -> Case:
    """With a verdict, without one (a call that was made), or a try that reached nobody."""
    reporter, link = _asked_about(act, case)
    resolved, satisfaction = act.asked.resolved, act.asked.satisfaction
    silent = resolved is None and satisfaction is None
    if not act.asked.reached:
        if not silent:
            raise wrong("/reached", "没有联系上就没有评价：打通了请去掉 reached，没打通请去掉 resolved 和 satisfaction")
        return _not_reached(act, case, reporter, link)
    said = {True: "已解决", False: "未解决", None: ""}[resolved]
    verdict = "，".join(filter(None, (said, doing.SATISFACTION.get(satisfaction or "", ""))))
    judged = satisfaction != "dissatisfied" if resolved is None else resolved
    answered = replace(link, round=case.round)
    if not silent:
        answered = replace(
            answered,
            resolved=judged,
            satisfaction=satisfaction or ("satisfied" if judged else "dissatisfied"),
            answered_at=act.now,
        )
    act.work.put(answered)
    told = act.tell(
        doing.called(act.work, case),
        act.noted(f"回访市民：{verdict}" if verdict else "已回访市民，没有评价"),
        order_id=link.order_id,
        resolved=resolved,
        satisfaction=satisfaction,
    )
    return _settled(act, told) if silent else doing.judged(act.work, told, answered)


def _asked_about(act: Act, case: Case) -> tuple[Reporter, OrderLink]:
    """Whom the order named in the request is of; else the first that is ours to call today, or else any day. What the
    source heard may be entered for it, and what somebody says after a call that got no verdict. Once the case is closed
    it is only about those who were still owed a call."""
    if case.state == "closed" and clocks.find(case.clocks, "callback") is None:
        raise not_now(
            case, act.standing, "callback", "案件已经结案，该回访的都回访过了；市民还有意见的，请重办（reopen）"
        )
    people = act.work.reporters(case)
    if act.asked.order_id is not None:
        held = [(one, link) for one in people for link in one.links if link.order_id == act.asked.order_id]
        if not held:
            raise wrong("/order_id", "这个案件里没有这张工单，请核对")
        reporter, link = held[0]
        if reporter.verdict is not None:
            raise not_now(case, act.standing, "callback", "这位市民已经评价过，同一件事不重复回访")
        if reporter.anonymous:
            raise not_now(case, act.standing, "callback", "匿名反映，不回访")
        if reporter.given_up:
            raise not_now(case, act.standing, "callback", "这位市民已联系够次数，按规定不再回访")
        return reporter, link
    today = [one for one in people if one.ours and one.callable_on(act.now)]
    others = (one for one in people if one.silent or (one.said_nothing and one.verdict is None))
    waiting = [*today, *(one for one in people if one.ours), *others]
    if not waiting:
        raise not_now(case, act.standing, "callback", "没有要回访的市民：都评价过、联系够次数，或是匿名反映")
    return waiting[0], waiting[0].asked_about


def _not_reached(act: Act, case: Case, reporter: Reporter, link: OrderLink) -> Case:
    """So many tries on different days; then it is over. Out of the figures where nobody at all could be asked."""
    if not reporter.callable_on(act.now):
        raise not_now(case, act.standing, "callback", "今天已经联系过一次，请改天再打")
    before = link.tried_at if link.tried_round == case.round else ()
    act.work.put(replace(link, tried_at=(*before, act.now), tried_round=case.round))
    tries = len(reporter.tries) + 1
    text = f"第 {tries} 次回访没有联系上" + ("，按规定结束回访" if tries >= reporter.most else "")
    people = act.work.reporters(case)
    after = doing.called(act.work, case)
    if callbacks.unreachable(people):
        after = replace(after, excluded=after.excluded or "unreachable")
    told = act.tell(after, act.noted(text), order_id=link.order_id)
    return _settled(act, told)


def _settled(act: Act, case: Case) -> Case:
    """Closed, unless it was before, when nobody is left to ask and those who answered are content."""
    content = case.state in DONE and callbacks.all_content(act.work.reporters(case))
    return doing.accepted(act.work, case) if content else case
