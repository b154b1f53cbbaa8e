"""双向对账: a source's list of a day beside ours; what differs, and the action that mends it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from services.fabric.calendar import SHANGHAI
from services.intake.domain.lifecycle import ALLOWED, RETURN_PROPOSED, STATUS_SAID

Kind = Literal[
    "missing_here", "missing_there", "status_differs", "result_differs", "callback_undelivered", "status_unknown"
]
Action = Literal["post_again", "tell_again", "withdraw", "accept_return", "give_feedback", "ask"]

# How far an order has got. What ended without a result is beside this line.
_RANK: Mapping[str, int] = {
    "received": 0,
    "triage": 1,
    "accepted": 2,
    "joined": 2,
    "in_progress": 3,
    "reopened": 3,
    "resolved": 4,
    "closed": 5,
}
# As sources write them; ours by their own names too.
_WORDS: Mapping[str, str] = {said: status for status, said in STATUS_SAID.items()} | {
    "待受理": "received",
    "待研判": "triage",
    "已派单": "in_progress",
    "已派发": "in_progress",
    "处理中": "in_progress",
    "处置中": "in_progress",
    "重办": "reopened",
    "已办理": "resolved",
    "已处置": "resolved",
    "办结": "closed",
    "结案": "closed",
    "已退单": "returned_to_source",
    "退单": "returned_to_source",
    "退回": "returned_to_source",
    "撤单": "withdrawn",
    "撤销": "withdrawn",
    "已撤销": "withdrawn",
    "不受理": "declined",
}
_SATISFACTION: Mapping[str, str] = {
    "satisfied": "satisfied",
    "fair": "fair",
    "dissatisfied": "dissatisfied",
    "满意": "satisfied",
    "非常满意": "satisfied",
    "基本满意": "fair",
    "一般": "fair",
    "不满意": "dissatisfied",
}
_HERE = "/intake/v1/orders"


@dataclass(frozen=True, slots=True)
class Theirs:
    """A row of the source's list, as it wrote it."""

    external_id: str
    status: str | None = None
    satisfaction: str | None = None
    changed_at: str | None = None


@dataclass(frozen=True, slots=True)
class Ours:
    """`standing`: see `lifecycle`. `calls_back`: the source gave an address."""

    order_id: str
    external_id: str
    status: str
    standing: str
    changed_at: datetime
    satisfaction: str | None = None
    calls_back: bool = False

    def as_json(self) -> dict[str, Any]:
        """As the other side gets it, and as a row of its own list may look."""
        return {
            "external_id": self.external_id,
            "order_id": self.order_id,
            "status": self.status,
            "changed_at": self.changed_at.isoformat(),
            "satisfaction": self.satisfaction,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """`call` is the request that does `action`."""

    kind: Kind
    external_id: str
    said: str
    action: Action
    call: Mapping[str, Any]
    order_id: str | None = None
    ours: str | None = None
    theirs: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "external_id": self.external_id,
            "order_id": self.order_id,
            "ours": self.ours,
            "theirs": self.theirs,
            "said": self.said,
            "action": self.action,
            "call": dict(self.call),
        }


def span_of(day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight, as clocks in the city show it."""
    begins = datetime.combine(day, time(), SHANGHAI)
    return begins, begins + timedelta(days=1)


def compare(ours: Mapping[str, Ours], of_day: Iterable[str], theirs: Sequence[Theirs]) -> list[Difference]:
    """`ours`: by external id, all that either list names; `of_day`: those that their list should name. Theirs first, in its
    order; of a row told twice the last counts."""
    rows = {row.external_id: row for row in theirs}
    found: list[Difference] = []
    for external_id, row in rows.items():
        order = ours.get(external_id)
        found += [_missing_here(row)] if order is None else _differing(order, row)
    return found + [_missing_there(ours[each]) for each in of_day if each not in rows and each in ours]


def _missing_here(row: Theirs) -> Difference:
    return Difference(
        "missing_here",
        row.external_id,
        "我们没有收到这件工单，请按原编号重新报一次，不会变成两件",
        "post_again",
        {"method": "POST", "path": _HERE, "by": "source"},
        theirs=row.status,
    )


def _missing_there(order: Ours) -> Difference:
    return _with(
        order,
        None,
        "missing_there",
        "来源清单里没有这件工单，已可重告现状；若是来源已撤销，请来源撤回",
        "tell_again" if order.calls_back else "ask",
    )


def _differing(order: Ours, row: Theirs) -> Iterator[Difference]:
    if row.status is not None:
        status = _status(row.status)
        if status is None:
            yield _with(order, row.status, "status_unknown", f"看不懂来源的状态“{row.status}”，请核对", "ask")
        elif not _same(order, status):
            yield _of_status(order, row.status, status)
    if row.satisfaction is not None:
        given = _SATISFACTION.get(row.satisfaction.strip())
        if given is not None and given != order.satisfaction:
            allowed = order.standing in ALLOWED["feedback"]
            said = "来源的回访结果和我们的不一样，请来源用 feedback 报来，以来源为准"
            body = {"resolved": given != "dissatisfied", "satisfaction": given}
            yield _with(
                order,
                row.satisfaction,
                "result_differs",
                said if allowed else "来源已有回访结果，我们还没有办理，请核对",
                "give_feedback" if allowed else "ask",
                body if allowed else None,
            )


def _of_status(order: Ours, told: str, status: str) -> Difference:
    if status == "withdrawn" and order.standing in ALLOWED["withdraw"]:
        return _with(order, told, "status_differs", "来源已撤销，我们还在办，请来源撤回", "withdraw")
    if status == "returned_to_source" and order.standing == RETURN_PROPOSED:
        return _with(order, told, "status_differs", "来源已收回，还没有答复退回，请来源确认", "accept_return")
    ahead = _RANK.get(order.status, 6) > _RANK.get(status, 6)
    if ahead:
        said = (
            "来源还停在以前的状态，回告没有送到，重告一次" if order.calls_back else "来源没有留回调地址，请来源来取现状"
        )
        return _with(order, told, "callback_undelivered", said, "tell_again" if order.calls_back else "ask")
    return _with(order, told, "status_differs", "两边状态不一样，请双方核对", "ask")


def _same(order: Ours, status: str) -> bool:
    if status == "returned_to_source" and order.standing == RETURN_PROPOSED:
        return False
    if order.standing == RETURN_PROPOSED:
        # To the source it is an order being worked on until it has taken it back.
        return _RANK.get(status) in (1, 2, 3)
    here, there = _RANK.get(order.status), _RANK.get(status)
    return order.status == status if here is None or there is None else here == there


def _status(told: str) -> str | None:
    told = told.strip()
    return told if told in STATUS_SAID else _WORDS.get(told)


_CALLS: Mapping[Action, tuple[str, str, str]] = {
    "post_again": ("POST", "", "source"),
    "tell_again": ("POST", "/tell-again", "duty_desk"),
    "withdraw": ("POST", "/withdraw", "source"),
    "accept_return": ("POST", "/return/accept", "source"),
    "give_feedback": ("POST", "/feedback", "source"),
    "ask": ("GET", "", "source"),
}


def _with(
    order: Ours, theirs: str | None, kind: Kind, said: str, action: Action, body: Mapping[str, Any] | None = None
) -> Difference:
    method, tail, by = _CALLS[action]
    call: dict[str, Any] = {"method": method, "path": f"{_HERE}/{order.order_id}{tail}", "by": by}
    if body is not None:
        call["body"] = dict(body)
    shown = order.satisfaction if kind == "result_differs" else order.status
    return Difference(kind, order.external_id, said, action, call, order.order_id, shown, theirs)
