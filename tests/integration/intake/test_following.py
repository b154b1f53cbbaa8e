"""What dispatch tells moves the orders it is about."""

import httpx

from services.kit.contracts.topics import CASES
from tests.harness.single import Single
from tests.integration.intake.made import acted, case_event, last_event, order, posted, read, unclear, whistle_event


async def test_an_order_follows_its_case_to_the_end(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(source, order())
    name = told["order_id"]
    await intake.publish(
        case_event("case.opened", "case_1", 1, "open", name),
        case_event("case.dispatched", "case_1", 2, "dispatched", name, rule="r", rule_version=1, ground="", clocks=[]),
        whistle_event("whistle.blown", "case_1", 3),
    )
    under_way = await read(source, name)
    assert (under_way["status"], under_way["case_id"]) == ("in_progress", "case_1")
    assert [line["step"] for line in under_way["progress"]] == ["走访调研"] * 2 + ["发现问题", "协调协同", "协调协同"]
    assert under_way["progress"][-1]["text"] == "吹哨叫派出所"
    assert under_way["progress"][2]["unit"] == "ZR-DUTY-3"
    await intake.publish(case_event("case.resolved", "case_1", 4, "resolved", name, measures="已劝导", evidence=[]))
    assert (await read(source, name))["status"] == "resolved"
    await intake.publish(
        case_event("case.called_back", "case_1", 5, "resolved", name, order_id=name, satisfaction="fair"),
        case_event("case.closed", "case_1", 6, "closed", name),
    )
    closed = await read(source, name)
    assert (closed["status"], closed["satisfaction"]) == ("closed", "fair")
    assert closed["progress"][-1]["step"] == "跟踪问效"
    await intake.publish(case_event("case.reopened", "case_1", 7, "reopened", name))
    assert (await read(source, name))["status"] == "reopened"


async def test_events_again_and_late_change_nothing(intake: Single, source: httpx.AsyncClient) -> None:
    name = (await posted(source, order()))["order_id"]
    events = [
        case_event("case.opened", "case_1", 1, "open", name),
        case_event("case.resolved", "case_1", 2, "resolved", name, measures="", evidence=[]),
    ]
    await intake.publish(*events)
    before = await read(source, name)
    await intake.publish(*reversed(events), events[0])
    assert await read(source, name) == before


async def test_many_orders_of_many_cases_in_one_batch(intake: Single, source: httpx.AsyncClient) -> None:
    rows = [order() for _ in range(90)]
    items = (await source.post("/intake/v1/orders/batch", json=rows)).json()["items"]
    ids = [item["order_id"] for item in items]
    opened = [case_event("case.opened", f"case_{n}", 1, "open", *ids[n * 3 : n * 3 + 3]) for n in range(30)]
    solved = [
        case_event("case.resolved", f"case_{n}", 2, "resolved", *ids[n * 3 : n * 3 + 3], measures="", evidence=[])
        for n in range(30)
    ]
    await intake.publish(*opened, *solved)
    page = (await source.get("/intake/v1/orders", params={"status": "resolved", "limit": 1000})).json()
    assert {(item["order_id"], item["case_id"]) for item in page["items"]} == {
        (order_id, f"case_{place // 3}") for place, order_id in enumerate(ids)
    }


async def test_what_is_not_ours_or_broken_stops_nothing(intake: Single, source: httpx.AsyncClient) -> None:
    name = (await posted(source, order()))["order_id"]
    await intake.publish(
        case_event("case.opened", "case_9", 1, "open", "ord_" + "0" * 32),
        whistle_event("whistle.blown", None, 1),
        case_event("case.opened", "case_1", 1, "open", name),
    )
    assert (await read(source, name))["case_id"] == "case_1"
    assert len(await intake.events(CASES.name)) == 3
    assert (await (await intake.visitor("admin")).get("/intake/v1/parked")).json()["items"] == []


async def test_feedback_reaches_dispatch_and_its_answer_comes_back(intake: Single, source: httpx.AsyncClient) -> None:
    name = (await posted(source, order()))["order_id"]
    await intake.publish(
        case_event("case.opened", "case_1", 1, "open", name), case_event("case.closed", "case_1", 2, "closed", name)
    )
    await acted(source, name, "feedback", resolved=False, satisfaction="dissatisfied", comment="还在卸货")
    said = await last_event(intake, name)
    assert (said.name, said.data["case_id"], said.data["resolved"]) == ("order.feedback", "case_1", False)
    assert (await read(source, name))["status"] == "closed"
    await intake.publish(case_event("case.reopened", "case_1", 3, "reopened", name))
    again = await read(source, name)
    assert (again["status"], again["satisfaction"]) == ("reopened", "dissatisfied")


async def test_before_the_case_is_known_events_name_the_order_alone(intake: Single, source: httpx.AsyncClient) -> None:
    name = (await posted(source, order()))["order_id"]
    await acted(source, name, "urge", note="请快一点")
    said = await last_event(intake, name)
    assert (said.name, said.subject, said.data["case_id"]) == ("order.urged", name, None)


async def test_a_split_order_no_longer_follows_its_old_case(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    one, other = [(await posted(source, order()))["order_id"] for _ in range(2)]
    await intake.publish(case_event("case.opened", "case_1", 1, "open", one, other))
    assert (await acted(desk, other, "split"))["status"] == "accepted"
    said = await last_event(intake, other)
    assert (said.name, said.data["case_id"], said.data["concern"]) == ("order.split", "case_1", "GL-03")
    await intake.publish(case_event("case.closed", "case_1", 2, "closed", one, other))
    assert (await read(source, one))["status"] == "closed"
    alone = await read(source, other)
    assert (alone["status"], alone["case_id"]) == ("accepted", None)
    await intake.publish(case_event("case.opened", "case_2", 1, "open", other))
    assert (await read(source, other))["case_id"] == "case_2"


async def test_a_joined_order_follows_its_new_case(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    first, second = (await posted(source, order()))["order_id"], (await posted(source, unclear()))["order_id"]
    await acted(desk, second, "join", 422, case_id="case_1")
    await intake.publish(case_event("case.opened", "case_1", 1, "open", first))
    assert (await acted(desk, second, "join", case_id="case_1"))["status"] == "joined"
    said = await last_event(intake, second)
    assert (said.name, said.data["case_id"]) == ("order.joined", "case_1")
    # Joining twice is joining once; the case's later events are about both.
    await acted(desk, second, "join", 409, case_id="case_1")
    await intake.publish(case_event("case.signed", "case_1", 2, "signed", first, second))
    assert (await read(source, second))["status"] == "in_progress"
