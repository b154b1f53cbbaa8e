"""跟踪问效 over HTTP: callbacks by person, verification by another, a meeting's decision, 限期整改, and looking again."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from tests.harness.single import Single
from tests.harness.zhenru import SHOP
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, names, opened, try_to

CALLS, TASKS = "/dispatch/v1/callbacks", "/dispatch/v1/follow-up"
MEETINGS, RECTIFY = "/dispatch/v1/meetings", "/dispatch/v1/rectifications"


async def done(one: Single, *orders: Order, **more: Any) -> dict[str, Any]:
    """A case of the first order, which the others joined, resolved by its lead."""
    first, *others = orders
    [case] = await opened(one, first, **more)
    await one.publish(*(order.joined(case["case_id"], **more | order.more) for order in others))
    squad = await one.visitor("department", unit="ZR-DUTY-5")
    await do(squad, case, "sign")
    return await do(squad, case, "resolve", measures="店家承诺不再夜间卸货", evidence=["photo_after"])


def ours(order_id: str, **more: Any) -> Order:
    return Order(order_id, channel="community_line", more=more)


async def test_everybody_who_reported_is_called_once(dispatch: Single) -> None:
    """Three orders of two people and one nobody knows: two calls, and the desk sees whom to call when."""
    orders = (ours("ord_1", person="p1"), ours("ord_2", person="p1"), ours("ord_3", person="p2"))
    case = await done(dispatch, *orders, ours("ord_4", anonymous=True))
    desk = await dispatch.visitor("duty_desk")
    listed = (await desk.get(CALLS)).json()["items"]
    assert [(item["order_id"], item["orders"]) for item in listed] == [
        ("ord_1", ["ord_1", "ord_2"]),
        ("ord_3", ["ord_3"]),
    ]
    assert (await desk.get(CALLS, params={"due": "2026-11-23"})).json()["items"] == []
    await do(desk, case, "callback", order_id="ord_1", reached=False)
    [tried] = [item for item in (await desk.get(CALLS)).json()["items"] if item["order_id"] == "ord_1"]
    assert (tried["tries"], tried["not_before"]) == (1, "2026-11-24")
    assert (await try_to(desk, case, "callback", order_id="ord_1", reached=False)).status_code == 409
    await dispatch.advance(timedelta(days=1))
    await do(desk, case, "callback", order_id="ord_2", resolved=True, satisfaction="satisfied")
    assert (await try_to(desk, case, "callback", order_id="ord_1", resolved=True)).status_code == 409
    assert [item["order_id"] for item in (await desk.get(CALLS)).json()["items"]] == ["ord_3"]
    closed = await do(desk, case, "callback", order_id="ord_3", resolved=True, satisfaction="fair")
    assert closed["state"] == "closed"
    assert (await desk.get(CALLS)).json()["items"] == []
    assert (await (await dispatch.visitor("source", source="sh12345")).get(CALLS)).json()["items"] == []


async def test_a_page_of_calls_may_end_amid_a_case(dispatch: Single) -> None:
    case = await done(dispatch, *(ours(f"ord_{place}", person=f"p{place}") for place in range(1, 6)))
    desk = await dispatch.visitor("duty_desk")
    seen, cursor = [], None
    while True:
        page = (await desk.get(CALLS, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        assert len(page["items"]) <= 2
        seen += [item["order_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        if len(seen) == 2:  # who is called meanwhile moves nobody to another page
            await do(desk, case, "callback", order_id="ord_2", resolved=True, satisfaction="satisfied")
    assert seen == [f"ord_{place}" for place in range(1, 6)]


async def test_a_call_owed_when_the_desk_closes_stays_on_the_list(dispatch: Single) -> None:
    """Both reporters came when there was a result already; the order of one is taken back after closing."""
    case, last = await done(dispatch, Order("ord_1")), ours("ord_3")
    await dispatch.publish(ours("ord_2").joined(case["case_id"]), last.joined(case["case_id"]))
    desk = await dispatch.visitor("duty_desk")
    await do(desk, case, "verify")
    closed = await do(desk, case, "close", note="已办好")
    assert "还有 2 位市民没有回访" in closed["timeline"][-1]["text"]
    assert {clock["kind"]: clock["state"] for clock in closed["clocks"]}["callback"] == "running"
    assert [item["order_id"] for item in (await desk.get(CALLS)).json()["items"]] == ["ord_2", "ord_3"]
    await dispatch.advance(timedelta(days=10))
    listed = (await desk.get(TASKS, params={"kind": "callback"})).json()["items"]
    assert [(item["case_id"], item["light"]) for item in listed] == [(case["case_id"], "red")]
    told = await do(desk, case, "callback", order_id="ord_2", resolved=True, satisfaction="satisfied")
    assert (told["state"], "callback" in told["allowed"]) == ("closed", True)
    await dispatch.publish(last.withdrawn())
    assert (await desk.get(CALLS)).json()["items"] == []
    over = (await desk.get(f"{CASES}/{case['case_id']}")).json()
    assert (over["state"], "callback" in over["allowed"]) == ("closed", False)
    assert (await try_to(desk, case, "callback", order_id="ord_2", resolved=False)).status_code == 409


async def test_the_sources_own_verdict_orders_it_done_again_after_close(dispatch: Single) -> None:
    first, second = Order("ord_1"), Order("ord_2")
    case = await done(dispatch, first, second)
    desk = await dispatch.visitor("duty_desk")
    assert (await desk.get(CALLS)).json()["items"] == []
    await dispatch.publish(first.feedback(), second.feedback(satisfaction="fair"))
    assert (await desk.get(f"{CASES}/{case['case_id']}")).json()["state"] == "closed"
    await dispatch.publish(second.feedback(resolved=True, satisfaction="satisfied", rework=True))
    again = (await desk.get(f"{CASES}/{case['case_id']}")).json()
    assert again["state"] == "reopened"
    assert "来源要求重办" in again["timeline"][-1]["text"]


async def test_who_was_not_content_while_it_was_done_again_is_asked_about_the_rework(dispatch: Single) -> None:
    first, second = ours("ord_1", person="p1"), ours("ord_2", person="p2")
    case = await done(dispatch, first, second)
    await dispatch.publish(first.feedback(resolved=False, satisfaction="dissatisfied"))
    await dispatch.publish(second.feedback(resolved=False, satisfaction="dissatisfied"))
    desk, squad = await dispatch.visitor("duty_desk"), await dispatch.visitor("department", unit="ZR-DUTY-5")
    again = (await desk.get(f"{CASES}/{case['case_id']}")).json()
    assert (again["state"], len(again["slips"])) == ("reopened", 0)
    await do(squad, case, "sign")
    await do(squad, case, "resolve", measures="再次劝导", evidence=["photo_after"])
    assert [item["order_id"] for item in (await desk.get(CALLS)).json()["items"]] == ["ord_1", "ord_2"]
    await dispatch.publish(first.feedback(), second.feedback())
    assert (await desk.get(f"{CASES}/{case['case_id']}")).json()["state"] == "closed"


async def test_two_who_call_at_the_same_moment_are_one_verdict(dispatch: Single) -> None:
    case = await done(dispatch, ours("ord_1", person="p1"), ours("ord_2", person="p1"))
    desk = await dispatch.visitor("duty_desk")
    told = [{"order_id": f"ord_{n}", "resolved": True, "satisfaction": "satisfied"} for n in (1, 2)]
    answers = await asyncio.gather(*(try_to(desk, case, "callback", **body) for body in told))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await names(dispatch, case["case_id"])).count("case.called_back") == 1


async def test_the_mark_of_a_caller_goes_with_what_is_erased(dispatch: Single) -> None:
    order = ours("ord_1", person="p1")
    case = await done(dispatch, order)
    erased = {"status": "closed", "depth": "order", "case_id": case["case_id"], "cases": [case["case_id"]]}
    await dispatch.publish(order._tell("order.erased", **erased))
    async with dispatch.service.db.reading() as tx:
        assert (await tx.execute(text("SELECT person FROM case_order"))).scalar_one() is None


async def test_verified_by_another_and_told_whose_it_is(dispatch: Single) -> None:
    case = await done(dispatch, Order("ord_1"))
    assert case["verifier"] == "ZR-G4"
    chief = await dispatch.visitor("grid_chief", unit="ZR-G4")
    [task] = (await chief.get(TASKS, params={"kind": "verify"})).json()["items"]
    assert (task["case_id"], task["unit"], task["doer"]) == (case["case_id"], "ZR-G4", "ZR-DUTY-5")
    for unit in ("ZR-DUTY-5", "ZR-DUTY"):
        doer = await dispatch.visitor("department", unit=unit)
        assert (await try_to(doer, case, "verify")).status_code == 403
    desk = await dispatch.visitor("duty_desk")
    assert (await try_to(desk, case, "verify", unit="ZR-DUTY-5")).status_code == 409
    assert (await do(chief, case, "verify", passed=False, note="还在卸货"))["state"] == "reopened"
    assert (await chief.get(TASKS)).json()["items"] == []


async def test_not_content_again_goes_before_the_street(dispatch: Single) -> None:
    case = await done(dispatch, ours("ord_1"))
    desk, squad = await dispatch.visitor("duty_desk"), await dispatch.visitor("department", unit="ZR-DUTY-5")
    await do(desk, case, "callback", resolved=False)
    await do(squad, case, "sign")
    await do(squad, case, "resolve", measures="再次劝导", evidence=["photo_after"])
    await do(desk, case, "callback", resolved=True, satisfaction="dissatisfied")
    [item] = (await desk.get(MEETINGS)).json()["items"]
    assert (item["case_id"], item["waits_for"], item["dissatisfied"]) == (case["case_id"], "street", 2)
    path = f"{CASES}/{case['case_id']}/meeting"
    now = datetime.fromisoformat(item["opened_at"])
    body = {
        "held_at": now.isoformat(),
        "units": ["ZR-OPS", "ZR-DUTY", "ZR-MARKET"],
        "decision": "城管和市场所联合夜查，一周见效",
        "owner": "ZR-DUTY",
        "due": (now + timedelta(days=7)).isoformat(),
    }
    assert (await squad.post(path, json=body)).status_code == 403
    bad: tuple[dict[str, Any], ...] = (
        {"units": []},
        {"units": ["NOBODY"]},
        {"decision": "\0"},
        {"decision": " "},
        {"held_at": "2099-01-01T00:00:00+08:00"},
        {"due": now.isoformat()},
        {"owner": 7},
        {"more": 1},
    )
    for wrong in bad:
        assert (await desk.post(path, json=body | wrong)).status_code == 422, wrong
    assert (await desk.post(path, json=body, headers={"If-Match": '"1"'})).status_code == 412
    twice = [await desk.post(path, json=body, headers={"Idempotency-Key": "m1"}) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [200, 200]
    assert twice[0].json() == twice[1].json()
    assert (await desk.get(MEETINGS)).json()["items"] == []
    [decided] = (await desk.get(MEETINGS, params={"state": "decided"})).json()["items"]
    assert [(held["decision"], held["missed"]) for held in decided["meetings"]] == [(body["decision"], False)]
    await dispatch.advance(timedelta(days=8))
    [late] = (await desk.get(MEETINGS, params={"state": "decided"})).json()["items"]
    assert late["meetings"][0]["missed"]
    told = [event for event in await dispatch.events("duoge.cases") if event.data.get("meeting")]
    assert [event.data["meeting"]["owner"] for event in told] == ["ZR-DUTY"]


async def test_a_shop_is_ordered_to_put_it_right(dispatch: Single) -> None:
    """Found on a round, ordered, missed, looked at, ordered again, handed to enforcement."""
    member = await dispatch.visitor("grid_member", unit="ZR-G4")
    [first] = await opened(dispatch, Order("ord_1"))
    now = datetime.fromisoformat(first["opened_at"])
    body = {
        "place": {"lon": SHOP[0], "lat": SHOP[1], "address": "兰溪路生鲜店"},
        "concern": "GL-03.unloading",
        "subject": {"name": "兰溪路生鲜店", "shop_code": "S-1"},
        "orders": "夜里十点后不再装卸",
        "due": (now + timedelta(days=3)).isoformat(),
    }
    bad: tuple[dict[str, Any], ...] = (
        {"case_id": first["case_id"]},
        {"place": None},
        {"place": {"lon": 10, "lat": 10}},
        {"place": {"lon": SHOP[1], "lat": SHOP[0]}},
        {"concern": "NO-01"},
        {"concern": None},
        {"orders": ""},
        {"due": now.isoformat()},
        {"due": "9999-01-01T00:00:00Z"},
        {"subject": {"name": "\0"}},
    )
    for wrong in bad:
        assert (await member.post(RECTIFY, json=body | wrong)).status_code == 422, wrong
    assert (await (await dispatch.visitor("auditor")).post(RECTIFY, json=body)).status_code == 403
    made = await member.post(RECTIFY, json=body, headers={"Idempotency-Key": "r1"})
    assert made.status_code == 201
    again = await member.post(RECTIFY, json=body, headers={"Idempotency-Key": "r1"})
    assert again.json() == made.json()
    one = made.json()
    case = (await (await dispatch.visitor("admin")).get(f"{CASES}/{one['case_id']}")).json()
    assert (case["state"], case["lead"], case["orders"]) == ("dispatched", "ZR-DUTY-5", [])
    assert [held["number"] for held in case["rectifications"]] == [one["number"]]
    assert [clock["kind"] for clock in case["clocks"] if clock["kind"] in ("sign", "contact", "resolve")] == [
        "sign",
        "resolve",
    ], "nobody reported it: there is nobody to contact"
    await dispatch.advance(timedelta(days=4))
    [missed] = (await member.get(RECTIFY, params={"missed": True})).json()["items"]
    assert (missed["number"], missed["light"], missed["shop_code"]) == (one["number"], "red", "S-1")
    # Found by whatever is remembered of it, without a number.
    for words, many in (("生鲜", 1), ("装卸", 1), ("S-1", 1), ("兰溪路", 1), ("%", 0), ("没有这家", 0)):
        found = (await member.get(RECTIFY, params={"q": words})).json()["items"]
        assert [held["number"] for held in found] == [one["number"]] * many, words
    assert missed["case_title"]
    assert (await member.get(RECTIFY, params={"q": "a\0"})).status_code == 422
    told = [event.data["text"] for event in await dispatch.events("duoge.cases") if event.data.get("rectification")]
    assert [text[:2] for text in told] == ["限期", "黄灯", "红灯"]
    check = f"{RECTIFY}/{one['number']}/check"
    later = (now + timedelta(days=6)).isoformat()
    for wrong in ({"passed": False}, {"passed": True, "to": "ZR-MARKET"}, {"passed": False, "to": "NO", "due": later}):
        assert (await member.post(check, json=wrong)).status_code == 422, wrong
    assert (await member.post(check, json={"passed": False, "to": "NOBODY"})).status_code == 422
    failed = (await member.post(check, json={"passed": False, "due": later, "found": "仍在卸货"})).json()
    assert (failed["state"], failed["failed"], failed["light"]) == ("ordered", 1, "green")
    two = await asyncio.gather(*(member.post(check, json={"passed": False, "to": "ZR-MARKET"}) for _ in range(2)))
    assert sorted(answer.status_code for answer in two) == [200, 409]
    case = (await (await dispatch.visitor("admin")).get(f"{CASES}/{one['case_id']}")).json()
    assert (case["lead"], case["rectifications"][0]["state"]) == ("ZR-MARKET", "handed_over")
    assert "case.transferred" in await names(dispatch, one["case_id"])
    assert (await member.post(f"{RECTIFY}/none/check", json={"passed": True})).status_code == 404
    listed = (await member.get(RECTIFY, params={"state": "handed_over", "limit": 1})).json()
    assert [held["enforcement"] for held in listed["items"]] == ["ZR-MARKET"]
    stranger = await dispatch.visitor("grid_member", unit="ZR-G1")
    assert (await stranger.get(RECTIFY)).json()["items"] == []
    assert (await stranger.post(check, json={"passed": True})).status_code == 404


async def test_a_ruled_case_is_not_got_rid_of_by_handing_it_to_enforcement(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    desk = await dispatch.visitor("duty_desk")
    market = await dispatch.visitor("department", unit="ZR-MARKET")
    order = {
        "case_id": case["case_id"],
        "subject": {"name": "兰溪路生鲜店"},
        "orders": "夜里不再装卸",
        "due": (dispatch.clock.now() + timedelta(days=3)).isoformat(),
    }
    await do(desk, case, "transfer", to="ZR-MARKET")
    check = f"{RECTIFY}/{(await market.post(RECTIFY, json=order)).json()['number']}/check"
    refused = await market.post(check, json={"passed": False, "to": "ZR-C17"})
    assert (refused.status_code, "派单权限表" in refused.json()["detail"]) == (409, True)
    await do(desk, case, "rule", lead="ZR-MARKET", ground="职责清单第三条")
    refused = await market.post(check, json={"passed": False, "to": "ZR-DUTY"})
    assert (refused.status_code, "已经裁定" in refused.json()["detail"]) == (409, True)
    assert (await desk.get(f"{CASES}/{case['case_id']}")).json()["lead"] == "ZR-MARKET"
    assert (await desk.post(check, json={"passed": False, "to": "ZR-DUTY"})).status_code == 200
    assert (await desk.get(f"{CASES}/{case['case_id']}")).json()["lead"] == "ZR-DUTY"


async def test_orders_to_put_right_are_counted_by_who_looks_again(dispatch: Single) -> None:
    """All of them, however many a page holds; each key's own."""
    now = dispatch.clock.now()
    market, desk = await dispatch.visitor("department", unit="ZR-MARKET-1"), await dispatch.visitor("admin")
    body = {
        "place": {"lon": SHOP[0], "lat": SHOP[1]},
        "concern": "GL-03",
        "subject": {"name": "生鲜店"},
        "orders": "不再装卸",
    }
    for who, days in ((market, 1), (market, 3), (desk, 5)):
        due = (now + timedelta(days=days)).isoformat()
        answer = await who.post(RECTIFY, json=body | {"due": due})
        assert answer.status_code == 201, answer.text
    await dispatch.advance(timedelta(days=2))
    counted = (await desk.get(f"{RECTIFY}/units")).json()["items"]
    mine = {one["unit"]: (one["count"], one["missed"]) for one in counted}
    assert mine.pop("ZR-MARKET-1") == (2, 1)
    assert counted[0]["unit"] == "ZR-MARKET-1"
    [(other, told)] = mine.items()
    assert told == (1, 0)
    assert len((await desk.get(RECTIFY, params={"unit": other or "-"})).json()["items"]) == 1
    missed = (await desk.get(f"{RECTIFY}/units", params={"missed": True})).json()["items"]
    assert missed == [{"unit": "ZR-MARKET-1", "count": 1, "missed": 1}]
    assert (await desk.get(f"{RECTIFY}/units", params={"q": "没有这家"})).json()["items"] == []
    stranger = await dispatch.visitor("grid_member", unit="ZR-G1")
    assert (await stranger.get(f"{RECTIFY}/units")).json()["items"] == []


async def test_nothing_tells_when_it_is_looked_at_again(dispatch: Single) -> None:
    case = await done(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    await do(admin, case, "verify")
    await do(admin, case, "close")
    async with dispatch.service.db.reading() as tx:
        rows = await tx.execute(text("SELECT due FROM clock WHERE kind = 'look_again'"))
        due: datetime = rows.scalar_one()
    shown = [
        (await admin.get(path)).text
        for path in (
            f"{CASES}/{case['case_id']}",
            f"{CASES}/{case['case_id']}/timeline",
            CASES,
            TASKS,
            MEETINGS,
            f"/dispatch/v1/cases/{case['case_id']}/record",
            "/metrics",
        )
    ]
    shown += [orjson.dumps(event.data).decode() for event in await dispatch.events("duoge.cases")]
    utc = due.isoformat()
    assert not [words for words in shown if utc[:16] in words or "look_again" in words]
    await dispatch.advance(due - dispatch.clock.now())
    [task] = (await admin.get(TASKS, params={"kind": "recheck"})).json()["items"]
    assert task["case_id"] == case["case_id"]
    squad = await dispatch.visitor("department", unit="ZR-DUTY-5")
    assert (await try_to(squad, case, "recheck")).status_code == 403
    assert (await do(admin, case, "recheck", passed=False))["state"] == "reopened"


@pytest.mark.parametrize(
    "path", [f"{CALLS}?due=20261123", f"{CALLS}?due=0001-01-01", f"{TASKS}?kind=resolve", f"{TASKS}?cursor=x"]
)
async def test_what_is_asked_for_badly(dispatch: Single, path: str) -> None:
    assert (await (await dispatch.visitor("admin")).get(path)).status_code in (400, 422)
