"""Which orders are one matter: joined by rule, proposed, left apart, taken out again, and what comes back."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single
from tests.harness.zhenru import SHOP
from tests.integration.intake.made import acted, case_event, last_event, order, posted, read

SAID = (
    "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "兰溪路生鲜店半夜卸货,吵得孩子睡不着",
    "生鲜店夜里卸货声音太大,影响休息",
    "这家店凌晨还在卸货,噪音扰民",
    "深夜卸货搬箱子的声音很响,老人没法睡觉",
)


def reported(n: int, **more: Any) -> dict[str, Any]:
    """By the n-th person, in words of their own, a few metres from where the others clicked."""
    at = {"lon": SHOP[0] + n * 0.00002, "lat": SHOP[1]}
    caller = {"name": f"市民{n}", "phone": f"1390000{n:04d}", "anonymous": False, "confidential": False}
    return order(content=SAID[n % len(SAID)], location=at, reporter=caller) | more


async def opens(intake: Single, order_id: str) -> str:
    """The case that intake has named for the order's matter."""
    return str((await last_event(intake, order_id)).data["opens"])


async def test_five_reports_of_one_shop_are_one_matter(intake: Single, source: httpx.AsyncClient) -> None:
    first = await posted(source, reported(0))
    assert first["status"] == "accepted"
    case_id = await opens(intake, first["order_id"])
    for n in range(1, 5):
        told = await posted(source, reported(n))
        assert (told["status"], told["case_id"]) == ("joined", None)
        said = await last_event(intake, told["order_id"])
        assert (said.name, said.sequence, said.data["case_id"]) == ("order.joined", 2, case_id)
        assert said.data["people"] == n + 1
        whole = await read(source, told["order_id"])
        assert [line["type"] for line in whole["progress"]] == ["order.received", "order.accepted", "order.joined"]


async def test_once_the_case_is_known_the_answer_names_it(intake: Single, source: httpx.AsyncClient) -> None:
    first = (await posted(source, reported(0)))["order_id"]
    case_id = await opens(intake, first)
    await intake.publish(case_event("case.opened", case_id, 1, "open", first))
    told = await posted(source, reported(1))
    assert (told["status"], told["case_id"]) == ("joined", case_id)
    await intake.publish(case_event("case.merged", case_id, 2, "dispatched", first, told["order_id"]))
    assert (await read(source, told["order_id"]))["status"] == "in_progress"


async def test_one_person_who_reports_again_is_not_many(intake: Single, source: httpx.AsyncClient) -> None:
    await posted(source, reported(0))
    again = await posted(source, reported(0, content=SAID[1]))
    assert again["status"] == "joined"
    assert (await last_event(intake, again["order_id"])).data["people"] == 1


async def test_who_calls_back_can_tell_one_caller_from_another_and_no_more(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    """The same mark for two orders of one person in a case; another in another case; nothing that a number gives away."""

    async def person(order_id: str) -> str:
        return str((await last_event(intake, order_id)).data["person"])

    names = [(await posted(source, reported(n) | {"content": SAID[1]}))["order_id"] for n in (0, 0, 1)]
    marks = [await person(name) for name in names]
    assert marks[0] == marks[1] != marks[2]
    await acted(desk, names[1], "split")
    assert await person(names[1]) not in (*marks, "None")
    nobody = {"name": None, "phone": None, "anonymous": True, "confidential": False}
    assert await person((await posted(source, reported(2, reporter=nobody)))["order_id"]) == "None"


@pytest.mark.parametrize(
    "other",
    [
        {"content": "兰溪路生鲜店买的熟食变质发酸,商家不肯退"},
        {"content": "兰溪路生鲜店门口共享单车乱停乱放,老人推轮椅过不去"},
        {"location": {"lon": SHOP[0] + 0.00063, "lat": SHOP[1]}, "address": None, "content": "理发店音响太响"},
        {"location": {"lon": SHOP[0] + 0.00210, "lat": SHOP[1]}, "address": None},
        {"reported_at": "2026-11-05T08:15:00+08:00"},
        {"reporter": {"name": "张三", "phone": "13700000001", "anonymous": False, "confidential": True}},
        {"kind": "report"},
    ],
)
async def test_what_is_another_matter_stays_apart(
    intake: Single, source: httpx.AsyncClient, other: dict[str, Any]
) -> None:
    await posted(source, reported(0))
    assert (await posted(source, reported(1) | other))["status"] == "accepted"


async def test_nothing_is_joined_to_a_confidential_order(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    hidden = (await posted(source, reported(0, kind="report")))["order_id"]
    plain = await posted(source, reported(1))
    assert plain["status"] == "accepted"
    await intake.publish(case_event("case.opened", "case_1", 1, "open", hidden))
    await acted(desk, plain["order_id"], "join", 409, case_id="case_1")
    assert (await desk.get(f"/intake/v1/orders/{hidden}/alike")).json() == {"items": []}
    assert "case_1" not in (await desk.get(f"/intake/v1/orders/{plain['order_id']}/alike")).text


async def test_a_batch_of_like_orders_is_one_matter(intake: Single, source: httpx.AsyncClient) -> None:
    bodies = [reported(n) for n in range(5)]
    bodies.append(dict(bodies[0]))
    items = (await source.post("/intake/v1/orders/batch", json=bodies)).json()["items"]
    told = [await read(source, item["order_id"]) for item in items]
    assert [one["status"] for one in told] == ["accepted", *["joined"] * 4, "accepted"]
    assert items[0]["order_id"] == items[5]["order_id"]


async def test_like_orders_that_come_in_one_moment_meet(intake: Single, source: httpx.AsyncClient) -> None:
    """With a key each, so that they are as many transactions."""
    answers = await asyncio.gather(
        *(source.post("/intake/v1/orders", json=reported(n), headers={"Idempotency-Key": f"k{n}"}) for n in range(5))
    )
    assert sorted(answer.json()["status"] for answer in answers) == ["accepted", *["joined"] * 4]
    named = {
        event.data["case_id"] if event.name == "order.joined" else event.data["opens"]
        for event in await intake.events(ORDERS.name)
        if event.name in ("order.joined", "order.accepted")
    }
    assert len(named) == 1


async def test_the_same_order_again_is_not_joined_to_itself(source: httpx.AsyncClient) -> None:
    body = reported(0)
    first = await posted(source, body)
    assert await posted(source, body, 200) == first
    joined = reported(1)
    second = await posted(source, joined)
    assert second["status"] == "joined"
    assert (await posted(source, joined, 200))["status"] == "joined"


async def test_what_is_split_from_a_matter_leaves_the_others_there(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    names = [(await posted(source, reported(n)))["order_id"] for n in range(3)]
    case_id = await opens(intake, names[0])
    await intake.publish(
        case_event("case.opened", case_id, 1, "open", names[0]),
        case_event("case.merged", case_id, 2, "dispatched", *names),
    )
    apart = await acted(desk, names[1], "split")
    assert (apart["status"], apart["case_id"]) == ("accepted", None)
    said = await last_event(intake, names[1])
    assert (said.name, said.data["case_id"], said.data["people"]) == ("order.split", case_id, 2)
    assert said.data["opens"] not in (None, case_id)
    assert [(await read(source, name))["case_id"] for name in (names[0], names[2])] == [case_id, case_id]
    # It is not proposed to what it was taken out of.
    assert (await desk.get("/intake/v1/proposals")).json()["items"] == []


async def test_a_matter_without_its_first_order_is_shown_by_the_next(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    names = [(await posted(source, reported(n)))["order_id"] for n in range(2)]
    case_id = await opens(intake, names[0])
    await intake.publish(
        case_event("case.opened", case_id, 1, "open", names[0]),
        case_event("case.merged", case_id, 2, "dispatched", *names),
    )
    await acted(desk, names[0], "split")
    after = await posted(source, reported(6))
    assert (after["status"], (await last_event(intake, after["order_id"])).data["case_id"]) == ("joined", case_id)


async def test_a_split_before_the_case_is_known(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    first, second = [(await posted(source, reported(n)))["order_id"] for n in range(2)]
    assert (await acted(desk, second, "split"))["status"] == "accepted"
    said = await last_event(intake, second)
    assert said.data["case_id"] == await opens(intake, first)


async def proposed(intake: Single, source: httpx.AsyncClient) -> tuple[str, str, str]:
    """(case, first order, the order proposed for it): neighbours' shops with one trouble."""
    near = {"location": {"lon": SHOP[0] + 0.0004, "lat": SHOP[1]}, "address": None}
    first = (await posted(source, reported(0)))["order_id"]
    case_id = await opens(intake, first)
    await intake.publish(case_event("case.opened", case_id, 1, "open", first))
    other = await posted(source, reported(1, **near, content="生鲜店每晚十一点后卸货,噪声很大"))
    assert other["status"] == "accepted"
    return case_id, first, other["order_id"]


async def test_what_is_likely_is_proposed_and_taken(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    case_id, _, other = await proposed(intake, source)
    (item,) = (await desk.get("/intake/v1/proposals")).json()["items"]
    assert (item["order_id"], item["case_id"]) == (other, case_id)
    assert 0.5 < item["score"] < 1
    assert len(item["reasons"]) == 4
    (candidate,) = (await desk.get(f"/intake/v1/orders/{other}/alike")).json()["items"]
    assert (candidate["case_id"], candidate["sure"], candidate["refused"]) == (case_id, False, False)
    assert (await acted(desk, other, "join", case_id=case_id))["status"] == "joined"
    assert (await last_event(intake, other)).data["people"] == 2
    assert (await desk.get("/intake/v1/proposals")).json()["items"] == []
    assert (await desk.post(f"/intake/v1/proposals/{item['id']}/refuse")).status_code == 409


async def test_what_is_refused_is_refused_for_good(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    _, _, other = await proposed(intake, source)
    (item,) = (await desk.get("/intake/v1/proposals")).json()["items"]
    answers = await asyncio.gather(*(desk.post(f"/intake/v1/proposals/{item['id']}/refuse") for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (await desk.get("/intake/v1/proposals")).json()["items"] == []
    (candidate,) = (await desk.get(f"/intake/v1/orders/{other}/alike")).json()["items"]
    assert candidate["refused"]


async def test_who_may_see_what_is_proposed(intake: Single, source: httpx.AsyncClient) -> None:
    assert (await source.get("/intake/v1/proposals")).status_code == 403
    told = await posted(source, reported(0))
    assert (await source.get(f"/intake/v1/orders/{told['order_id']}/alike")).status_code == 403
    supervisor = await intake.visitor("supervisor", unit="QP")
    assert (await supervisor.get("/intake/v1/proposals")).status_code == 200
    for name in ("prp_" + "0" * 32, "x", "prp_%00"):
        assert (await supervisor.post(f"/intake/v1/proposals/{name}/refuse")).status_code == 403
        admin = await intake.visitor("admin")
        assert (await admin.post(f"/intake/v1/proposals/{name}/refuse")).status_code == 404
    assert (await supervisor.get("/intake/v1/proposals?cursor=x")).status_code == 400


async def closed(intake: Single, source: httpx.AsyncClient) -> str:
    first = (await posted(source, reported(0)))["order_id"]
    case_id = await opens(intake, first)
    await intake.publish(
        case_event("case.opened", case_id, 1, "open", first),
        case_event("case.closed", case_id, 2, "closed", first, at=intake.clock.now()),
    )
    return case_id


async def test_what_comes_back_at_the_place_after_closing_recurs(intake: Single, source: httpx.AsyncClient) -> None:
    case_id = await closed(intake, source)
    again = await posted(source, reported(1))
    assert again["status"] == "accepted"
    assert (await last_event(intake, again["order_id"])).data["recurs"] == case_id
    assert (await read(source, again["order_id"]))["recurs"] == case_id
    await intake.advance(timedelta(days=31))
    late = await posted(source, reported(2, reported_at="2026-12-24T12:00:00+08:00"))
    assert (await last_event(intake, late["order_id"])).data["recurs"] is None


async def test_the_same_caller_recurs_where_the_place_is_told_otherwise(
    intake: Single, source: httpx.AsyncClient
) -> None:
    case_id = await closed(intake, source)
    near = {"location": {"lon": SHOP[0] + 0.0015, "lat": SHOP[1]}, "address": None}
    same = await posted(source, reported(0, **near))
    assert (await last_event(intake, same["order_id"])).data["recurs"] == case_id
    stranger = await posted(source, reported(7, **near, content="广场舞音响太响"))
    assert (await last_event(intake, stranger["order_id"])).data["recurs"] is None


async def test_a_reopened_case_takes_orders_again(intake: Single, source: httpx.AsyncClient) -> None:
    case_id = await closed(intake, source)
    first = await read(source, (await intake.events(ORDERS.name))[0].subject)
    await intake.publish(case_event("case.reopened", case_id, 3, "reopened", first["order_id"]))
    told = await posted(source, reported(1))
    assert (told["status"], told["case_id"]) == ("joined", case_id)


async def test_an_order_of_which_nobody_knows_where_is_compared_by_its_words(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    case_id, _, _ = await proposed(intake, source)
    unplaced = await posted(source, order(content="每晚十一点后卸货,噪声很大,没法睡", location=None, address=None))
    assert unplaced["status"] == "triage"
    items = (await desk.get(f"/intake/v1/orders/{unplaced['order_id']}/alike")).json()["items"]
    assert [item["case_id"] for item in items] == [case_id]
    assert items[0]["reasons"][0] == "地点不明"
    found = await acted(desk, unplaced["order_id"], "triage", address="兰溪路生鲜店")
    assert (found["status"], found["case_id"]) == ("joined", case_id)


async def test_an_order_whose_joined_case_had_ended_begins_a_matter_that_is_found(
    intake: Single, source: httpx.AsyncClient
) -> None:
    first = (await posted(source, reported(0)))["order_id"]
    ended = await opens(intake, first)
    await intake.publish(case_event("case.opened", ended, 1, "open", first))
    second = await posted(source, reported(1))
    assert second["case_id"] == ended
    # Dispatch closed the case before it heard of the second order, and opens another for it.
    another = "case_" + "7" * 32
    await intake.publish(
        case_event("case.closed", ended, 2, "closed", first, at=intake.clock.now()),
        case_event("case.opened", another, 1, "open", second["order_id"]),
    )
    third = await posted(source, reported(2))
    assert (third["status"], third["case_id"]) == ("joined", another)
