"""Whether the record of a subject is whole and its row is what the record says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from services.dispatch.domain.record import DIGESTED, Fault, as_folded, folded, named, whistle_facts
from services.dispatch.domain.whistle.model import Whistle
from services.dispatch.models import Case, Entry
from services.kit import chain

ERASING = "case.erased"
# What people call the facts of an entry and of a case; anything else goes by its own name.
_NAMES: Mapping[str, str] = {
    "at": "时间",
    "type": "种类",
    "unit": "单位",
    "by_role": "角色",
    "text": "内容",
    "by_name": "经办人",
    "state": "状态",
    "class": "类别",
    "level": "层级",
    "concern": "事项",
    "sub_concern": "子项",
    "lead": "主办",
    "assists": "协办",
    "called": "被吹哨单位",
    "round": "派遣次数",
    "excluded": "剔除",
    "decision": "派单理由",
    "dispute": "争议经过",
    "course": "办理经过",
    "origin": "来源",
    "moments": "起始时间",
    "fabric_version": "网格版本",
    "orders": "工单",
    "clocks": "时限",
}


class Stored(NamedTuple):
    """An entry as it is read back."""

    entry: Entry
    body: bytes
    salts: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """All that is kept of one subject. `whistles`: those of the case, or the whistle that the subject itself is;
    `unreadable`: why its rows could not be read as what they should be."""

    subject: str
    entries: Sequence[Stored]
    case: Case | None
    whistles: Sequence[Whistle] = ()
    unreadable: str | None = None


def faults_of(told: Told) -> list[Fault]:
    """None when all is well. What the entries say of themselves, then the row beside them."""
    found: list[Fault] = []
    bodies: list[Mapping[str, Any]] = []
    previous, expected = chain.ORIGIN, 1
    erased_at = max((one.entry.sequence for one in told.entries if one.entry.type == ERASING), default=0)
    for stored in told.entries:
        entry = stored.entry
        if entry.sequence != expected:
            found.append(_fault("entry_missing", entry.subject, expected, _gap(expected, entry.sequence)))
        body = _read(stored.body)
        wrong = [] if body is None else list(_differs(stored, body, erased_at))
        if body is None or wrong:
            said = "、".join(_NAMES.get(name, name) for name in wrong) or "存的字节"
            found.append(_fault("entry_changed", entry.subject, entry.sequence, f"{said}被改过"))
        if chain.link(previous, stored.body) != stored.hash:
            found.append(_fault("chain_broken", entry.subject, entry.sequence, "和前一条接不上"))
        bodies.append(body or {})
        previous, expected = stored.hash, entry.sequence + 1
    return found + list(_beside(told, bodies))


def _read(body: bytes) -> Mapping[str, Any] | None:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return read if isinstance(read, dict) else None


def _differs(stored: Stored, body: Mapping[str, Any], erased_at: int) -> Iterator[str]:
    """Which columns are not what the chained bytes say."""
    entry, half = stored.entry, chain.SALT_BYTES
    for name in ("subject", "sequence", "type", "unit", "by_role"):
        if body.get(name) != getattr(entry, name):
            yield name
    if _moment(body.get("at")) != entry.at:
        yield "at"
    if stored.salts[half:] == chain.GONE or chain.commitment(stored.salts[half:], named(entry.by_name)) != body.get(
        "by_name"
    ):
        yield "by_name"
    if stored.salts[:half] == chain.GONE:
        if entry.text or entry.sequence > erased_at or not _of_the_citizen(entry):
            yield "text"
    elif chain.commitment(stored.salts[:half], entry.text) != body.get("text"):
        yield "text"


def _of_the_citizen(entry: Entry) -> bool:
    """What goes with the citizen's words; see `repository.erased`."""
    return entry.by_role == "citizen" or entry.type == "case.opened"


def _beside(told: Told, bodies: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    if told.unreadable is not None:
        yield _fault("row_unreadable", told.subject, None, f"表里的行读不懂（{told.unreadable}）")
        return
    row = told.case or next((one for one in told.whistles if one.case_id is None), None)
    if row is None:
        yield _fault("case_missing", told.subject, None, "有记录，没有案件（或哨）本身")
        return
    sequence, head = row.sequence, row.head
    last = told.entries[-1] if told.entries else None
    kept = last.entry.sequence if last else 0
    if kept < sequence:
        yield _fault("tail_cut", told.subject, kept + 1, f"记录到第 {kept} 条为止，应有 {sequence} 条")
    elif kept > sequence:
        yield _fault("state_changed", told.subject, None, f"案件停在第 {sequence} 条，记录已有 {kept} 条")
    elif last is not None and last.hash != head:
        yield _fault("head_changed", told.subject, kept, "案件存的头和最后一条不一致")
    if told.case is not None and told.entries:
        yield from _folded(told.case, bodies)
    yield from _whistles(told, bodies)


def _folded(case: Case, bodies: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    is_now = as_folded(case)
    try:
        said = folded([body.get("set") or {} for body in bodies])
    except (TypeError, ValueError, AttributeError):
        said = {}
    differing = [
        name for name, value in is_now.items() if said.get(name) != value and (name in said or name not in DIGESTED)
    ]
    if differing:
        names = "、".join(_NAMES.get(name, name) for name in differing)
        yield _fault("state_changed", case.case_id, None, f"{names}和记录推出来的不一致")


def _whistles(told: Told, bodies: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    said = {about["id"]: about for body in bodies if (about := body.get("whistle"))}
    kept = {whistle.whistle_id: whistle for whistle in told.whistles}
    for whistle_id in sorted(said.keys() - kept.keys()):
        yield _fault("whistle_missing", told.subject, None, f"记录里有哨 {whistle_id}，表里没有")
    for whistle_id, whistle in kept.items():
        calls = {call.unit: [call.state, call.late, call.released] for call in whistle.calls}
        about = said.get(whistle_id)
        if about is None or (about["state"], about["calls"]) != (whistle.state, calls):
            yield _fault("state_changed", told.subject, None, f"哨 {whistle_id} 的状态和记录推出来的不一致")
        now = whistle_facts(whistle_id, whistle.state, (), whistle.kind, whistle.report_in_by)
        if about is not None and any(about.get(name, now[name]) != now[name] for name in ("kind", "report_in_by")):
            yield _fault("state_changed", told.subject, None, f"哨 {whistle_id} 的哨型或报到时限和记录推出来的不一致")


def _gap(expected: int, found: int) -> str:
    if found < expected:
        return f"第 {found} 条重复或错位"
    return f"少了第 {expected} 条" if found == expected + 1 else f"少了第 {expected} 到 {found - 1} 条"


def _moment(told: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None


def _fault(kind: str, subject: str, sequence: int | None, said: str) -> Fault:
    return Fault(kind, subject, sequence, said)
