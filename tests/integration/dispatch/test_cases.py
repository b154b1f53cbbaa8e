"""A case from its order to its end, over HTTP and the bus."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.dispatch.main import build
from services.dispatch.settings import DispatchSettings
from services.kit.contracts.envelope import Event
from tests.harness.counting import Counting
from tests.harness.single import Single, publish_fabric, single
from tests.harness.zhenru import zhenru_entries
from tests.integration.dispatch.story import Order

CASES = "/dispatch/v1/cases"


async def opened(one: Single, *orders: Order, **more: Any) -> list[dict[str, Any]]:
    """The cases of these orders, in their order."""
    await one.publish(*(order.accepted(**more) for order in orders))
    answer = await (await one.visitor("admin")).get(CASES, params={"limit": 1000})
    by_order = {order_id: case for case in answer.json()["items"] for order_id in case["orders"]}
    return [by_order[order.order_id] for order in orders]


async def do(client: httpx.AsyncClient, case: dict[str, Any], action: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post(f"{CASES}/{case['case_id']}/actions", json={"action": action, **fields})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def try_to(client: httpx.AsyncClient, case: dict[str, Any], action: str, **fields: Any) -> httpx.Response:
    return await client.post(f"{CASES}/{case['case_id']}/actions", json={"action": action, **fields})


async def names(one: Single, case_id: str) -> list[str]:
    return [told.name for told in await one.events("duoge.cases") if told.subject == case_id]


async def test_the_whole_way_by_the_keys_of_those_who_do_it(dispatch: Single) -> None:
    order = Order("ord_1")
    [case] = await opened(dispatch, order)
    assert (case["state"], case["lead"], case["fabric_version"]) == ("dispatched", "ZR-DUTY-5", 1)
    assert [clock["kind"] for clock in case["clocks"]] == ["sign", "contact", "resolve"]
    assert case["light"] == "green"
    squad = await dispatch.visitor("department", unit="ZR-DUTY")
    police = await dispatch.visitor("department", unit="ZR-POLICE-4")
    assert (await do(squad, case, "sign", by="甲"))["state"] == "signed"
    await do(squad, case, "contact", note="已致电 13800000000 张先生")
    await dispatch.advance(timedelta(hours=2))
    assert (await do(police, case, "progress", note="到场协助"))["state"] == "in_progress"
    resolved = await do(squad, case, "resolve", measures="店家承诺二十二时后不卸货", evidence=["photo:after"])
    assert resolved["state"] == "resolved"
    assert [(c["kind"], c["state"]) for c in resolved["clocks"]] == [
        ("sign", "met"),
        ("contact", "met"),
        ("resolve", "met"),
        ("verify", "running"),
    ]
    assert (await try_to(squad, case, "verify")).status_code == 403
    assert (await do(police, case, "verify"))["state"] == "verified"
    await dispatch.publish(order.feedback())
    answer = await squad.get(f"{CASES}/{case['case_id']}")
    closed = answer.json()
    assert (closed["state"], answer.headers["etag"]) == ("closed", f'"{closed["version"]}"')
    told = await names(dispatch, case["case_id"])
    assert told == [line["type"] for line in closed["timeline"]]
    assert told == [
        *("case.opened", "case.dispatched", "case.signed", "case.contacted", "case.progressed", "case.resolved"),
        *("case.verified", "case.feedback", "case.called_back", "case.closed"),
    ]
    assert closed["timeline"][2] | {"at": ""} == {
        "at": "",
        "type": "case.signed",
        "text": "真如责任网格5组签收",
        "by": "甲",
        "unit": "ZR-DUTY-5",
    }


async def test_no_person_leaves_in_an_event(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    await do(admin, case, "sign", by="赵某甲", note="联系人：李建国，电话13800000000")
    await do(admin, case, "explain", measures="与王先生谈过，身份证310107199001011234")
    said = "".join(str(told.data) for told in await dispatch.events("duoge.cases"))
    for secret in ("赵某甲", "李建国", "13800000000", "王先生", "310107199001011234"):
        assert secret not in said


async def test_who_may_not_see_it_does_not_find_it(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    for role, unit in (
        ("department", "ZR-MARKET-7"),
        ("community", "ZR-C01"),
        ("grid_chief", "ZR-G1"),
        ("volunteer", None),
        ("source", None),
    ):
        client = await dispatch.visitor(role, unit=unit)
        assert (await client.get(f"{CASES}/{case['case_id']}")).status_code == 404
        assert (await client.get(CASES)).json()["items"] == []
    stranger = await dispatch.visitor("department", unit="ZR-MARKET-7")
    assert (await try_to(stranger, case, "sign")).status_code == 404
    for role, unit in (
        ("department", "ZR-MARKET"),
        ("community", "ZR-C13"),
        ("grid_member", "ZR-G4"),
        ("auditor", None),
    ):
        client = await dispatch.visitor(role, unit=unit)
        assert (await client.get(f"{CASES}/{case['case_id']}")).status_code == 200
        assert len((await client.get(CASES)).json()["items"]) == 1
    assert (await try_to(await dispatch.visitor("auditor"), case, "urge")).status_code == 403
    source = await dispatch.visitor("source", source="sh12345")
    assert (await source.get(f"{CASES}/{case['case_id']}")).status_code == 404
    assert (await try_to(source, case, "urge")).status_code == 404
    assert (await dispatch.visitor.anonymous().get(CASES)).status_code == 401


async def test_a_report_is_the_leads_alone(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1", kind="report"))
    assert case["confidential"]
    police = await dispatch.visitor("department", unit="ZR-POLICE")
    assert (await police.get(f"{CASES}/{case['case_id']}")).status_code == 404
    assert (await police.get(CASES)).json()["items"] == []
    chief = await dispatch.visitor("grid_chief", unit="ZR-G4")
    assert (await chief.get(CASES)).json()["items"] == []
    lead = await dispatch.visitor("department", unit="ZR-DUTY")
    assert len((await lead.get(CASES)).json()["items"]) == 1


async def test_what_is_not_allowed_now_says_what_is(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    lead = await dispatch.visitor("department", unit="ZR-DUTY-5")
    refused = await try_to(lead, case, "resolve", measures="办好了")
    assert refused.status_code == 409
    assert refused.json()["state"] == "dispatched"
    assert refused.json()["allowed"] == ["climb", "contact", "return", "sign", "transfer", "urge"]
    whose = {"rule": "请由城运中心来做", "callback": "请由主办以外的单位或城运中心来做", "approve": "请由城运中心来做"}
    for action, said in whose.items():
        refused = await try_to(lead, case, action, lead="ZR-MARKET", ground="x")
        assert (refused.status_code, refused.json()["detail"].endswith(said)) == (403, True), action
    assert (await try_to(lead, case, "sign", unit="ZR-MARKET")).status_code == 403


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"action": "vanish"}, "/action"),
        ({}, "/action"),
        ({"action": "sign", "colour": "red"}, "/colour"),
        ({"action": "sign", "note": "a\0b"}, "/note"),
        ({"action": "sign", "note": "字" * 2001}, "/note"),
        ({"action": "sign", "note": 7}, "/note"),
        ({"action": "sign", "unit": "没有"}, "/unit"),
        ({"action": "sign", "unit": "ZR-NOBODY"}, "/unit"),
        ({"action": "transfer"}, "/to"),
        ({"action": "transfer", "to": "ZR-NOBODY"}, "/to"),
        ({"action": "transfer", "to": "ZR-DUTY-5"}, "/to"),
        ({"action": "rule", "lead": "ZR-MARKET"}, "/ground"),
        ({"action": "return", "reason": " "}, "/reason"),
        ({"action": "supervise"}, "/due"),
        ({"action": "supervise", "due": "2020-01-01T00:00:00+08:00"}, "/due"),
        ({"action": "supervise", "due": "9999-12-31T23:59:59+00:00"}, "/due"),
        ({"action": "supervise", "due": "2026-12-01T00:00:00"}, "/due"),
        ({"action": "supervise", "due": "明天"}, "/due"),
    ],
)
async def test_bad_bodies_are_pointed_at(dispatch: Single, fields: dict[str, Any], pointer: str) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    answer = await (await dispatch.visitor("admin")).post(f"{CASES}/{case['case_id']}/actions", json=fields)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await names(dispatch, case["case_id"]) == ["case.opened", "case.dispatched"]


async def test_bad_bodies_that_are_none(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    for body in (b"", b"[]", b"null", b"{", b'{"action":"sign","note":"\\ud800"}', b"\xff\xfe"):
        answer = await admin.post(
            f"{CASES}/{case['case_id']}/actions", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (400, 422), answer.text
    assert (await admin.get(f"{CASES}/case_x")).status_code == 404
    assert (await admin.get(f"{CASES}/a%00b")).status_code == 404
    assert (await admin.post(f"{CASES}/a%00b/actions", json={"action": "sign"})).status_code == 404
    for query in ("light=blue", "state=lost", "class=x", "q=", "limit=0", "limit=1001", "unit=%00"):
        assert (await admin.get(f"{CASES}?{query}")).status_code == 422
    for cursor in ("xyz", "WzEsMl0", "WyJhIiwiYiJd"):
        assert (await admin.get(f"{CASES}?cursor={cursor}")).status_code == 400


async def test_resolving_needs_measures_and_the_evidence_of_the_profile(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"), concern="CS-03", sub_concern=None)
    admin = await dispatch.visitor("admin")
    await do(admin, case, "sign")
    refused = await try_to(admin, case, "resolve")
    assert refused.json()["errors"][0]["pointer"] == "/measures"
    refused = await try_to(admin, case, "resolve", measures="已修", evidence=["photo_after"])
    assert refused.json()["errors"][0]["pointer"] == "/evidence"
    given = [{"kind": "photo_before", "url": "https://a/1.jpg"}, "photo_after:https://a/2.jpg"]
    assert (await do(admin, case, "resolve", measures="已修", evidence=given))["state"] == "resolved"


async def test_stale_if_match_changes_nothing(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    path = f"{CASES}/{case['case_id']}/actions"
    stale = await admin.post(path, json={"action": "sign"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.json()["version"] == 2
    assert (await admin.post(path, json={"action": "sign"}, headers={"If-Match": "x"})).status_code == 400
    fresh = await admin.post(path, json={"action": "sign"}, headers={"If-Match": '"2"'})
    assert fresh.status_code == 200
    assert fresh.headers["etag"] == '"3"'


async def test_an_idempotency_key_acts_once(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    path, key = f"{CASES}/{case['case_id']}/actions", {"Idempotency-Key": "k1"}
    first, again = await asyncio.gather(
        *(admin.post(path, json={"action": "urge", "note": "快"}, headers=key) for _ in range(2))
    )
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    other = await admin.post(path, json={"action": "urge", "note": "慢"}, headers=key)
    assert other.status_code == 409
    assert other.json()["code"] == "different_body"
    assert (await names(dispatch, case["case_id"])).count("case.urged") == 1


async def test_two_who_act_at_once(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin, lead = await dispatch.visitor("admin"), await dispatch.visitor("department", unit="ZR-DUTY")
    answers = await asyncio.gather(*(try_to(client, case, "sign") for client in (admin, lead, admin, lead)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert (await names(dispatch, case["case_id"])).count("case.signed") == 1


async def test_joined_orders_are_one_case_and_can_be_split(dispatch: Single) -> None:
    first, second = Order("ord_1"), Order("ord_2")
    case, other = await opened(dispatch, first, second)
    await dispatch.publish(second.joined(case["case_id"]))
    admin = await dispatch.visitor("admin")
    assert (await admin.get(f"{CASES}/{case['case_id']}")).json()["orders"] == ["ord_1", "ord_2"]
    assert (await admin.get(f"{CASES}/{other['case_id']}")).json()["state"] == "withdrawn"
    await dispatch.publish(second.split(case["case_id"]))
    items = (await admin.get(CASES)).json()["items"]
    assert sorted((item["state"], item["orders"]) for item in items) == [
        ("dispatched", ["ord_1"]),
        ("dispatched", ["ord_2"]),
        ("withdrawn", []),
    ]
    await dispatch.publish(second.withdrawn(), first.returned())
    items = (await admin.get(CASES)).json()["items"]
    assert {item["state"] for item in items} == {"withdrawn"}
    assert all(clock["state"] != "running" for item in items for clock in item["clocks"])


async def test_an_order_joined_to_nothing_known_gets_its_own_case(dispatch: Single) -> None:
    await dispatch.publish(Order("ord_1").joined("case_of_nobody"))
    [case] = (await (await dispatch.visitor("admin")).get(CASES)).json()["items"]
    assert case["orders"] == ["ord_1"]


async def test_one_of_several_withdrawn_leaves_the_case(dispatch: Single) -> None:
    first, second = Order("ord_1"), Order("ord_2")
    [case] = await opened(dispatch, first)
    await dispatch.publish(second.joined(case["case_id"]))
    await dispatch.publish(first.withdrawn(), second.supplemented("昨晚又到一点"), second.urged())
    found = (await (await dispatch.visitor("admin")).get(f"{CASES}/{case['case_id']}")).json()
    assert (found["state"], found["orders"]) == ("dispatched", ["ord_2"])
    assert [line["type"] for line in found["timeline"]][-3:] == ["case.merged", "case.progressed", "case.urged"]


async def _resolved(one: Single, order: Order) -> dict[str, Any]:
    [case] = await opened(one, order)
    admin = await one.visitor("admin")
    await do(admin, case, "sign")
    return await do(admin, case, "resolve", measures="已劝导")


async def test_dissatisfied_once_reopens_twice_is_supervised_and_climbs(dispatch: Single) -> None:
    order = Order("ord_1")
    case = await _resolved(dispatch, order)
    admin = await dispatch.visitor("admin")
    await dispatch.publish(order.feedback(resolved=False, satisfaction="dissatisfied"))
    again = (await admin.get(f"{CASES}/{case['case_id']}")).json()
    assert (again["state"], again["lead"], again["level"]) == ("reopened", case["lead"], case["level"])
    assert {clock["kind"]: clock["state"] for clock in again["clocks"]} == dict.fromkeys(
        ("sign", "contact", "resolve"), "running"
    )
    await do(admin, case, "sign")
    await do(admin, case, "resolve", measures="再次劝导")
    await dispatch.publish(order.feedback(resolved=True, satisfaction="dissatisfied"))
    third = (await admin.get(f"{CASES}/{case['case_id']}")).json()
    assert third["state"] == "reopened"
    assert third["level"] != case["level"]
    assert case["lead"] in third["assists"]
    told = await names(dispatch, case["case_id"])
    assert told.count("case.reopened") == 1
    assert told[-3:] == ["case.feedback", "case.supervised", "case.climbed"]
    assert "街道会商" in third["timeline"][-2]["text"]


async def test_a_verdict_after_closing_reopens_and_one_before_the_result_does_not(dispatch: Single) -> None:
    order = Order("ord_1")
    [case] = await opened(dispatch, order)
    await dispatch.publish(order.feedback(resolved=False, satisfaction="dissatisfied"))
    admin = await dispatch.visitor("admin")
    assert (await admin.get(f"{CASES}/{case['case_id']}")).json()["state"] == "dispatched"
    await do(admin, case, "sign")
    await do(admin, case, "resolve", measures="已劝导")
    await dispatch.publish(order.feedback())
    assert (await admin.get(f"{CASES}/{case['case_id']}")).json()["state"] == "closed"
    await dispatch.publish(order.feedback(resolved=False, satisfaction="fair"))
    assert (await admin.get(f"{CASES}/{case['case_id']}")).json()["state"] == "reopened"


async def test_closed_only_when_every_reporter_is_content(dispatch: Single) -> None:
    first, second = Order("ord_1"), Order("ord_2")
    [case] = await opened(dispatch, first)
    await dispatch.publish(second.joined(case["case_id"]))
    admin = await dispatch.visitor("admin")
    await do(admin, case, "sign")
    await do(admin, case, "resolve", measures="已劝导")
    await dispatch.publish(first.feedback())
    assert (await admin.get(f"{CASES}/{case['case_id']}")).json()["state"] == "resolved"
    await dispatch.publish(second.feedback(satisfaction="fair"))
    assert (await admin.get(f"{CASES}/{case['case_id']}")).json()["state"] == "closed"


async def test_our_own_callback_closes_too(dispatch: Single) -> None:
    case = await _resolved(dispatch, Order("ord_1", channel="community_line"))
    assert "callback" in [clock["kind"] for clock in case["clocks"]]
    community = await dispatch.visitor("community", unit="ZR-C13")
    closed = await do(community, case, "callback", resolved=True, satisfaction="satisfied")
    assert closed["state"] == "closed"


async def test_lists_filter_and_page(dispatch: Single) -> None:
    orders = [Order(f"ord_{number}") for number in range(5)]
    await dispatch.publish(*(order.accepted(title=f"第{n}件") for n, order in enumerate(orders)))
    market = Order("ord_m")
    await dispatch.publish(market.accepted(concern="FW-01", sub_concern="FW-01.plain", title="过期食品"))
    admin = await dispatch.visitor("admin")

    async def found(query: str) -> list[str]:
        answer = await admin.get(f"{CASES}?{query}")
        assert answer.status_code == 200, answer.text
        return [order for item in answer.json()["items"] for order in item["orders"]]

    assert await found("concern=FW-01") == await found("concern=FW-01.plain") == ["ord_m"]
    assert await found("q=过期") == ["ord_m"]
    assert await found("q=兰溪路&class=key&state=dispatched&light=green&grid=G4") != []
    assert await found("q=%25") == await found("q=_") == []
    assert await found("grid=comprehensive/G4") != []
    assert (
        await found("grid=duty/G4")
        == await found("grid=G1")
        == await found("light=red")
        == await found("state=closed")
        == []
    )
    assert len(await found("unit=ZR-DUTY-5")) >= 5
    assert len(await found("unit=ZR-POLICE-4")) == 5
    await dispatch.advance(timedelta(hours=1, minutes=40))
    assert len(await found("light=yellow")) == 6
    seen: list[str] = []
    path: str | None = f"{CASES}?limit=2"
    while path is not None:
        page = (await admin.get(path)).json()
        seen += [item["case_id"] for item in page["items"]]
        path = f"{CASES}?limit=2&cursor={page['next']}" if page["next"] else None
    assert len(seen) == len(set(seen)) == 6
    assert seen == sorted(seen, reverse=True)


async def _statements(one: Single, events: list[Event]) -> int:
    """How many the handler needs for these events, on its own connection."""
    async with one.service.db.transaction() as tx:
        counting = Counting(tx)
        await one.service.consumers()[0]._handle(counting, events)
    return len(counting.asked)


async def test_a_batch_costs_as_many_statements_as_one(dispatch: Single) -> None:
    spent = []
    for size in (1, 300):
        orders = [Order(f"ord_{size}_{number}") for number in range(size)]
        told = [order.accepted() for order in orders]
        told += [order.urged() for order in orders] + [order.supplemented("还在吵") for order in orders]
        spent.append((await _statements(dispatch, told), await _statements(dispatch, [o.withdrawn() for o in orders])))
    assert spent[0] == spent[1]
    assert max(spent[0]) <= 12
    async with dispatch.service.db.reading() as tx:
        states = (await tx.execute(text("SELECT state, count(*) FROM cases GROUP BY 1"))).all()
    assert [tuple(row) for row in states] == [("withdrawn", 301)]


async def test_orders_wait_for_a_fabric_and_are_not_parked(database_url: str) -> None:
    async with single(build, DispatchSettings, database_url, fabric=False) as one:
        order = Order("ord_1")
        await one.publish(order.accepted())
        admin = await one.visitor("admin")
        assert (await admin.get(CASES)).json()["items"] == []
        refused = await admin.post(f"{CASES}/case_x/actions", json={"action": "sign"})
        assert refused.status_code == 503
        await publish_fabric(one.bus, zhenru_entries())
        assert one.service.copy is not None
        assert await one.service.copy.wait_for(1, 30)
        await one.drain()
        [case] = (await admin.get(CASES)).json()["items"]
        assert case["orders"] == ["ord_1"]
        assert (await admin.get("/dispatch/v1/parked")).json()["items"] == []


async def test_told_twice_is_opened_once(dispatch: Single) -> None:
    order = Order("ord_1")
    told = order.accepted()
    await dispatch.publish(told, told, order.accepted())
    assert len((await (await dispatch.visitor("admin")).get(CASES)).json()["items"]) == 1
