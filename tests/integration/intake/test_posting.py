"""New orders: answered from disk, known again, one by one and in batches."""

import httpx

from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single
from tests.integration.intake.made import order, read


async def test_an_order_is_accepted_located_and_told(intake: Single, source: httpx.AsyncClient) -> None:
    body = order(title="夜间噪声", kind="complaint", source_due="2026-11-30T17:00:00+08:00")
    answer = await source.post("/intake/v1/orders", json=body)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["status"], told["external_id"], told["case_id"]) == ("accepted", body["external_id"], None)
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == told["links"]["self"] == f"/intake/v1/orders/{told['order_id']}"
    whole = await read(source, told["order_id"])
    assert whole["located"]["grids"]["comprehensive"]
    assert whole["located"]["how"] == "coordinates"
    assert whole["classified"]["concern"] == "GL-03"
    assert "卸货" in whole["classified"]["words"]
    assert [line["step"] for line in whole["progress"]] == ["走访调研", "走访调研"]
    assert [event.name for event in await intake.events(ORDERS.name)] == ["order.received", "order.accepted"]
