"""Orders as answers: masked words only."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import JSONResponse

from services.fabric.profile import Profile
from services.intake.domain.confidence import WITHHELD
from services.intake.domain.lifecycle import allowed_in
from services.intake.models import Order
from services.intake.receipts import Receipts
from services.kit.contracts.registry import TYPES

_HERE = "/intake/v1/orders"
_WITHHELD: Mapping[str, Any] = {
    "title": WITHHELD,
    "content": WITHHELD,
    "address": None,
    "located": None,
    "said": None,
    "attachments": [],
}


def etagged(body: Mapping[str, Any], version: int, status_code: int = 200) -> JSONResponse:
    return JSONResponse(body, status_code, {"ETag": f'"{version}"'})


def answer(order: Order, role: str, receipt: str | None = None) -> dict[str, Any]:
    """`role`: of the key that asks, whose links these are. `receipt`: where its code leads, for whoever may hand it to the reporter."""
    return {
        "order_id": order.order_id,
        "external_id": order.external_id,
        "status": order.status,
        "reason": order.reason,
        "said": order.said,
        "case_id": order.case_id,
        "links": links(order, role) if receipt is None else {**links(order, role), "receipt": receipt},
    }


def led(order_id: str, receipts: Receipts) -> dict[str, str]:
    """Of many at once: where each stands, and what its reporter may be given."""
    return {"self": f"{_HERE}/{order_id}", "receipt": receipts.path(order_id)}


def forgotten(order_id: str, external_id: str) -> dict[str, Any]:
    """Of an order that was deleted on time: its id is still known, nothing else."""
    return {
        "order_id": order_id,
        "external_id": external_id,
        "status": "closed",
        "reason": "deleted",
        "said": "这件工单已按期限删除",
        "case_id": None,
        "links": {},
    }


def links(order: Order, role: str) -> dict[str, str]:
    here = f"{_HERE}/{order.order_id}"
    found = {"self": here} | {action: f"{here}/{action}" for action in allowed_in(order.standing, role)}
    return (
        found
        if order.case_id is None or order.details.sandbox
        else found | {"case": f"/dispatch/v1/cases/{order.case_id}"}
    )


def item(order: Order, role: str) -> dict[str, Any]:
    details = order.details
    return answer(order, role) | {
        "version": order.version,
        "source": order.source,
        "channel": order.channel,
        "kind": order.kind,
        "title": order.title,
        "content": order.content,
        "address": order.address,
        "reported_at": order.reported_at.isoformat(),
        "received_at": order.received_at.isoformat(),
        "changed_at": order.changed_at.isoformat(),
        "source_urgency": details.source_urgency,
        "source_due": details.source_due.isoformat() if details.source_due else None,
        "repeat_of": details.repeat_of,
        "supervised": details.supervised,
        "anonymous": details.anonymous,
        "confidential": details.confidential,
        "attachments": [dict(attachment) for attachment in details.attachments],
        "located": order.located.as_json() if order.located else None,
        "classified": order.classified.as_json() if order.classified else None,
        "satisfaction": order.satisfaction,
        "recurs": order.recurs,
        "sandbox": details.sandbox,
    }


def whole(
    order: Order,
    progress: Sequence[Mapping[str, Any]],
    profile: Profile,
    role: str,
    readable: bool = True,
    calls: int = 0,
    receipt: str | None = None,
) -> dict[str, Any]:
    """`readable` False: that it is there, not what it says. `calls`: orders of this caller within 30 days; 0: unknown.
    `receipt` as in `answer`."""
    shown = item(order, role) if readable else {**item(order, role), **_WITHHELD}
    shown |= {"links": answer(order, role, receipt)["links"]}
    lines = [_line(step, profile) for step in progress]
    told = {"within_30_days": calls, "said": f"此人 30 天内第 {calls} 次来电"} if calls else None
    return shown | {"progress": lines if readable else [line | {"text": ""} for line in lines], "calls": told}


def _line(step: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    kind = str(step["type"])
    known = profile.step_of(kind)
    name = known.name if known else TYPES[kind].chinese if kind in TYPES else kind
    return {"at": step["at"], "step": name, "text": step["text"], "unit": step["unit"], "type": kind}
