"""A client that knows the specification only, from discovery to the end of a request."""

import httpx

from tests.contract.open311.client import GeoReport, discovered
from tests.contract.open311.conftest import BASE
from tests.harness.single import Single
from tests.harness.zhenru import SHOP
from tests.integration.intake.made import case_event

FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]


async def test_discovery_to_closing(intake: Single, http: httpx.AsyncClient, api_key: str, form: str) -> None:
    document, endpoints = await discovered(http, BASE, form)
    assert set(document) == {"changeset", "contact", "key_service", "endpoints"}
    assert all(document.values())
    assert set(endpoints[0]) == {"specification", "url", "changeset", "type", "formats"}
    assert endpoints[0]["formats"] == ["text/xml", "application/json"]
    assert endpoints[0]["type"] in ("production", "test")
    client = GeoReport(http, endpoints[0]["url"], form, api_key)

    service = next(one for one in await client.services() if "噪声" in one["keywords"])
    asked = await client.definition(service["service_code"])
    which = next(one for one in asked["attributes"] if one["datatype"] == "singlevaluelist")
    times = next(one for one in asked["attributes"] if one["datatype"] == "multivaluelist")

    posted = await client.report(
        service_code=service["service_code"],
        lat=str(SHOP[1]),
        long=str(SHOP[0]),
        address_string="兰溪路生鲜店",
        description="每晚十一点后卸货,噪声很大",
        **{
            f"attribute[{which['code']}]": which["values"][1]["key"],
            f"attribute[{times['code']}][]": [one["key"] for one in times["values"][-2:]],
        },
    )
    assert set(posted) == {"service_request_id", "service_notice", "account_id"}
    receipt = posted["service_notice"].rsplit("：", 1)[1]
    assert receipt.startswith(client.endpoint.removesuffix(BASE) + "/receipt/")
    assert (await client.http.get(receipt)).status_code == 200
    name = posted["service_request_id"]
    assert (await client.get(f"tokens/{name}"))[0] == {"service_request_id": name, "token": name}

    shown = await client.request(name)
    assert list(shown) == FIELDS
    assert (shown["status"], shown["service_code"]) == ("open", service["service_code"])
    assert shown["service_name"] == service["service_name"]
    assert "卸货" in shown["description"]
    assert "凌晨" in shown["description"]
    assert (round(float(shown["lat"]), 4), round(float(shown["long"]), 4)) == (round(SHOP[1], 4), round(SHOP[0], 4))
    assert shown["requested_datetime"] == "2026-11-23T10:00:00+08:00"
    assert shown["agency_responsible"] is None

    await intake.publish(case_event("case.progressed", "case_1", 2, "in_progress", name, text="已约店主面谈"))
    shown = await client.request(name)
    assert (shown["status"], shown["status_notes"]) == ("open", "已约店主面谈")
    assert shown["agency_responsible"] not in (None, "ZR-DUTY-3")
    await intake.publish(case_event("case.closed", "case_1", 3, "closed", name, text="已改到白天卸货"))
    shown = await client.request(name)
    assert (shown["status"], shown["status_notes"]) == ("closed", "已改到白天卸货")
    updates = await client.updates(start_date="2026-11-23T00:00:00+08:00", end_date="2026-11-23T12:00:00+08:00")
    assert [one["status"] for one in updates][-2:] == ["open", "closed"]
    assert {one["service_request_id"] for one in updates} == {name}
    assert len({one["update_id"] for one in updates}) == len(updates)
