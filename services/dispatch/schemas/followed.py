"""How follow-up is shown: tasks, calls, meetings, orders to put right."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from services.dispatch.domain import callbacks, clocks, meetings, rectifying
from services.dispatch.models import Case, Meeting, MeetingKind, Rectification


class TaskOut(BaseModel):
    kind: Literal["verify", "callback", "recheck"]
    due: datetime
    light: str
    unit: str | None = Field(description="轮到谁")
    case_id: str
    version: int
    title: str
    concern: str
    address: str | None
    lead: str | None
    doer: str | None


class TaskPage(BaseModel):
    items: list[TaskOut]
    next: str | None


class CallOut(BaseModel):
    """一位市民，同一件事几张工单也只打一次。电话在受理服务里凭理由查看。"""

    case_id: str
    version: int
    order_id: str
    orders: list[str]
    channel: str
    title: str
    concern: str
    tries: int
    most: int
    not_before: str | None = Field(description="最早哪一天可以再打；空：现在就可以")
    due: datetime
    light: str


class CallPage(BaseModel):
    items: list[CallOut]
    next: str | None


class MeetingOut(BaseModel):
    kind: str
    held_at: datetime
    units: list[str]
    decision: str
    owner: str
    due: datetime
    missed: bool = Field(description="过了期限还没有办结")


class MeetingItem(BaseModel):
    case_id: str
    version: int
    title: str
    concern: str
    case_class: str = Field(serialization_alias="class")
    state: str
    level: str
    lead: str | None
    opened_at: datetime
    waits_for: MeetingKind | None
    dissatisfied: int
    recurrences: int
    meetings: list[MeetingOut]


class MeetingPage(BaseModel):
    items: list[MeetingItem]
    next: str | None


class RectificationOut(BaseModel):
    number: str
    case_id: str
    subject: str
    shop_code: str | None
    orders: str
    unit: str | None
    ordered_at: datetime
    due: datetime
    state: str
    state_name: str
    light: str
    missed: bool
    failed: int
    checked_at: datetime | None
    found: str
    enforcement: str | None


class RectificationWhole(RectificationOut):
    version: int = Field(description="案件的版本，If-Match 用它")


class RectificationLine(RectificationOut):
    case_title: str


class RectificationPage(BaseModel):
    items: list[RectificationLine]
    next: str | None


class RectifyingUnit(BaseModel):
    """一个去复查的单位有多少件。`unit` 空着的是没有写单位的，列表里用 unit=- 找。"""

    unit: str | None
    count: int
    missed: int = Field(description="其中过期没有复查的")


class RectifyingUnits(BaseModel):
    items: list[RectifyingUnit]


def task_json(kind: str, due: datetime, case: Case, now: datetime, unit: str | None) -> dict[str, Any]:
    clock = clocks.find(case.clocks, kind)
    return {
        "kind": kind,
        "due": due.isoformat(),
        "light": clocks.light_at((clock,), now) if clock else "green",
        "unit": unit,
        "case_id": case.case_id,
        "version": case.version,
        "title": case.title,
        "concern": case.matter,
        "address": case.place.address,
        "lead": case.lead,
        "doer": case.course.doer,
    }


def call_json(case: Case, one: callbacks.Reporter, due: datetime, now: datetime) -> dict[str, Any]:
    clock = clocks.find(case.clocks, "callback")
    link = one.asked_about
    waits = None if one.callable_on(now) or one.not_before is None else one.not_before.isoformat()
    return {
        "case_id": case.case_id,
        "version": case.version,
        "order_id": link.order_id,
        "orders": [held.order_id for held in one.links],
        "channel": link.channel,
        "title": case.title,
        "concern": case.matter,
        "tries": len(one.tries),
        "most": one.most,
        "not_before": waits,
        "due": due.isoformat(),
        "light": clocks.light_at((clock,), now) if clock else "green",
    }


def meeting_json(meeting: Meeting, case: Case, now: datetime) -> dict[str, Any]:
    owed = case.state not in ("resolved", "explained", "verified", "closed", "withdrawn")
    return {
        "kind": meeting.kind,
        "held_at": meeting.held_at.isoformat(),
        "units": list(meeting.units),
        "decision": meeting.decision,
        "owner": meeting.owner,
        "due": meeting.due.isoformat(),
        "missed": owed and meeting.due < now,
    }


def meeting_item(case: Case, now: datetime) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "version": case.version,
        "title": case.title,
        "concern": case.matter,
        "class": case.case_class,
        "state": case.state,
        "level": case.level,
        "lead": case.lead,
        "opened_at": case.opened_at.isoformat(),
        "waits_for": meetings.waits_for(case),
        "dissatisfied": case.course.dissatisfied,
        "recurrences": case.course.recurrences,
        "meetings": [meeting_json(one, case, now) for one in case.course.meetings],
    }


def rectification_json(case_id: str, one: Rectification, now: datetime) -> dict[str, Any]:
    return {
        "number": one.number,
        "case_id": case_id,
        "subject": one.subject,
        "shop_code": one.shop_code,
        "orders": one.orders,
        "unit": one.unit,
        "ordered_at": one.ordered_at.isoformat(),
        "due": one.due.isoformat(),
        "state": one.state,
        "state_name": rectifying.STATES[one.state],
        "light": rectifying.light(one, now),
        "missed": one.state == "ordered" and one.due <= now,
        "failed": one.failed,
        "checked_at": one.checked_at.isoformat() if one.checked_at else None,
        "found": one.found,
        "enforcement": one.enforcement,
    }
