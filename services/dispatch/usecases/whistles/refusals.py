"""What whistles refuse, and the sentence that goes with it."""

from services.dispatch.domain.whistle.model import Call, Whistle
from services.dispatch.domain.whistle.rules import RULES, Action, allowed
from services.fabric.snapshot import Fabric
from services.kit.problems import Forbidden, Invalid, NotAllowedNow, NotFound, wrong


class CaseIsOver(NotAllowedNow):
    code, title = "case_is_over", "案件已经结束"


def no_whistle() -> NotFound:
    return NotFound("没有找到这个哨，请核对编号，或换有权限的密钥")


def case_over(state: str) -> CaseIsOver:
    allowed = ["reopen"] if state == "closed" else []
    return CaseIsOver("案件已经结案或撤案，不能再吹哨；确有需要请先重办", allowed=allowed, state=state)


def gone(fabric: Fabric, whistle: Whistle, units: list[str]) -> NotAllowedNow:
    names = "、".join(fabric.unit_name(code) for code in units)
    said = f"{names}已经撤销，叫不到了；请不同意，请吹哨方改叫别的单位重吹"
    return NotAllowedNow(said, allowed=["cancel", "refuse"], state=whistle.state)


def not_yours(fabric: Fabric, action: Action, unit: str | None) -> Forbidden:
    side = RULES[action].side
    name = fabric.unit_name(unit)
    said = {
        "unit": f"只有{name}自己或它的上级能{RULES[action].name}，请换它的密钥",
        "blower": f"只有吹哨方或城运中心能{RULES[action].name}，请找吹哨的单位",
        "parent": f"只有{name}的上级或城运中心能安排替补，请找上级单位",
        "desk": f"只有街道城运中心能{RULES[action].name}，请等街道答复",
        "either": "只有吹哨方评单位、被叫的单位评哨，请换密钥或改评分项",
    }
    return Forbidden(said[side])


def not_now(fabric: Fabric, action: Action, whistle: Whistle, call: Call | None) -> NotAllowedNow:
    about = fabric.unit_name(call.unit) if call else "这个哨"
    said = f"{about}现在不能{RULES[action].name}，请按 allowed 里的办法处理"
    if whistle.waiting:
        said = f"街道还没有同意吹这个哨，现在不能{RULES[action].name}"
    elif action == "release":
        left = "、".join(fabric.unit_name(each.unit) for each in whistle.calls if not each.finished)
        if left:
            said = f"事不完、人不走：{left}还没有完成，现在不能散哨"
    return NotAllowedNow(said, allowed=allowed(whistle, call), state=whistle.state)


def too_far(metres: float, most: float) -> Invalid:
    detail = f"离集合点约 {metres:.0f} 米，超过 {most:.0f} 米，请到场后再报到，或请吹哨方确认到场"
    return Invalid(detail, errors=[{"pointer": "/lon", "detail": detail}])


def no_position() -> Invalid:
    return wrong("/lon", "报到请带上 lon 和 lat，或请吹哨方确认到场")
