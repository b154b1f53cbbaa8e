"""会商 recorded on a locked case: who sat in it, when, what was decided, who does it by when."""

from services.dispatch.domain import meetings
from services.dispatch.domain.actors import Actor
from services.dispatch.domain.lifecycle import FINAL
from services.dispatch.errors import follow_up_refused
from services.dispatch.models import Case, Meeting, MeetingKind
from services.dispatch.schemas.follow_up import MeetingIn
from services.dispatch.usecases.work import Work
from services.kit.clock import local
from services.kit.contracts.follow_up import MeetingView
from services.kit.masking import masked
from services.kit.problems import wrong


def hold(work: Work, case: Case, asked: MeetingIn, actor: Actor, unit: str | None) -> Case:
    if case.state in FINAL:
        raise follow_up_refused(case, "案件已经结束，不用再会商")
    _check(work, case, asked)
    kind: MeetingKind = asked.kind or meetings.waits_for(case) or "street"
    owner = asked.owner or case.lead or work.dispatcher(case)
    meeting = Meeting(
        kind, asked.held_at, case.round, tuple(dict.fromkeys(asked.units)), masked(asked.decision), owner, asked.due
    )
    sat = "、".join(work.name(code) for code in meeting.units)
    text = (
        f"{meetings.NAMES[kind]}（{local(meeting.held_at)}，{sat}）：{meeting.decision}。"
        f"由{work.name(owner)}在 {local(meeting.due)} 前落实"
    )
    view = MeetingView(
        kind=kind,
        held_at=meeting.held_at,
        units=list(meeting.units),
        decision=meeting.decision,
        owner=owner,
        due=meeting.due,
    )
    after = meetings.held(case, meeting)
    return work.record.add(after, "case.progressed", text, actor=actor, unit=owner, meeting=view)


def _check(work: Work, case: Case, asked: MeetingIn) -> None:
    if asked.held_at > work.now:
        raise wrong("/held_at", "会还没有开，请开过以后再登记")
    if asked.held_at < case.opened_at:
        raise wrong("/held_at", "那时还没有这个案件，请核对开会的时间")
    if asked.due <= work.now:
        raise wrong("/due", "时间已经过去，请填以后的时间")
    for place, code in enumerate(asked.units):
        if work.fabric.unit(code) is None:
            raise wrong(f"/units/{place}", "没有这个单位，请核对单位编码")
    if asked.owner is not None and work.fabric.unit(asked.owner) is None:
        raise wrong("/owner", "没有这个单位，请核对单位编码")
