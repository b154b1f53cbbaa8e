"""改类: the desk says that it is of another class, or another matter, than it was dispatched as."""

from services.dispatch.domain import clocks, moves, reclassifying
from services.dispatch.models import Case
from services.dispatch.usecases.actions.asked import Act
from services.kit.clock import local
from services.kit.problems import wrong


def reclassify(act: Act, case: Case) -> Case:
    profile, given = act.work.fabric.profile, act.asked.concern
    concern, sub = case.concern, case.sub_concern
    if given is not None:
        if profile.sub(given) is None and all(one.code != given for one in profile.concerns):
            raise wrong("/concern", "没有这个事项，请核对事项或子项的编码")
        concern, sub = given.split(".")[0], given if profile.sub(given) is not None else None
    case_class = act.asked.case_class or case.case_class
    if (case_class, concern, sub) == (case.case_class, case.concern, case.sub_concern):
        raise wrong("/class", "和现在的类别、事项一样，请填要改成的 class 或 concern")
    why = act.words("reason", "改类要写明理由，请填 reason")
    after = reclassifying.reclassified(
        profile, moves.reckoning(act.work.fabric), case, case_class, concern, sub, act.now
    )
    resolve = clocks.find(after.clocks, "resolve")
    said = [
        f"由{profile.classes[case.case_class].name}改为{profile.classes[case_class].name}"
        if case_class != case.case_class
        else "",
        f"事项由{profile.concern_name(case.matter)}改为{profile.concern_name(after.matter)}"
        if after.matter != case.matter
        else "",
        f"时限从派遣起重算，办结 {local(resolve.due)} 前" if resolve else "",
    ]
    text = f"改类：{'，'.join(filter(None, said))}。理由：{why}"
    return act.tell(after, act.noted(text), unit=case.lead, reason=why, clock=resolve)
