"""A case's papers for whoever decides on 剔除 or 挂账: what was done, when, and which grounds its record bears out. Pure."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from services.dispatch.models import Case, ClockRow, Entry
from services.fabric.rules import Rates
from services.kit.clock import local
from services.kit.contracts.cases import CLOCKS

Purpose = Literal["exclusion", "shelving"]
PURPOSES: Mapping[Purpose, str] = {"exclusion": "考核剔除", "shelving": "挂账"}
# Steps that show that somebody did something, and what each shows.
_SHOWS: Mapping[str, str] = {
    "case.contacted": "先行联系",
    "case.progressed": "处置经过",
    "case.extended": "延期",
    "case.deferred": "缓办",
    "case.shelved": "挂账",
    "case.statutory": "法定程序",
    "case.resolved": "办结",
    "case.explained": "解释",
    "case.verified": "核查",
    "case.called_back": "回访",
    "case.feedback": "市民评价",
    "case.rechecked": "回头看",
    "whistle.blown": "吹哨",
    "whistle.reported_in": "报到",
}
_CLOCK_STATES: Mapping[str, str] = {
    "running": "在走",
    "met": "按期",
    "late": "超期完成",
    "overdue": "已超期",
    "paused": "暂停",
}
_LASTING: Mapping[str, str] = {
    "photo": "现场照片",
    "no_power": "本级没有权限的依据",
    "plan": "计划或立项的文件",
    "told": "告知市民的记录",
}


def evidence(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [
        {"at": entry.at.isoformat(), "what": _SHOWS[entry.type], "text": entry.text, "unit": entry.unit}
        for entry in entries
        if entry.type in _SHOWS
    ]


def grounds(case: Case, entries: Sequence[Entry], rules: Rates) -> list[dict[str, Any]]:
    """Each ground of the profile; `borne_out`: whether the record itself speaks for it, None where a person must say."""
    calls = sum(entry.type == "case.called_back" for entry in entries)
    procedure = next((entry.text for entry in entries if entry.type == "case.statutory"), None)
    known: dict[str, tuple[bool | None, str]] = {
        "unreachable": (calls > 0, f"回访记录 {calls} 条"),
        "statutory": (procedure is not None, procedure or "没有转入法定程序的记录"),
    }
    found: list[dict[str, Any]] = []
    for code, name in rules.excluded.items():
        by_kind = (True, "诉求类型就是这一类") if case.kind == code else (None, "由上级认定，请附证据")
        borne_out, why = known.get(code, by_kind)
        found.append({"code": code, "name": name, "borne_out": borne_out, "why": why})
    return found


def lasting(case: Case) -> list[dict[str, Any]]:
    """What a 挂账 has to be backed with, and what the case has used up before."""
    used = case.course.extensions
    return [
        {"code": code, "name": name, "borne_out": None, "why": f"已延期 {used} 次，请附{name}"}
        for code, name in _LASTING.items()
    ]


def zipped(pack: Mapping[str, Any], entries: Sequence[Entry], clocks: Sequence[ClockRow], case: Case) -> bytes:
    """The same for people: a folder of plain texts, with the JSON beside them."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("案件.json", json.dumps(pack, ensure_ascii=False, indent=2, default=str))
        archive.writestr("时间线.txt", "\n".join(f"{local(e.at)}\t{e.text}" for e in entries) + "\n")
        archive.writestr("时限.txt", "\n".join(_limit(clock) for clock in clocks if clock.kind in CLOCKS) + "\n")
        archive.writestr("依据.txt", _basis(pack, case))
    return held.getvalue()


def _limit(clock: ClockRow) -> str:
    state = "不再计" if clock.ended else _CLOCK_STATES[clock.state]
    done = f"，{local(clock.met_at)} 完成" if clock.met_at else ""
    return f"第 {clock.round} 次派遣\t{CLOCKS[clock.kind]}\t{local(clock.due)} 到期\t{state}{done}"


def _basis(pack: Mapping[str, Any], case: Case) -> str:
    lines = [f"{pack['for_name']}材料", f"案件 {case.case_id}：{case.title}", "", "理由："]
    marks = {True: "有记录", False: "没有记录", None: "待认定"}
    lines += [f"  {one['name']}（{marks[one['borne_out']]}）：{one['why']}" for one in pack["grounds"]]
    lines += ["", "经过和证据："]
    lines += [f"  {local(datetime.fromisoformat(one['at']))} {one['what']}：{one['text']}" for one in pack["evidence"]]
    for asked in pack["exclusions"]:
        lines += [
            "",
            f"报批 {asked['ground_name']}：{asked['reason']}",
            *(f"  证据：{one}" for one in asked["evidence"]),
        ]
    lines += ["", f"案卷末条摘要：{pack['record']['head']}（共 {pack['record']['entries']} 条）"]
    return "\n".join(lines) + "\n"
