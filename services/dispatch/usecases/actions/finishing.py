"""办结、解释、核查、回头看、结案、重办: the end of a case, and what follows it; callbacks are in `calling`."""

import re
from dataclasses import replace

from services.dispatch.domain import checking, clocks, moves
from services.dispatch.errors import not_now
from services.dispatch.models import Case
from services.dispatch.usecases import work as doing
from services.dispatch.usecases.actions import lawful, sharing
from services.dispatch.usecases.actions.asked import Act
from services.kit.problems import wrong

_PICTURE = ("photo", "http://", "https://")
EVIDENCE = {"photo_before": "处置前照片", "photo_after": "处置后照片", "visit_note": "走访记录"}


def resolve(act: Act, case: Case) -> Case:
    """Evidence may be named as the rule does, or as `photo_after:…` with where it lies."""
    measures = act.words("measures", "办结要写明采取的措施，请填 measures")
    sharing.all_done(act, case)
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
    sharing.all_done(act, case)
    return _finished(act, case, f"{act.who}解释：{told}" if told else f"{act.who}解释", measures)


def verify(act: Act, case: Case) -> Case:
    """By somebody other than the doer; what does not pass is opened again."""
    _not_the_doer(act, case)
    limits, clock = clocks.met_by(case.clocks, "verify", act.now)
    met = replace(case, clocks=limits)
    if act.asked.passed:
        verified = replace(met, state="verified")
        return act.tell(verified, act.noted(f"{act.who}核查通过"), clock=clock)
    after = act.tell(met, act.noted(f"{act.who}核查不通过"), clock=clock)
    return doing.reopen(act.work, after, f"核查不通过，重办，仍由{act.work.name(after.lead)}主办", act.actor)


def recheck(act: Act, case: Case) -> Case:
    """Whoever looks before the day that was drawn does not take it away: that day nobody can choose."""
    _not_the_doer(act, case)
    limits, clock = clocks.met_by(case.clocks, "recheck", act.now)
    met = replace(case, clocks=limits)
    if act.asked.passed:
        return act.tell(met, act.noted(f"{act.who}回头看：没有反弹"), clock=clock)
    after = act.tell(met, act.noted(f"{act.who}回头看：问题反弹"), clock=clock)
    return doing.reopen(act.work, after, f"回头看发现反弹，重办，仍由{act.work.name(after.lead)}主办", act.actor)


def close(act: Act, case: Case) -> Case:
    """Also before everybody was called: whom we owe a call, we owe it on."""
    owed = sum(one.ours for one in act.work.reporters(case))
    text = f"结案，还有 {owed} 位市民没有回访，结案后照样回访" if owed else "结案"
    return doing.close(act.work, case, act.noted(text), act.actor, act.unit)


def reopen(act: Act, case: Case) -> Case:
    return doing.reopen(act.work, case, act.noted(f"重办，由{act.work.name(case.lead)}主办"), act.actor)


def _finished(act: Act, case: Case, text: str, measures: str) -> Case:
    assert act.row.to is not None
    case = lawful.ended(case, measures, act.now)
    text = sharing.with_unfinished(act, case, text)
    after = moves.finished(act.work.fabric, case, act.row.to, act.unit or case.lead, act.now, act.work.live(case))
    after = replace(after, course=replace(after.course, done_by=act.asked.by))
    clock = clocks.find(after.clocks, "resolve", open_only=False)
    verifier = after.course.verifier
    text = act.noted(text) + (f"。请{act.work.name(verifier)}核查" if verifier else "")
    return act.tell(after, text, clock=clock, measures=measures, evidence=act.asked.attached, verifier=verifier)


def _not_the_doer(act: Act, case: Case) -> None:
    """Neither its unit, nor one below it, nor the same person for another unit."""
    course = case.course
    if checking.does(act.work.fabric, act.unit, course.doer):
        other = act.work.name(course.verifier) if course.verifier else "别的单位"
        raise not_now(
            case, act.standing, act.row.action, f"{act.who}就是办理单位或它的下属，不能自己核查自己，请由{other}来做"
        )
    if act.asked.by and act.asked.by == course.done_by:
        raise not_now(case, act.standing, act.row.action, "办理的人不能自己核查，请换一个人")


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
