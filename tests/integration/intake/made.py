"""Made orders and made events of dispatch."""

from itertools import count
from typing import Any

import httpx

from services.kit.contracts.cases import CaseEvent, CaseFeedback, CaseOpened, WhistleCall, WhistleEvent
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Payload, Place
from services.kit.contracts.registry import TYPES, make
from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single
from tests.harness.zhenru import AT, SHOP

_numbers = count(1)
PHONE, NAME, IDENTITY, DOOR = "13812345678", "赵铁柱", "310107198001011234", "12号302室"


def order(**more: Any) -> dict[str, Any]:
    """A noisy shop: accepted at once, and a matter of its own, for it is heard in another house each time."""
    number = next(_numbers)
    return {
        "external_id": f"E-{number}",
        "channel": "hotline_12345",
        "content": f"兰溪路生鲜店每晚十一点后卸货,噪声很大,{number}号楼听得到",
        "reported_at": "2026-11-23T08:15:00+08:00",
        "location": {"lon": SHOP[0], "lat": SHOP[1]},
        "address": "兰溪路生鲜店",
    } | more


def unclear(**more: Any) -> dict[str, Any]:
    """Nobody knows where: triage."""
    return order(location=None, address=None, content="楼上半夜装修,电钻声不停") | more


def abusive(**more: Any) -> dict[str, Any]:
    """Declined, by a channel that may."""
    return order(channel="web_message", content="你们都去死") | more


async def posted(client: httpx.AsyncClient, body: dict[str, Any], status_code: int = 201) -> dict[str, Any]:
    answer = await client.post("/intake/v1/orders", json=body)
    assert answer.status_code == status_code, answer.text
    return dict(answer.json())


async def acted(
    client: httpx.AsyncClient, order_id: str, action: str, status_code: int = 200, **body: Any
) -> dict[str, Any]:
    answer = await client.post(f"/intake/v1/orders/{order_id}/{action}", json=body)
    assert answer.status_code == status_code, answer.text
    return dict(answer.json())


async def read(client: httpx.AsyncClient, order_id: str) -> dict[str, Any]:
    answer = await client.get(f"/intake/v1/orders/{order_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def last_event(intake: Single, order_id: str) -> Event:
    """Of one order: different orders are in no order."""
    return [event for event in await intake.events(ORDERS.name) if event.subject == order_id][-1]


def case_event(name: str, case_id: str, sequence: int, state: str, *orders: str, **more: Any) -> Event:
    model = TYPES[name].model
    fields: dict[str, Any] = {
        "case_id": case_id,
        "sequence": sequence,
        "state": state,
        "class": "key",
        "level": "street",
        "concern": "GL-03",
        "lead": "ZR-DUTY-3",
        "assists": [],
        "place": Place(address="兰溪路生鲜店"),
        "orders": list(orders),
        "text": f"{TYPES[name].chinese}了",
        "at": AT,
        "unit": "ZR-DUTY-3",
    }
    if issubclass(model, CaseOpened):
        fields |= {"title": "夜间噪声", "summary": "卸货", "channel": "hotline_12345", "fabric_version": 1}
    assert issubclass(model, CaseEvent | CaseFeedback)
    return _made(name, model(**(fields | more)), case_id, sequence)


def whistle_event(name: str, case_id: str | None, sequence: int, whistle_id: str = "wh_1", **more: Any) -> Event:
    body = WhistleEvent(
        whistle_id=whistle_id,
        case_id=case_id,
        sequence=sequence,
        kind="daily",
        whistle_state="open",
        place=Place(),
        report_in_by=AT,
        calls=[WhistleCall(unit="ZR-POLICE", state="called")],
        text="吹哨叫派出所",
        at=AT,
        **more,
    )
    return _made(name, body, case_id or whistle_id, sequence)


def _made(name: str, body: Payload, subject: str, sequence: int) -> Event:
    return make(name, body, subject=subject, sequence=sequence, at=AT)
