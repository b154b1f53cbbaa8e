"""What the timeline says of each step, in one Chinese sentence a table row."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.dispatch.domain.whistle.model import Happening, Whistle
from services.fabric.snapshot import Fabric
from services.kit.clock import local


def text_of(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    return _SAID[happening.name](fabric, whistle, happening)


def names(fabric: Fabric, units: Iterable[str]) -> str:
    return "、".join(fabric.unit_name(code) for code in units)


def _blown(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    if whistle.waiting:
        wanted = names(fabric, (call.unit for call in whistle.calls))
        return f"请街道同意吹响{whistle.kind_name}，叫{wanted}{_need(whistle)}"
    return f"吹响{whistle.kind_name}，{_called(fabric, whistle)}"


def _approved(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    return _with_note(f"街道同意吹响{whistle.kind_name}，{_called(fabric, whistle)}", _detail(happening))


def _reminded(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    who = fabric.unit_name(whistle.blown_unit) if whistle.blown_unit else whistle.blown_by
    return (
        f"第{_detail(happening)['time']}次催请同意：{who}{local(whistle.blown_at)}请求吹响的{whistle.kind_name}还没有答复，"
        f"请{fabric.unit_name(happening.unit)}同意或不同意{_need(whistle)}"
    )


def _called(fabric: Fabric, whistle: Whistle) -> str:
    where = whistle.meet.address or whistle.place.address or "集合点"
    called = names(fabric, (call.unit for call in whistle.calls))
    return f"请{called}于{local(whistle.report_in_by)}前到{where}报到{_need(whistle)}"


def _need(whistle: Whistle) -> str:
    return f"：{whistle.need}" if whistle.need else "，没有说明要做什么"


def _paged(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    """People by how many they are: a name never stands here."""
    detail = _detail(happening)
    units = Counter(page.unit for page in detail["pages"])
    named = {page.unit for page in detail["pages"] if page.person is not None}
    said = "、".join(
        f"{fabric.unit_name(unit)}{many}人" if unit in named else fabric.unit_name(unit) for unit, many in units.items()
    )
    return f"第{detail['round']}次呼叫：{said}"


def _unit(verb: str) -> "Say":
    """The unit's name, what it did, and what it said about it."""

    def say(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
        return _with_note(f"{fabric.unit_name(happening.unit)}{verb}", _detail(happening))

    return say


def _reported_in(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    detail = _detail(happening)
    how = [said for key, said in (("late", "迟到"), ("vouched", "吹哨方确认到场")) if detail.get(key)]
    shown = f"（{'，'.join(how)}）" if how else ""
    return _with_note(f"{fabric.unit_name(happening.unit)}已报到{shown}", detail)


def _escalated(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    return f"{fabric.unit_name(happening.unit)}未报到，已上报{names(fabric, happening.escalated_to)}"


def _substituted(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    detail = _detail(happening)
    instead = fabric.unit_name(detail["substitute"])
    return _with_note(f"{fabric.unit_name(happening.unit)}改由{instead}到场", detail)


def _met(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    came = whistle.came
    late = [call.unit for call in came if call.late]
    shown = f"，其中{names(fabric, late)}迟到" if late else ""
    return f"应到的{len(came)}家单位全部到场{shown}"


def _released(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    detail = _detail(happening)
    if detail.get("over"):
        return f"{detail['over']}；哨随案散，到场的请收队"
    if happening.unit is not None:
        name = fabric.unit_name(happening.unit)
        return _with_note(f"同意{name}请辞，不再等候" if detail.get("declined") else f"{name}事毕离场", detail)
    if detail.get("forced") and detail.get("left"):
        return _with_note(f"指挥席决定散哨，{names(fabric, detail['left'])}尚未完成", detail)
    return _with_note("事毕散哨", detail)


def _exhausted(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    return f"升级后仍未到场：{names(fabric, _detail(happening)['missing'])}，哨声到顶未应，请督办"


def _evaluated(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    detail = _detail(happening)
    marks = "、".join(f"{name}{mark}分" for name, mark in detail["marks"].items())
    who = f"吹哨方评{fabric.unit_name(detail['of'])}" if detail["of"] else f"{fabric.unit_name(detail['by'])}评本次吹哨"
    return _with_note(f"{who}：{marks}" if marks else who, detail)


def _cancelled(fabric: Fabric, whistle: Whistle, happening: Happening) -> str:
    detail = _detail(happening)
    if detail.get("over"):
        return f"{detail['over']}；哨随案撤，不必再到场"
    return _with_note("街道不同意吹哨" if detail.get("refused") else "撤哨，不必再到场", detail)


Say = Callable[[Fabric, Whistle, Happening], str]
_SAID: Mapping[str, Say] = {
    "whistle.blown": _blown,
    "whistle.reminded": _reminded,
    "whistle.approved": _approved,
    "whistle.paged": _paged,
    "whistle.accepted": _unit("已应哨"),
    "whistle.declined": _unit("请辞，待吹哨方同意"),
    "whistle.reported_in": _reported_in,
    "whistle.missing": _unit("到时未报到"),
    "whistle.escalated": _escalated,
    "whistle.substituted": _substituted,
    "whistle.done": _unit("已完成任务"),
    "whistle.met": _met,
    "whistle.released": _released,
    "whistle.cancelled": _cancelled,
    "whistle.exhausted": _exhausted,
    "whistle.evaluated": _evaluated,
}


def _detail(happening: Happening) -> Mapping[str, Any]:
    return happening.detail or {}


def _with_note(said: str, detail: Mapping[str, Any]) -> str:
    return f"{said}：{detail['note']}" if detail.get("note") else said
