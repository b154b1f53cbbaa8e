"""协办、分办: what each of several units does itself. The lead answers for the whole, each helper for its own part."""

from dataclasses import replace

from services.dispatch.domain import parts
from services.dispatch.errors import dispatch_refused, not_yours, parts_owed
from services.dispatch.models import Case, JointPart
from services.dispatch.usecases.actions.asked import Act
from services.kit.problems import wrong


def assign(act: Act, case: Case) -> Case:
    """The unit comes in as a helper if it is none, and owes its part from now on; asked again, it owes the new one."""
    to = act.known_unit("to", "请填分给哪个单位（to）")
    need = act.words("need") or act.words("note")
    if not need:
        raise wrong("/need", "请写明要这个单位办什么（need）")
    if to == case.lead:
        raise wrong("/to", "它是主办单位，整件都由它负责，不用分办")
    refused = parts.may_not_dispatch(act.work.fabric, None if "dispatcher" in act.standing else case.lead, to)
    if refused is not None:
        raise dispatch_refused(case, act.standing, "assign", refused)
    after = parts.put(case, JointPart(to, need))
    assists = case.assists if to in case.assists else (*case.assists, to)
    return act.tell(replace(after, assists=assists), f"请{act.work.name(to)}协办：{need}", unit=to)


def part_done(act: Act, case: Case) -> Case:
    """By the helper itself, or by the desk in its name; whether it was asked for or not."""
    unit = act.asked.unit or (act.unit if "assist" in act.standing else None)
    if unit is None or unit not in case.assists:
        raise not_yours("只有协办单位能报自己的一份办完，主办请用办结（resolve）")
    held = parts.find(case, unit) or JointPart(unit)
    return parts.put(case, replace(held, done_at=act.now, said=act.words("note")))


def all_done(act: Act, case: Case) -> None:
    """The whole isn't done while a part is owed, unless the lead says why."""
    owed = parts.owed(case)
    if owed and not act.asked.unfinished:
        names = "、".join(act.work.name(part.unit) for part in owed)
        said = f"{names}分办的还没有办完，请等办完，或写明为什么可以先办结（unfinished）"
        raise parts_owed(case, act.standing, act.row.action, said)


def with_unfinished(act: Act, case: Case, text: str) -> str:
    owed = parts.owed(case)
    if not owed:
        return text
    names = "、".join(act.work.name(part.unit) for part in owed)
    return f"{text}（{names}分办的未完：{act.words('unfinished')}）"
