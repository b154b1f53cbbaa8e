"""What a person has with us: looked for by number, handed over, and erased at their request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake import metrics
from services.intake.domain.confidence import statuses_read
from services.intake.domain.keeping import ENDED, GROUNDS, ON_REQUEST
from services.intake.errors import no_number
from services.intake.models import Entry, Order
from services.intake.repository import erasing, orders
from services.intake.repository import persons as repository
from services.intake.repository.persons import HeldOrder, PersonRequest
from services.intake.sealing import Sealer
from services.intake.usecases.erasing import erase
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.keys import SEE_ALL, Caller
from services.kit.masking import masked
from services.kit.outbox import Outbox

_MOST_FOUND = 100
_SHORTEST_NUMBER = 5
_HELD = "依法保留的工单，解除保留以后才能删除"
_OPEN = "这件事还在办理，办结以后自动删除"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to know what of whom, and why. `by` names the person at the key, where several share it."""

    phone: str
    reason: str
    caller: Caller
    now: datetime
    by: str | None = None

    @property
    def by_name(self) -> str:
        return f"{self.caller.name}/{self.by}" if self.by else self.caller.name


@dataclass(frozen=True, slots=True)
class Certificate:
    """What became of a request to erase. `postponed`: erased once they have ended; `refused`: (order, sentence)."""

    request_id: str
    at: datetime
    by: str
    ground: str
    erased: tuple[str, ...]
    postponed: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    counts: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return {
            "request_id": self.request_id,
            "at": self.at.isoformat(),
            "by": self.by,
            "ground": self.ground,
            "ground_said": GROUNDS[self.ground],
            "erased": list(self.erased),
            "postponed": [{"order_id": order_id, "said": _OPEN} for order_id in self.postponed],
            "refused": [{"order_id": order_id, "said": said} for order_id, said in self.refused],
            "counts": dict(self.counts),
        }


async def search(tx: Tx, sealer: Sealer, asked: Asked) -> list[Order]:
    """Earlier orders of a caller, latest first; a source finds its own only. Entered before anything is shown."""
    person, caller = _person(sealer, asked), asked.caller
    mine = caller.speaks_for
    readable = statuses_read(caller.role)
    found = await repository.find(
        tx,
        person,
        None if caller.role in SEE_ALL else mine,
        mine,
        None if readable is None else sorted(readable),
        _MOST_FOUND,
    )
    await _enter(tx, sealer, asked, "search", person, f"查到 {len(found)} 件")
    metrics.SEARCHED.labels(caller.role).inc()
    return found


async def export(tx: Tx, sealer: Sealer, asked: Asked) -> dict[str, Any]:
    """All that is held on one person: every order with its words, what was done to it and by whom, and who asked."""
    person = _person(sealer, asked)
    held = await repository.held(tx, person)
    entries = await repository.entries(tx, [one.order.order_id for one in held])
    about = await repository.asked_about(tx, person)
    request_id = new_id("prq")
    await _enter(tx, sealer, asked, "export", person, f"导出 {len(held)} 件")
    await _record(tx, asked, request_id, "export", person, {"orders": len(held), "entries": len(entries)})
    return {
        "request_id": request_id,
        "at": asked.now.isoformat(),
        "by": asked.by_name,
        "orders": [_whole(sealer, one, [e for e in entries if e["order_id"] == one.order.order_id]) for one in held],
        "asked": [_line(entry) for entry in about],
    }


async def erase_person(tx: Tx, outbox: Outbox, sealer: Sealer, asked: Asked, ground: str) -> Certificate:
    """Ended orders at once, open ones when they end, held ones not. Asked again, what is left is nothing."""
    person = _person(sealer, asked)
    held = await repository.held(tx, person)
    refused = [one.order.order_id for one in held if one.held]
    postponed = [one.order.order_id for one in held if not one.held and not _over(one)]
    ending = [one.order for one in held if not one.held and _over(one)]
    request_id = new_id("prq")
    await _enter(tx, sealer, asked, "erase", person, f"{GROUNDS[ground]}，删除 {len(ending)} 件")
    await erasing.ask(tx, postponed, request_id)
    gone = await erase(tx, outbox, "words", ending, ON_REQUEST, asked.now)
    certificate = Certificate(
        request_id,
        asked.now,
        asked.by_name,
        ground,
        tuple(order.order_id for order in ending),
        tuple(postponed),
        tuple((order_id, _HELD) for order_id in refused),
        {one.part: one.rows for one in gone},
    )
    for order in ending:
        await orders.enter(tx, _entry(asked, "erase", GROUNDS[ground], order_id=order.order_id))
    await _record(tx, asked, request_id, "erase", person, certificate.as_json(), ground)
    return certificate


def _person(sealer: Sealer, asked: Asked) -> bytes:
    index = sealer.phone_index(asked.phone)
    if index is None or sum(sign.isdigit() for sign in asked.phone) < _SHORTEST_NUMBER:
        raise no_number()
    return index


def _over(one: HeldOrder) -> bool:
    """An order that waits for its source's answer is not, nor one whose case others are waiting for."""
    order = one.order
    return order.status in ENDED and order.standing == order.status and not one.shared


def _entry(asked: Asked, action: str, note: str, **more: Any) -> Entry:
    caller = asked.caller
    return Entry(
        at=asked.now, action=action, by_key=caller.key_id, by_name=asked.by_name, by_role=caller.role, note=note,
        **({"order_id": None} | more),
    )  # fmt: skip


async def _enter(tx: Tx, sealer: Sealer, asked: Asked, action: str, person: bytes, outcome: str) -> None:
    """The reason stands there masked only, without the names that this number is known by: they would stand beside the
    index that hides it. Call it before anything of the person is erased."""
    sealed = await repository.sealed_persons(tx, person, _MOST_FOUND)
    names = {sealer.open(order_id, "person", held, key_id).get("name") for order_id, held, key_id in sealed}
    reason = masked(asked.reason, tuple(sorted(name for name in names if name)), (asked.phone,))
    await orders.enter(tx, _entry(asked, action, f"{reason}（{outcome}）", person=person))


async def _record(
    tx: Tx,
    asked: Asked,
    request_id: str,
    kind: str,
    person: bytes,
    outcome: Mapping[str, Any],
    ground: str | None = None,
) -> None:
    caller = asked.caller
    await repository.record(
        tx,
        PersonRequest(request_id, asked.now, kind, person, caller.key_id, asked.by_name, caller.role, outcome, ground),
    )


def _whole(sealer: Sealer, one: HeldOrder, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    order = one.order
    words = sealer.open(order.order_id, "content", one.content, one.key_id)
    person = sealer.open(order.order_id, "person", one.person, one.key_id) if one.person else {}
    return {
        "order_id": order.order_id,
        "source": order.source,
        "external_id": order.external_id,
        "channel": order.channel,
        "status": order.status,
        "reported_at": order.reported_at.isoformat(),
        "name": person.get("name"),
        "phone": person.get("phone"),
        "title": words["title"],
        "content": words["content"],
        "address": words["address"],
        "position": words["position"],
        "extra": words["extra"],
        "attachments": words.get("attachments") or [dict(each) for each in order.details.attachments],
        "concern": order.classified.concern if order.classified else None,
        "satisfaction": order.satisfaction,
        "case_id": order.case_id,
        "held": one.held,
        "progress": [{"at": line["at"], "text": line["text"], "unit": line["unit"]} for line in one.progress],
        "entries": [_line(entry, _note(sealer, order.order_id, entry)) for entry in entries],
    }


def _note(sealer: Sealer, order_id: str, entry: Mapping[str, Any]) -> str | None:
    """The words as they were said, where masking changed them."""
    if entry["sealed_note"] is None:
        return None
    note = sealer.open(order_id, f"note/{entry['action']}", entry["sealed_note"], entry["key_id"])
    return str(note["note"])


def _line(entry: Mapping[str, Any], note: str | None = None) -> dict[str, Any]:
    return {
        "at": entry["at"].isoformat(),
        "action": entry["action"],
        "by": entry["by_name"],
        "role": entry["by_role"],
        "note": note or entry["note"],
    }
