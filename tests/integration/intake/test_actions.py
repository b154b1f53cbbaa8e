"""What may be done to an order, by whom, in which status, and by which of two who try at once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single
from tests.harness.zhenru import SHOP
from tests.integration.intake.made import abusive, acted, case_event, last_event, order, posted, read, unclear

BODIES: dict[str, dict[str, Any]] = {
    "supplement": {"content": "昨晚又卸货到一点"},
    "withdraw": {"reason": "已经好了"},
    "urge": {"note": "请快一点"},
    "feedback": {"resolved": True, "satisfaction": "satisfied", "comment": ""},
    "appeal": {"reason": "请再看一次"},
    "triage": {"concern": "GL-03", "address": "兰溪路生鲜店"},
    "join": {"case_id": "case_1"},
    "split": {},
    "return": {"reason": "不属本街道", "proposal": "转隔壁街道"},
    "reveal": {"reason": "回访"},
}
REPORTER = ("supplement", "withdraw", "urge", "feedback", "appeal")
DESK = ("triage", "join", "split", "return")
NOWHERE = "ord_" + "0" * 32


async def test_a_reporter_supplements_urges_and_withdraws(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(source, order())
    for action, status in (("supplement", "accepted"), ("urge", "accepted"), ("withdraw", "withdrawn")):
        assert (await acted(source, told["order_id"], action, **BODIES[action]))["status"] == status
    names = [event.name for event in await intake.events(ORDERS.name)]
    assert names == ["order.received", "order.accepted", "order.supplemented", "order.urged", "order.withdrawn"]
    assert [event.sequence for event in await intake.events(ORDERS.name)] == [1, 2, 3, 4, 5]
    refused = await acted(source, told["order_id"], "urge", 409)
    assert (refused["state"], refused["allowed"], refused["code"]) == ("withdrawn", [], "not_allowed_now")


@pytest.mark.parametrize("action", ["withdraw", "urge"])
async def test_a_body_may_be_left_out_where_it_says_nothing(source: httpx.AsyncClient, action: str) -> None:
    told = await posted(source, order())
    assert (await source.post(f"/intake/v1/orders/{told['order_id']}/{action}")).status_code == 200


async def test_a_declined_order_is_appealed_and_accepted_by_a_person(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, abusive())
    assert (await acted(source, told["order_id"], "appeal", reason="确实吵"))["status"] == "triage"
    after = await acted(desk, told["order_id"], "triage", concern="GL-03", note="电话核实")
    assert (after["status"], after["reason"]) == ("accepted", None)
    whole = await read(desk, told["order_id"])
    assert (whole["classified"]["by"], whole["classified"]["confidence"]) == ("desk", 1.0)
    names = [event.name for event in await intake.events(ORDERS.name)]
    assert names == ["order.received", "order.declined", "order.triaged", "order.accepted"]


async def test_triage_gathers_what_is_found_out(desk: httpx.AsyncClient, source: httpx.AsyncClient) -> None:
    told = await posted(source, unclear(content="这里有件事情想说"))
    first = await acted(desk, told["order_id"], "triage", location={"lon": SHOP[0], "lat": SHOP[1]})
    assert (first["status"], first["reason"]) == ("triage", "concern_unclear")
    assert (await acted(desk, told["order_id"], "triage", concern="GL-03.shop"))["status"] == "accepted"
    whole = await read(desk, told["order_id"])
    assert (whole["located"]["how"], whole["classified"]["sub_concern"]) == ("desk", "GL-03.shop")


async def test_triage_declines_only_where_the_channel_lets_it(
    desk: httpx.AsyncClient, source: httpx.AsyncClient
) -> None:
    hotline = await posted(source, unclear())
    refused = await acted(desk, hotline["order_id"], "triage", 409, decline="litigation")
    assert refused["allowed"] == ["return"]
    web = await posted(source, unclear(channel="web_message"))
    assert (await acted(desk, web["order_id"], "triage", 422, decline="nothing"))["errors"][0]["pointer"] == "/decline"
    assert (await acted(desk, web["order_id"], "triage", decline="litigation"))["status"] == "declined"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"concern": "ZZ-99"}, "/concern"),
        ({"location": {"lon": SHOP[1], "lat": SHOP[0]}}, "/location/lon"),
        ({"location": {"lon": "x", "lat": 1}}, "/location/lon"),
        ({"address": ""}, "/address"),
        ({"note": "a\x00"}, "/note"),
        ({"note": "x" * 2001}, "/note"),
        ({"grid": "G1"}, "/grid"),
    ],
)
async def test_a_wrong_correction_is_refused(
    desk: httpx.AsyncClient, source: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    told = await posted(source, unclear())
    assert (await acted(desk, told["order_id"], "triage", 422, **body))["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("supplement", {}),
        ("supplement", {"content": ""}),
        ("supplement", {"content": "x" * 4001}),
        ("supplement", {"content": "a\x00b"}),
        ("urge", {"note": 7}),
        ("urge", {"more": 1}),
        ("feedback", {"resolved": "yes", "satisfaction": "fair"}),
        ("feedback", {"resolved": True, "satisfaction": "great"}),
        ("feedback", {"satisfaction": "fair"}),
    ],
)
async def test_bad_bodies_of_actions(source: httpx.AsyncClient, action: str, body: dict[str, Any]) -> None:
    told = await posted(source, order())
    assert (await acted(source, told["order_id"], action, 422, **body))["code"] == "invalid"


async def test_half_a_surrogate_pair_is_refused(source: httpx.AsyncClient) -> None:
    told = await posted(source, order())
    answer = await source.post(
        f"/intake/v1/orders/{told['order_id']}/supplement",
        content=b'{"content":"a\\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422


async def test_an_order_goes_back_within_the_window_only(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    first, second = [(await posted(source, order()))["order_id"] for _ in range(2)]
    after = await acted(desk, first, "return", **BODIES["return"])
    assert (after["status"], after["reason"]) == ("returned_to_source", "returned")
    assert (await last_event(intake, first)).data["reason"] == "不属本街道"
    # A case that others keep alive no longer moves it.
    await intake.publish(case_event("case.opened", "case_1", 1, "open", first, second))
    assert (await read(source, first))["status"] == "returned_to_source"
    await intake.advance(timedelta(days=3))
    late = await acted(desk, second, "return", 409, **BODIES["return"])
    assert late["code"] == "return_window_over"


async def test_feedback_needs_something_to_judge(source: httpx.AsyncClient) -> None:
    told = await posted(source, order())
    refused = await acted(source, told["order_id"], "feedback", 409, **BODIES["feedback"])
    assert refused["state"] == "accepted"
    assert "urge" in refused["allowed"]


@pytest.mark.parametrize("action", sorted(BODIES))
async def test_another_sources_order_is_not_there(intake: Single, source: httpx.AsyncClient, action: str) -> None:
    told = await posted(source, order())
    other = await intake.visitor("source", source="other")
    expected = 404 if action in REPORTER else 403
    await acted(other, told["order_id"], action, expected, **BODIES[action])
    assert (await other.get(f"/intake/v1/orders/{told['order_id']}")).status_code == 404


@pytest.mark.parametrize("order_id", [NOWHERE, "x", "ord_%00", "ord_" + "g" * 32, "%E5%B7%A5%E5%8D%95", "ord_%ff"])
async def test_orders_that_are_not_there(desk: httpx.AsyncClient, order_id: str) -> None:
    assert (await desk.get(f"/intake/v1/orders/{order_id}")).status_code == 404
    for action, body in BODIES.items():
        await acted(desk, order_id, action, 404, **body)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("admin", (*REPORTER, *DESK, "reveal")),
        ("duty_desk", (*REPORTER, *DESK, "reveal")),
        ("supervisor", ("reveal",)),
        ("auditor", ()),
        ("department", ()),
        ("volunteer", ()),
        ("source", REPORTER),
        ("community", REPORTER),
        ("grid_chief", REPORTER),
        ("grid_member", REPORTER),
    ],
)
async def test_who_may_do_what(intake: Single, role: str, allowed: tuple[str, ...]) -> None:
    client = await intake.visitor(role, unit="ZR-OPS")
    for action, body in BODIES.items():
        await acted(client, NOWHERE, action, 404 if action in allowed else 403, **body)


async def test_what_is_offered_is_the_askers_to_do(intake: Single, source: httpx.AsyncClient) -> None:
    """The links of an order, and what a refusal allows instead, are the key's own: none of them answers 403."""
    made = await posted(source, order())
    assert set(made["links"]) == {"self", "receipt", "supplement", "withdraw", "urge"}
    expected = {
        "duty_desk": {"supplement", "withdraw", "urge", "join", "return", "unreasonable"},
        "supervisor": set(),
        "auditor": set(),
    }
    for role, actions in expected.items():
        client = await intake.visitor(role, unit="ZR-OPS")
        offered = (await read(client, made["order_id"]))["links"]
        assert set(offered) - {"self", "receipt", "case"} == actions
        [listed] = (await client.get("/intake/v1/orders")).json()["items"]
        assert set(listed["links"]) - {"self", "receipt", "case"} == actions
    refused = await acted(source, made["order_id"], "feedback", 409, **BODIES["feedback"])
    assert refused["allowed"] == ["supplement", "urge", "withdraw"]


async def test_a_stale_etag_is_refused(source: httpx.AsyncClient) -> None:
    posted_ = await source.post("/intake/v1/orders", json=order())
    path = posted_.json()["links"]["self"]
    first = await source.post(f"{path}/urge", json={}, headers={"If-Match": posted_.headers["ETag"]})
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    assert (await source.get(path)).headers["ETag"] == '"2"'
    stale = await source.post(f"{path}/urge", json={}, headers={"If-Match": posted_.headers["ETag"]})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "stale", 2)
    for header, status_code in (("*", 200), ('W/"3"', 200), ("garbage", 400), ("9" * 5000, 412)):
        assert (await source.post(f"{path}/urge", headers={"If-Match": header})).status_code == status_code


async def test_a_case_event_makes_an_etag_stale(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(source, order())
    await intake.publish(case_event("case.opened", "case_1", 1, "open", told["order_id"]))
    answer = await source.post(f"{told['links']['self']}/urge", json={}, headers={"If-Match": '"1"'})
    assert answer.status_code == 412


@pytest.mark.parametrize("action", ["supplement", "withdraw", "urge"])
async def test_of_two_with_one_etag_one_wins(intake: Single, source: httpx.AsyncClient, action: str) -> None:
    told = await posted(source, order())
    path = f"{told['links']['self']}/{action}"
    answers = await asyncio.gather(
        *(source.post(path, json=BODIES[action], headers={"If-Match": '"1"'}) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert len(await intake.events(ORDERS.name)) == 3


@pytest.mark.parametrize(
    ("one", "other", "make"),
    [("withdraw", "return", order), ("triage", "withdraw", unclear), ("withdraw", "join", order)],
)
async def test_of_two_that_exclude_each_other_one_wins(
    intake: Single, desk: httpx.AsyncClient, one: str, other: str, make: Any
) -> None:
    keeper = await posted(desk, order())
    told = await posted(desk, make())
    await intake.publish(case_event("case.opened", "case_1", 1, "open", keeper["order_id"]))
    answers = await asyncio.gather(
        *(desk.post(f"{told['links']['self']}/{action}", json=BODIES[action]) for action in (one, other))
    )
    codes = [answer.status_code for answer in answers]
    assert 200 in codes
    assert set(codes) <= {200, 409}
    sequences = [event.sequence for event in await intake.events(ORDERS.name) if event.subject == told["order_id"]]
    assert sequences == list(range(1, len(sequences) + 1))


async def test_every_action_is_entered(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    told = await posted(source, order(reporter={"name": "赵铁柱", "phone": "13812345678"}))
    await acted(source, told["order_id"], "urge", note="请快一点")
    await acted(await intake.visitor("supervisor", unit="QP"), told["order_id"], "reveal", reason="回访核实")
    auditor = await intake.visitor("auditor")
    items = (await auditor.get(f"/intake/v1/orders/{told['order_id']}/entries")).json()["items"]
    assert [(item["action"], item["role"], item["note"]) for item in items] == [
        ("urge", "source", "请快一点"),
        ("reveal", "supervisor", "回访核实"),
    ]
    assert (await source.get(f"/intake/v1/orders/{told['order_id']}/entries")).status_code == 403
    assert (await auditor.get(f"/intake/v1/orders/{NOWHERE}/entries")).status_code == 404
