"""What people do with a case next: a table by state, drawn from the case's own luck. Nothing is remembered."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.dispatch.domain import clocks
from services.dispatch.domain.callbacks import Reporter
from services.dispatch.domain.meetings import waits_for
from services.dispatch.models import Case

PROOF = ["photo_before", "photo_after", "visit_note"]
People = Sequence[Reporter]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROOT = "QP"
# Whom a desk passes a case on to, or rules it to.
OTHERS = ("ZR-DUTY", "ZR-POLICE", "ZR-MARKET", "ZR-CITYLOOK", "ZR-HOUSING", "ZR-SAFETY", "OWN-MUNICIPAL")


@dataclass(frozen=True, slots=True)
class Doing:
    """`by`: whose key. `after`: when to look at the case again. No `action`: only to look again."""

    after: timedelta
    action: str | None = None
    by: str = "desk"
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The 12345 has called a citizen back."""

    order_id: str
    satisfaction: str


@dataclass(frozen=True, slots=True)
class Whistle:
    """To be blown for the case, which goes on meanwhile."""

    kind: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """To be held over the case."""


Next = Doing | Verdict | Whistle | Meeting | None
"""None: nobody will touch the case any more."""


def luck(case: Case, what: str) -> float:
    """In [0, 1), the same for this case, this round of it and this matter."""
    told = f"{case.case_id}/{case.round}/{what}"
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=4).digest(), "big") / 2**32


def next_of(case: Case, people: People, now: datetime) -> Next:
    return _CUSTOMS[case.state](case, people, now)


def soon(case: Case, what: str, least: float, most: float) -> timedelta:
    """Hours; an emergency is twelve times as fast."""
    hours = least + (most - least) * luck(case, f"{what}/when")
    return HOUR * (hours / 12 if case.case_class == "emergency" else hours)


def _unsigned(case: Case, people: People, now: datetime) -> Next:
    waited = now - case.dispatched_at
    if luck(case, "neglect") < 0.06 and waited < 2 * DAY:
        return Doing(2 * DAY)
    if waited < soon(case, "sign", 0, 2):
        return Doing(HOUR)
    if case.state == "dispatched" and not case.dispute.bound and case.lead and case.case_class != "emergency":
        if luck(case, "return") < 0.05 and len(case.dispute.returned_by) < 2 and waited < DAY:
            return Doing(2 * HOUR, "return", "lead", {"reason": "not_ours"})
        if luck(case, "transfer") < 0.03 and case.round == 1:
            return Doing(2 * HOUR, "transfer", "desk", {"to": _other(case)})
    return Doing(soon(case, "contact", 0, 5), "sign", "lead")


def _disputed(case: Case, people: People, now: datetime) -> Next:
    if luck(case, "rule") < 0.7 or len(case.dispute.returned_by) > 1:
        ground = "按职责清单和属地，由其牵头办理"
        return Doing(2 * HOUR, "rule", "desk", {"lead": _other(case), "ground": ground})
    return Doing(2 * HOUR, "transfer", "desk", {"to": _other(case)})


def _signed(case: Case, people: People, now: datetime) -> Next:
    if clocks.find(case.clocks, "contact"):
        return Doing(soon(case, "go", 1, 8), "contact", "lead", {"note": "已电话联系市民"})
    if case.course.request is not None:
        return _asked(case)
    resolve = clocks.find(case.clocks, "resolve")
    if luck(case, "whistle") < 0.015 and not case.called and not case.confidential and case.place.lon is not None:
        return Whistle("emergency" if case.case_class == "emergency" else "joint_enforcement")
    young = now - case.dispatched_at < DAY and case.case_class != "emergency"
    if young and luck(case, "extend") < 0.06 and not case.course.extensions and resolve and resolve.state == "running":
        return Doing(DAY, "extend", "lead", {"until": (resolve.due + DAY / 2).isoformat(), "note": "材料要等"})
    if luck(case, "statutory") < 0.3 and case.concern in ("FW-01", "GL-02") and case.course.before_pause is None:
        return Doing(8 * DAY, "statutory", "lead", {"basis": "《市场监督管理投诉举报处理暂行办法》第十四条"})
    return Doing(soon(case, "resolve", 1, 30), "progress", "lead", {"note": "已到现场，正在处置"})


def _asked(case: Case) -> Next:
    assert case.course.request is not None
    by = "district" if case.course.request.level == "district" else "desk"
    return Doing(4 * HOUR, "approve" if luck(case, "agree") < 0.8 else "refuse", by)


def _in_progress(case: Case, people: People, now: datetime) -> Next:
    if case.course.request is not None:
        return _asked(case)
    if waits_for(case) and luck(case, "meet") < 0.8:
        return Meeting()
    stopped = any(clock.paused_at or clock.kind == "resume" for clock in case.clocks)
    if luck(case, "defer") < 0.02 and not stopped:
        return Doing(3 * DAY + HOUR, "defer", "lead", {"until": (now + 3 * DAY).isoformat(), "note": "等天晴"})
    if luck(case, "shelve") < 0.01 and case.round == 1 and now - case.dispatched_at < 8 * DAY:
        return Doing((10 + 40 * luck(case, "shelf")) * DAY, "shelve", "desk", {"note": "列入改造计划"})
    if luck(case, "slow") < 0.08 and now - case.dispatched_at < 6 * DAY:
        return Doing(6 * DAY)
    if luck(case, "supervise") < 0.01 and not case.course.slips:
        return Doing(DAY, "supervise", "desk", {"due": (now + 3 * DAY).isoformat(), "note": "请按期办结"})
    if luck(case, "explain") < 0.05:
        return Doing(soon(case, "verify", 1, 9), "explain", "lead", {"measures": "政策不允许，已向市民解释"})
    body = {"measures": "已到现场处置并说明情况", "evidence": PROOF}
    return Doing(soon(case, "verify", 1, 9), "resolve", "lead", body)


def _deferred(case: Case, people: People, now: datetime) -> Next:
    return Doing(HOUR, "resume", "lead")


def _shelved(case: Case, people: People, now: datetime) -> Next:
    return Doing(DAY, "unshelve", "desk", {"note": "条件具备"})


def _statutory(case: Case, people: People, now: datetime) -> Next:
    return Doing(DAY, "explain", "lead", {"measures": "已按程序作出决定并告知"})


def _finished(case: Case, people: People, now: datetime) -> Next:
    passed = luck(case, "verify") > 0.03
    return Doing(soon(case, "ask", 4, 40), "verify", _looker(case), {"passed": passed})


def _verified(case: Case, people: People, now: datetime) -> Next:
    content = luck(case, "content")
    said = "dissatisfied" if content < 0.07 else "fair" if content < 0.15 else "satisfied"
    ours = next((one for one in people if one.ours and one.callable_on(now)), None)
    if ours is not None:
        order = {"order_id": ours.asked_about.order_id}
        if luck(case, f"reach/{len(ours.tries)}") < 0.15:
            return Doing(DAY, "callback", "desk", order | {"reached": False})
        return Doing(2 * HOUR, "callback", "desk", order | {"resolved": content >= 0.07, "satisfaction": said})
    theirs = next((one for one in people if one.silent and one.of_source), None)
    if theirs is not None and luck(case, "silent") > 0.25:
        return Verdict(theirs.asked_about.order_id, said)
    return Doing(3 * DAY)


def _closed(case: Case, people: People, now: datetime) -> Next:
    """A recheck is asked for at a time that only the case knows; one in twelve is forgotten."""
    if clocks.find(case.clocks, "recheck"):
        if luck(case, "forgotten") < 0.08:
            return None
        return Doing(7 * DAY, "recheck", _looker(case), {"passed": luck(case, "recheck") > 0.06})
    look = clocks.find(case.clocks, "look_again")
    return Doing(max(look.due - now, HOUR) + 3 * HOUR) if look else None


def _looker(case: Case) -> str:
    """What the street has done itself is looked at by the district."""
    return "district" if case.course.verifier == ROOT else "desk"


def _over(case: Case, people: People, now: datetime) -> Next:
    return None


def _other(case: Case) -> str:
    """Not one that has had it."""
    been = {case.lead, *case.dispute.holders, *case.dispute.returned_by}
    left = [unit for unit in OTHERS if unit not in been]
    return left[int(luck(case, f"other/{len(been)}") * len(left))]


_CUSTOMS: Mapping[str, Callable[[Case, People, datetime], Next]] = {
    "open": _disputed,
    "dispatched": _unsigned,
    "reopened": _unsigned,
    "signed": _signed,
    "in_progress": _in_progress,
    "deferred": _deferred,
    "shelved": _shelved,
    "statutory": _statutory,
    "resolved": _finished,
    "explained": _finished,
    "verified": _verified,
    "closed": _closed,
    "withdrawn": _over,
}
