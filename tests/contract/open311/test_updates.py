"""The request-updates extension: what the unit does goes out, what the reporter says comes in."""

import asyncio
from typing import Any

import pytest

from services.kit.contracts.topics import ORDERS
from tests.contract.open311.client import GeoReport, Refused
from tests.contract.open311.test_requests import reported
from tests.harness.single import Single
from tests.integration.intake.made import case_event

FIELDS = [
    "update_id",
    "service_request_id",
    "status",
    "updated_datetime",
    "description",
    "media_url",
    "external_status_code",
]


async def said(client: GeoReport, name: str, number: str, status: str = "OPEN", **more: Any) -> dict[str, Any]:
    fields = {"description": "现在更吵了", "updated_datetime": "2026-11-23T10:00:00+08:00"} | more
    found = await client.post(
        "servicerequestupdates", service_request_id=name, update_id=number, status=status, **fields
    )
    return dict(found[0])


async def told(intake: Single, name: str) -> list[str]:
    return [event.name for event in await intake.events(ORDERS.name) if event.subject == name]


async def test_steps_go_out_once_each_and_stay(intake: Single, client: GeoReport) -> None:
    name, other = await reported(client), await reported(client)
    await intake.publish(
        case_event("case.opened", "case_1", 1, "open", name),
        case_event("case.returned", "case_1", 2, "open", name),
        case_event("case.dispatched", "case_1", 3, "dispatched", name, text="已派给责任网格三队", **DISPATCHED),
        case_event("case.resolved", "case_1", 4, "resolved", name, text="已劝导", measures="劝导"),
    )
    found = await client.updates(service_request_id=name)
    assert all(list(one) == FIELDS for one in found)
    assert [one["external_status_code"] for one in found] == [
        "order.received",
        "order.accepted",
        "case.opened",
        "case.dispatched",
        "case.resolved",
    ]
    assert {one["status"] for one in found} == {"open"}
    before = {one["update_id"]: one for one in found}
    await intake.publish(case_event("case.closed", "case_1", 5, "closed", name))
    after = {one["update_id"]: one for one in await client.updates(service_request_id=name)}
    assert {key: after[key] for key in before} == before
    assert [one["status"] for key, one in after.items() if key not in before] == ["closed"]
    assert {one["service_request_id"] for one in await client.updates()} == {name, other}
    assert await client.updates(start_date="2026-11-23T10:00:01+08:00") == []
    every = await client.updates()
    assert await client.updates(page="2", page_size="5") == every[5:10]


async def test_due_and_lead_follow_the_case(intake: Single, client: GeoReport) -> None:
    name = await reported(client)
    await intake.publish(case_event("case.dispatched", "case_1", 1, "dispatched", name, **DISPATCHED))
    shown = await client.request(name)
    assert shown["expected_datetime"] == "2026-11-30T17:00:00+08:00"
    assert shown["agency_responsible"]
    later = DISPATCHED["clocks"][0] | {"due": "2026-12-07T17:00:00+08:00"}
    await intake.publish(case_event("case.extended", "case_1", 2, "dispatched", name, clock=later))
    await intake.publish(case_event("case.progressed", "case_1", 3, "in_progress", name, lead="ZR-MARKET"))
    after = await client.request(name)
    assert after["expected_datetime"] == "2026-12-07T17:00:00+08:00"
    assert after["agency_responsible"] != shown["agency_responsible"]


async def test_a_comment_is_a_supplement_and_taken_once(intake: Single, client: GeoReport) -> None:
    name = await reported(client)
    first = await said(client, name, "42", last_name="赵", first_name="铁柱", phone="13812345678")
    assert first == await said(client, name, "42", last_name="赵", first_name="铁柱", phone="13812345678")
    assert first["update_id"]
    assert (await told(intake, name)).count("order.supplemented") == 1
    with pytest.raises(Refused) as refused:
        await said(client, name, "42", description="别的话")
    assert refused.value.status == 400
    # The reporter's own words do not come back as the unit's.
    assert "order.supplemented" not in {one["external_status_code"] for one in await client.updates()}


async def test_two_at_once_are_one(intake: Single, client: GeoReport) -> None:
    name = await reported(client)
    assert len({one["update_id"] for one in await asyncio.gather(*(said(client, name, "42") for _ in range(4)))}) == 1
    assert (await told(intake, name)).count("order.supplemented") == 1


@pytest.mark.parametrize(
    ("case", "status", "event", "resolved"),
    [
        ("in_progress", "FIXED", "order.supplemented", None),
        ("in_progress", "CANCELLED", "order.withdrawn", None),
        ("in_progress", "in progress", "order.supplemented", None),
        ("resolved", "OPEN", "order.feedback", False),
        ("closed", "REOPEN", "order.feedback", False),
        ("closed", "FIXED", "order.feedback", True),
        ("closed", "Closed", "order.feedback", True),
    ],
)
async def test_what_a_status_means(
    intake: Single, client: GeoReport, case: str, status: str, event: str, resolved: bool | None
) -> None:
    name = await reported(client)
    await intake.publish(case_event("case.progressed", "case_1", 2, case, name))
    await said(client, name, "1", status)
    last = [one for one in await intake.events(ORDERS.name) if one.subject == name][-1]
    assert last.name == event
    assert last.data.get("resolved") == resolved


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "BETTER"},
        {"status": ""},
        {"updated_datetime": "now"},
        {"updated_datetime": ""},
        {"number": ""},
        {"description": "长" * 4001},
        {"description": ""},
        {"media_url": "nowhere"},
    ],
    ids=lambda wrong: next(iter(wrong.items()))[0],
)
async def test_an_update_that_is_wrong(client: GeoReport, wrong: dict[str, str]) -> None:
    name = await reported(client)
    with pytest.raises(Refused) as refused:
        await said(client, name, **({"number": "1"} | wrong))
    assert refused.value.status == 400


async def test_nobody_elses_request(intake: Single, client: GeoReport) -> None:
    name = await reported(client)
    client.api_key = (await intake.visitor("source", source="another")).headers["authorization"].split()[1]
    for unknown in (name, "ord_" + "0" * 32, "1"):
        with pytest.raises(Refused) as refused:
            await said(client, unknown, "1")
        assert refused.value.status == 404
    client.api_key = None
    with pytest.raises(Refused) as refused:
        await said(client, name, "1")
    assert refused.value.status == 403


async def test_a_withdrawn_request_takes_no_more(client: GeoReport) -> None:
    name = await reported(client)
    await said(client, name, "1", "CANCELLED")
    with pytest.raises(Refused) as refused:
        await said(client, name, "2", "CANCELLED")
    assert refused.value.status == 400
    assert refused.value.errors[0]["description"] == "这件工单现在不能撤回，请读取它的现状"
    assert (await client.request(name))["status"] == "closed"


DISPATCHED: dict[str, Any] = {
    "rule": "噪声",
    "rule_version": 1,
    "ground": "商铺",
    "clocks": [
        {
            "kind": "resolve",
            "started": "2026-11-23T10:00:00+08:00",
            "due": "2026-11-30T17:00:00+08:00",
            "state": "running",
        }
    ],
}
