"""签收、先行联系、处置、催办、督办: work on a case that changes nobody's part in it."""

from dataclasses import replace

from services.dispatch.domain import clocks
from services.dispatch.models import Case
from services.dispatch.usecases.actions.asked import Act
from services.dispatch.usecases.work import supervise as put_slip


def sign(act: Act, case: Case) -> Case:
    return _met(act, case, act.noted(f"{act.who}签收"))


def contact(act: Act, case: Case) -> Case:
    return _met(act, case, act.noted(f"{act.who}已先行联系市民"))


def progress(act: Act, case: Case) -> Case:
    return _met(act, case, act.noted(f"{act.who}报告处置进展"))


def urge(act: Act, case: Case) -> Case:
    return act.tell(case, act.noted(f"催办，请{act.work.name(case.lead)}抓紧办理"), unit=case.lead)


def supervise(act: Act, case: Case) -> Case:
    due = act.future("due", "督办要写明期限，请填 due")
    said = act.words("note") or act.words("reason") or f"请{act.work.name(case.lead)}按期办结"
    return put_slip(act.work, case, said, act.actor, due)


def _met(act: Act, case: Case, text: str) -> Case:
    limits, clock = clocks.met_by(case.clocks, act.row.action, act.now)
    return act.tell(replace(case, state=act.row.to or case.state, clocks=limits), text, clock=clock)
