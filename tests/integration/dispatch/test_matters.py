"""Orders of one matter: whichever comes first begins their case, many raise its class, what comes back marks the old one."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.handlers import OrdersHandler
from tests.harness.single import Single
from tests.integration.dispatch.story import Order

CASE = "case_" + "1" * 32


async def case_of(one: Single, case_id: str = CASE) -> dict[str, Any]:
    answer = await (await one.visitor("admin")).get(f"/dispatch/v1/cases/{case_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def cases(one: Single) -> list[dict[str, Any]]:
    return list((await (await one.visitor("admin")).get("/dispatch/v1/cases")).json()["items"])


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("first", [True, False])
async def test_whichever_order_comes_first_begins_the_case(dispatch: Single, first: bool, together: bool) -> None:
    one, other = Order("ord_1"), Order("ord_2")
    told = [one.accepted(opens=CASE), other.joined(CASE, people=2)]
    told = told if first else told[::-1]
    if together:
        await dispatch.publish(*told)
    else:
        for event in told:
            await dispatch.publish(event)
    (case,) = await cases(dispatch)
    assert case["case_id"] == CASE
    assert sorted(case["orders"]) == ["ord_1", "ord_2"]
    assert [line["type"] for line in (await case_of(dispatch))["timeline"]] == [
        "case.opened",
        "case.dispatched",
        "case.merged",
    ]


async def test_two_processes_begin_a_case_once(dispatch: Single) -> None:
    """Their orders lie on different partitions: both may be handled at once."""
    tellings = [Order(f"ord_{n}").joined(CASE, people=n) for n in range(4)]
    handlers = dispatch.service.consumers()
    handle = handlers[0]._handle
    assert isinstance(handle, OrdersHandler)

    async def take(event: Any) -> None:
        async with dispatch.service.db.transaction() as tx:
            await handle(tx, [event])

    await asyncio.gather(*(take(event) for event in tellings))
    (case,) = await cases(dispatch)
    assert (case["case_id"], len(case["orders"])) == (CASE, 4)


async def test_a_case_that_is_over_is_not_begun_again(dispatch: Single) -> None:
    one, other = Order("ord_1"), Order("ord_2")
    await dispatch.publish(one.accepted(opens=CASE), one.withdrawn())
    await dispatch.publish(other.joined(CASE, people=1, opens="case_" + "2" * 32))
    assert (await case_of(dispatch))["state"] == "withdrawn"
    assert (await case_of(dispatch, "case_" + "2" * 32))["orders"] == ["ord_2"]


async def test_many_raise_the_class_once_and_a_split_takes_it_back(dispatch: Single) -> None:
    orders = [Order(f"ord_{n}") for n in range(7)]
    await dispatch.publish(orders[0].accepted(opens=CASE))
    before = await case_of(dispatch)
    assert before["class"] == "key"
    for n in range(1, 6):
        await dispatch.publish(orders[n].joined(CASE, people=n + 1))
    case = await case_of(dispatch)
    assert case["class"] == "hard"
    assert [line["text"] for line in case["timeline"] if "群诉" in line["text"]] == [
        "并案：又有一张工单反映同一件事，共 5 张；已有 5 人反映，按群诉由重点件升为疑难件"
    ]
    assert case["clocks"] == before["clocks"]
    await dispatch.publish(orders[5].split(CASE, people=5, opens="case_" + "3" * 32))
    assert (await case_of(dispatch))["class"] == "hard"
    await dispatch.publish(orders[4].split(CASE, people=4, opens="case_" + "4" * 32))
    case = await case_of(dispatch)
    assert (case["class"], len(case["orders"])) == ("key", 4)
    assert case["timeline"][-1]["text"].endswith("余下 4 人反映，不再按群诉，由疑难件恢复为重点件")
    assert (await case_of(dispatch, "case_" + "4" * 32))["orders"] == ["ord_4"]


async def test_orders_of_few_people_raise_nothing(dispatch: Single) -> None:
    orders = [Order(f"ord_{n}") for n in range(7)]
    await dispatch.publish(orders[0].accepted(opens=CASE), *(order.joined(CASE, people=1) for order in orders[1:]))
    assert (await case_of(dispatch))["class"] == "key"


async def test_what_comes_back_is_marked_on_the_old_case(dispatch: Single) -> None:
    one, again = Order("ord_1"), Order("ord_2")
    await dispatch.publish(one.accepted(opens=CASE))
    admin = await dispatch.visitor("admin")
    for action, more in (
        ("sign", {}),
        ("contact", {}),
        ("resolve", {"measures": "已劝导", "evidence": ["photo:before", "photo:after", "note:visit"]}),
        ("verify", {}),
    ):
        answer = await admin.post(f"/dispatch/v1/cases/{CASE}/actions", json={"action": action, **more})
        assert answer.status_code == 200, answer.text
    await dispatch.publish(one.feedback())
    assert (await case_of(dispatch))["state"] == "closed"
    await dispatch.advance(timedelta(days=2))
    await dispatch.publish(again.accepted(opens="case_" + "2" * 32, recurs=CASE))
    old, new = await case_of(dispatch), await case_of(dispatch, "case_" + "2" * 32)
    assert old["timeline"][-1]["type"] == "case.recurred"
    assert old["state"] == "closed"
    assert old["recurrences"] == 1
    assert "复发" in new["timeline"][0]["text"]
    (told,) = [event for event in await dispatch.events("duoge.cases") if event.name == "case.recurred"]
    assert (told.subject, told.data["again"]) == (CASE, new["case_id"])
