"""退单、裁定、转办、升级: whose the case is."""

from dataclasses import replace

from services.dispatch.domain import climbing, moves, parts
from services.dispatch.errors import dispatch_refused, not_now, return_refused
from services.dispatch.models import Case
from services.dispatch.usecases.actions.asked import Act
from services.dispatch.usecases.work import climb_to, views
from services.kit.problems import wrong


def send_back(act: Act, case: Case) -> Case:
    """Within the window, with a typed reason, so many times at most, never A→B→A; a ruling can't be returned. Whoever got
    it first goes on leading until it is ruled (首接负责)."""
    rules = act.work.fabric.profile.returns
    reason, said = _reason(act)
    if case.dispute.bound:
        raise return_refused(case, act.standing, "这件事已经裁定由你单位主办，不能再退，请办理")
    if len(case.dispute.returned_by) >= rules.most:
        raise return_refused(case, act.standing, f"这件事已经退过 {rules.most} 次，不能再退，请办理或报请裁定")
    if case.lead in case.dispute.returned_by:
        raise return_refused(case, act.standing, "你单位已经退过这件事，不能再退，请办理或报请裁定")
    if act.now > rules.window.due(case.dispatched_at, act.work.fabric.calendar).at:
        raise return_refused(case, act.standing, f"退单时限（派遣后{rules.window.text()}）已过，请办理或报请裁定")
    proposed = act.asked.proposal
    if proposed and proposed in case.dispute.returned_by:
        name = act.work.name(proposed)
        raise return_refused(case, act.standing, f"{name}已经退过这件事，不能来回退，请改提建议，或由城运中心裁定")
    if case.lead is None:
        raise not_now(case, act.standing, "return")
    text = f"{act.work.name(case.lead)}退单：{said}"
    if proposed:
        known = act.work.fabric.unit(proposed)
        text += f"，建议由{known.name if known else act.words('proposal')}办理"
    after = moves.sent_back(case, act.work.dispatcher(case), act.now)
    text = f"{act.noted(text)}。裁定前由{act.work.name(after.lead)}首接负责"
    return act.tell(after, text, unit=case.lead, reason=reason, previous=case.lead, clocks=views(after))


def _reason(act: Act) -> tuple[str, str]:
    """Its code, or the words where none of the listed ones fits (其他); and what the timeline says."""
    listed = act.work.fabric.profile.returns.reasons
    given = act.words("reason")
    if not given:
        raise wrong(
            "/reason", f"请从退单理由里选：{'、'.join(f'{k}（{v}）' for k, v in listed.items())}；都不合适的请写明"
        )
    code = next((code for code, name in listed.items() if given in (code, name)), None)
    return (code, listed[code]) if code else (given, f"其他，{given}")


def rule(act: Act, case: Case) -> Case:
    lead = act.known_unit("lead", "裁定要指定主办单位，请填 lead")
    ground = act.words("ground", "裁定要写明依据，请填 ground")
    after = moves.ruled(act.work.fabric, case, lead, act.now)
    if case.state == "open":
        after = _settled(act, after)
    text = f"裁定由{act.work.name(lead)}主办，不得再退。依据：{ground}"
    return act.tell(after, act.noted(text), unit=lead, reason=ground, previous=case.lead, clocks=views(after))


def transfer(act: Act, case: Case) -> Case:
    """What a ruling gave, its lead can't pass on; nor does anything go back to whoever held it before."""
    to = act.known_unit("to", "请填转给哪个单位（to）")
    desk = "dispatcher" in act.standing
    if case.state == "open" and not desk:
        raise not_now(case, act.standing, "transfer", "已经退单，等城运中心改派或裁定")
    if case.dispute.bound and not desk:
        raise not_now(case, act.standing, "transfer", "这件事已经裁定由你单位主办，不能转办，请办理")
    if to in case.dispute.holders:
        raise not_now(
            case, act.standing, "transfer", f"{act.work.name(to)}已经办过又转出或退回，不能来回转，请由城运中心裁定"
        )
    if to == case.lead:
        raise wrong("/to", "它已经是主办单位，不用转办")
    refused = parts.may_not_dispatch(act.work.fabric, None if desk else case.lead, to)
    if refused is not None:
        raise dispatch_refused(case, act.standing, "transfer", refused)
    if len(case.dispute.returned_by) >= act.work.fabric.profile.returns.most and case.state == "open":
        raise not_now(case, act.standing, "transfer", "退单已到次数，请用裁定（rule）指定主办单位")
    after = moves.handed_on(act.work.fabric, case, to, act.now)
    held = (*case.dispute.holders, case.lead) if case.lead and case.state != "open" else case.dispute.holders
    after = replace(after, dispute=replace(case.dispute, holders=held), assists=_copied(act, case, to))
    if case.state == "open":
        stays = moves.without((*after.assists, *filter(None, [case.lead])), to)
        after = _settled(act, replace(after, assists=stays))
    text = f"{act.work.name(case.lead)}转{act.work.name(to)}主办"
    return act.tell(after, act.noted(text), unit=to, previous=case.lead, clocks=views(after))


def _settled(act: Act, case: Case) -> Case:
    """The desk is in a case only while it is to say whose it is."""
    return replace(case, assists=moves.without(case.assists, act.work.dispatcher(case)))


def climb(act: Act, case: Case) -> Case:
    rung = climbing.above(act.work.fabric, case, act.now)
    if rung is None:
        raise not_now(case, act.standing, "climb", "已经在最高一级，不能再升级，请办理")
    note = act.words("note")
    why = act.words("reason", None if note else "升级要写明原因：为什么这一级办不了，请填 reason") or note
    return climb_to(act.work, case, rung, why, act.actor)


def _copied(act: Act, case: Case, to: str) -> tuple[str, ...]:
    """社区派单、部门接单: whoever gives a matter away by such a row of the table stays in it, and the street is told."""
    if case.lead is None or not act.work.fabric.profile.copied(parts.party_of(act.work.fabric, case.lead)):
        return moves.without(case.assists, to)
    return moves.without((*case.assists, case.lead, act.work.dispatcher(case)), to)
