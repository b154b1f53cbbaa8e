"""办结、解释、核查、回访、回头看、结案、重办: the end of a case, and what follows it."""

import re
from dataclasses import replace

from services.dispatch.domain import clocks, moves
from services.dispatch.errors import not_now
from services.dispatch.models import Case, OrderLink
from services.dispatch.usecases import work as doing
from services.dispatch.usecases.actions.asked import Act
from services.fabric.calendar import SHANGHAI
from services.kit.problems import wrong

_PICTURE = ("photo", "http://", "https://")
EVIDENCE = {"photo_before": "处置前照片", "photo_after": "处置后照片", "visit_note": "走访记录"}


def resolve(act: Act, case: Case) -> Case:
    """Evidence may be named as the rule does, or as `photo_after:…` with where it lies."""
    measures = act.words("measures", "办结要写明采取的措施，请填 measures")
    needs = _needed(act, case)
    lacking = _lacking(needs, act.asked.attached)
    if lacking:
        said = "、".join(f"{EVIDENCE.get(need, need)}（{need}）" for need in lacking)
        raise wrong("/evidence", f"办结还缺{said}，请补上")
    return _finished(act, case, f"{act.who}办结：{measures}", measures)


def explain(act: Act, case: Case) -> Case:
    told = act.words("measures") or act.words("reason")
    measures = told or act.words("note")
    if not measures:
        raise wrong("/measures", "解释要写明不能办的原因，请填 measures")
    return _finished(act, case, f"{act.who}解释：{told}" if told else f"{act.who}解释", measures)


def verify(act: Act, case: Case) -> Case:
    """By somebody other than the doer; what does not pass is opened again."""
    limits, clock = clocks.met_by(case.clocks, "verify", act.now)
    met = replace(case, clocks=limits)
    if act.asked.passed:
        verified = replace(met, state="verified")
        return act.tell(verified, act.noted(f"{act.who}核查通过"), clock=clock)
    after = act.tell(met, act.noted(f"{act.who}核查不通过"), clock=clock)
    return doing.reopen(act.work, after, f"核查不通过，重办，仍由{act.work.name(after.lead)}主办", act.actor)


def callback(act: Act, case: Case) -> Case:
    """Ours, of orders whose source does not call back itself. Without a verdict it is a call that was made."""
    link = _called(act, case)
    if not act.asked.reached:
        return _not_reached(act, case, link)
    resolved, satisfaction = act.asked.resolved, act.asked.satisfaction
    limits, clock = clocks.met_by(case.clocks, "callback", act.now)
    met = replace(case, clocks=limits)
    said = {True: "已解决", False: "未解决", None: ""}[resolved]
    verdict = "，".join(filter(None, (said, doing.SATISFACTION.get(satisfaction or "", ""))))
    told = act.tell(
        met,
        act.noted(f"回访市民：{verdict}" if verdict else "已回访市民"),
        clock=clock,
        order_id=link.order_id if link else None,
        resolved=resolved,
        satisfaction=satisfaction,
    )
    if link is None or (resolved is None and satisfaction is None):
        return told
    judged = satisfaction != "dissatisfied" if resolved is None else resolved
    answered = replace(link, resolved=judged, satisfaction=satisfaction or _mild(judged), answered_at=act.now)
    act.work.put(answered)
    return doing.judged(act.work, told, answered)


def recheck(act: Act, case: Case) -> Case:
    limits, clock = clocks.met_by(case.clocks, "recheck", act.now)
    met = replace(case, clocks=clocks.ended(limits, ("look_again",)))
    if act.asked.passed:
        return act.tell(met, act.noted(f"{act.who}回头看：没有反弹"), clock=clock)
    after = act.tell(met, act.noted(f"{act.who}回头看：问题反弹"), clock=clock)
    return doing.reopen(act.work, after, f"回头看发现反弹，重办，仍由{act.work.name(after.lead)}主办", act.actor)


def close(act: Act, case: Case) -> Case:
    return doing.close(act.work, case, act.noted("结案"), act.actor, act.unit)


def reopen(act: Act, case: Case) -> Case:
    return doing.reopen(act.work, case, act.noted(f"重办，由{act.work.name(case.lead)}主办"), act.actor)


def _finished(act: Act, case: Case, text: str, measures: str) -> Case:
    assert act.row.to is not None
    after = moves.finished(act.work.fabric, case, act.row.to, case.lead, act.now, act.work.live(case))
    clock = clocks.find(after.clocks, "resolve", open_only=False)
    return act.tell(after, act.noted(text), clock=clock, measures=measures, evidence=act.asked.attached)


def _needed(act: Act, case: Case) -> list[str]:
    """Of every rule that speaks of the concern, its sub or the class."""
    mine = {"", case.concern, case.matter}
    rules = act.work.fabric.profile.evidence
    fitting = [rule for rule in rules if rule.concern in mine and rule.case_class in (None, case.case_class)]
    return list(dict.fromkeys(need for rule in fitting for need in rule.needs))


def _lacking(needs: list[str], given: list[str]) -> list[str]:
    """Needs that nothing given is named as; a picture that nobody named stands for one of them."""
    left = [need for need in needs if not any(_is(one, need) for one in given)]
    pictures = [one for one in given if one.startswith(_PICTURE) and not any(_is(one, need) for need in EVIDENCE)]
    wanting = [need for need in left if need.startswith("photo_")]
    return [need for need in left if need not in wanting[: len(pictures)]]


def _is(given: str, need: str) -> bool:
    """`photo_after`, `photo:after`, `photo_after:https://…`; `note:visit` as well as `visit_note`."""
    return given.startswith(f"{need}:") or set(re.split("[_:]", given)[:2]) == set(need.split("_"))


def _called(act: Act, case: Case) -> OrderLink | None:
    """The order that was asked about; the first that is ours to call and has not answered."""
    live = act.work.live(case)
    if act.asked.order_id is not None:
        named = next((link for link in live if link.order_id == act.asked.order_id), None)
        if named is None:
            raise wrong("/order_id", "这个案件里没有这张工单，请核对")
        if named.resolved is not None:
            raise not_now(case, act.standing, "callback", "这张工单的市民已经评价过，不重复回访")
        return named
    ours = [link for link in live if link.callback_by == "us" and not link.anonymous and link.resolved is None]
    waiting = [link for link in live if link.resolved is None]
    return next(iter(ours), None) or next(iter(waiting), None)


def _not_reached(act: Act, case: Case, link: OrderLink | None) -> Case:
    """So many tries on different days; then it is over, and out of the figures."""
    most = act.work.fabric.profile.after_resolve.callback_tries
    today = act.now.astimezone(SHANGHAI).date()
    if any(at.astimezone(SHANGHAI).date() == today for at in case.course.tried_at):
        raise not_now(case, act.standing, "callback", "今天已经联系过一次，请改天再打")
    tries = (*case.course.tried_at, act.now)
    after = replace(case, course=replace(case.course, tried_at=tries))
    text = f"第 {len(tries)} 次回访没有联系上"
    if len(tries) >= most:
        after = replace(
            after,
            excluded=after.excluded or "unreachable",
            clocks=clocks.fulfilled(after.clocks, ("callback",), act.now),
        )
        text += "，按规定结束回访"
    return act.tell(after, act.noted(text), order_id=link.order_id if link else None)


def _mild(resolved: bool) -> str:
    return "satisfied" if resolved else "dissatisfied"
