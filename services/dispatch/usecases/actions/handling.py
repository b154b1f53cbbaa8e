"""签收、先行联系、处置、催办、督办: work on a case that changes nobody's part in it."""

from dataclasses import replace

from services.dispatch.domain import clocks, slips
from services.dispatch.errors import not_yours
from services.dispatch.models import Case, SlipLevel
from services.dispatch.usecases.actions import lawful, sharing
from services.dispatch.usecases.actions.asked import Act
from services.dispatch.usecases.work import supervise as put_slip


def sign(act: Act, case: Case) -> Case:
    return _met(act, case, act.noted(f"{act.who}签收"))


def contact(act: Act, case: Case) -> Case:
    return _met(act, case, act.noted(f"{act.who}已先行联系市民"))


def progress(act: Act, case: Case) -> Case:
    """Beside the word itself: a helper's part that is done, the result of a procedure of law."""
    text = f"{act.who}报告处置进展"
    if act.asked.part_done:
        case, text = sharing.part_done(act, case), f"{act.who}办完自己的一份"
    if act.asked.result is not None:
        case, text = lawful.decided(act, case), f"法定程序结果：{act.words('result')}"
    return _met(act, case, act.noted(text))


def urge(act: Act, case: Case) -> Case:
    return act.tell(case, act.noted(f"催办，请{act.work.name(case.lead)}抓紧办理"), unit=case.lead)


def supervise(act: Act, case: Case) -> Case:
    due = act.future("due", "督办要写明期限，请填 due")
    level: SlipLevel = act.asked.level or ("district" if act.actor.role == "supervisor" else "street")
    if not slips.may_issue(level, act.standing):
        raise not_yours(f"{slips.LEVELS[level]}级督办单要由区里签发，请换有权限的密钥")
    said = act.words("note") or act.words("reason") or f"请{act.work.name(case.lead)}按期办结"
    return put_slip(act.work, case, said, act.actor, due, level)


def _met(act: Act, case: Case, text: str) -> Case:
    limits, clock = clocks.met_by(case.clocks, act.row.action, act.now)
    return act.tell(replace(case, state=act.row.to or case.state, clocks=limits), text, clock=clock)
