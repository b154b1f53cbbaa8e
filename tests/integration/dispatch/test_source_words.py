"""What a source says of its order: marks that count, a return that it has not answered yet, 剔除."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.kit.contracts.envelope import Event
from tests.harness.single import Single
from tests.harness.zhenru import AT
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, opened

EASY = {"concern": "CS-02", "sub_concern": "CS-02.stall", "category": "CS", "content": "流动设摊", "title": "设摊"}


async def read(one: Single, case: dict[str, Any]) -> dict[str, Any]:
    return dict((await (await one.visitor("admin")).get(f"{CASES}/{case['case_id']}")).json())


def due(case: dict[str, Any], kind: str = "resolve") -> datetime:
    return datetime.fromisoformat(next(clock["due"] for clock in case["clocks"] if clock["kind"] == kind))


def pending(order: Order) -> Event:
    return order._tell("order.returned_to_source", status="returned_to_source", reason="不属本街道", pending=True)


async def test_a_marked_order_is_watched_more_closely_and_has_no_longer_time(dispatch: Single) -> None:
    plain, supervised, urgent = [Order(f"ord_{n}") for n in range(3)]
    [usual] = await opened(dispatch, plain, **EASY)
    [marked] = await opened(dispatch, supervised, **EASY, supervised=True)
    [pressed] = await opened(dispatch, urgent, **EASY, source_urgency="紧急")
    assert (usual["class"], marked["class"], pressed["class"]) == ("easy", "key", "key")
    assert due(usual) == due(marked) == due(pressed)


async def test_who_joins_brings_the_marks_of_its_source(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"), **EASY)
    sooner = AT + timedelta(hours=3)
    await dispatch.publish(Order("ord_2").joined(case["case_id"], **EASY, supervised=True, source_due=sooner))
    after = await read(dispatch, case)
    assert (after["class"], due(after)) == ("key", sooner)
    await dispatch.publish(Order("ord_3").joined(case["case_id"], **EASY, source_due=AT + timedelta(days=300)))
    assert due(await read(dispatch, case)) == sooner


async def test_work_goes_on_until_the_source_takes_it_back(dispatch: Single) -> None:
    order = Order("ord_1")
    [case] = await opened(dispatch, order)
    before = due(case)
    await dispatch.publish(pending(order))
    after = await read(dispatch, case)
    assert (after["state"], after["orders"], due(after)) == ("dispatched", ["ord_1"], before)
    await do(await dispatch.visitor("department", unit="ZR-DUTY-5"), case, "sign")
    await dispatch.publish(order._tell("order.return_accepted", status="returned_to_source"))
    assert (await read(dispatch, case))["state"] == "withdrawn"


async def test_what_the_source_does_not_take_back_is_worked_on(dispatch: Single) -> None:
    order = Order("ord_1")
    [case] = await opened(dispatch, order)
    await dispatch.publish(pending(order), order._tell("order.return_refused", status="in_progress", note="就是你们的"))
    after = await read(dispatch, case)
    assert (after["state"], due(after)) == ("dispatched", due(case))
    assert "就是你们的" in after["timeline"][-1]["text"]


@pytest.mark.parametrize(("whole", "orders", "excluded"), [(True, 2, True), (False, 2, False), (False, 1, True)])
async def test_excluded_by_approval(dispatch: Single, whole: bool, orders: int, excluded: bool) -> None:
    first = Order("ord_1")
    [case] = await opened(dispatch, first)
    if orders == 2:
        await dispatch.publish(Order("ord_2").joined(case["case_id"]))
    told = first._tell("order.excluded", status="in_progress", ground="unreasonable", reason="x", whole_case=whole)
    await dispatch.publish(told)
    assert ((await read(dispatch, case))["excluded"] == "unreasonable") is excluded
    await dispatch.advance(timedelta(days=20))
    rates = (await (await dispatch.visitor("admin")).get("/dispatch/v1/rates?by=street&period=2026-11")).json()
    assert rates["items"][0]["excluded"] == ({"unreasonable": 1} if excluded else {})
