"""Requests posted and found again: filters, pages, dates, words of every kind."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.main import build
from services.intake.settings import IntakeSettings
from services.kit.contracts.topics import ORDERS
from tests.contract.open311.client import GeoReport, Refused, as_texts
from tests.contract.open311.conftest import BASE
from tests.harness.single import Single, single
from tests.harness.zhenru import AT, SHOP
from tests.integration.intake.made import case_event
from tests.unit.intake import media

PLACE = {"lat": str(SHOP[1]), "long": str(SHOP[0])}
ODD = '控制\x01\x0b字符 <b>粗</b> & "引号" ]]> <script>alert(1)</script> 😀 𠮷 \r\n第二行 =1+1 \ufffe'


async def reported(client: GeoReport, **more: Any) -> str:
    found = await client.report(**{"service_code": "GL-03", "description": "卸货噪声很大", **PLACE, **more})
    return str(found["service_request_id"])


async def test_an_empty_list_is_a_list(http: httpx.AsyncClient) -> None:
    xml = await http.get(f"{BASE}/requests.xml")
    assert xml.text.splitlines()[1] == "<service_requests></service_requests>"
    assert (await http.get(f"{BASE}/requests.json")).json() == []
    assert (
        "<service_request_updates></service_request_updates>"
        in (await http.get(f"{BASE}/servicerequestupdates.xml")).text
    )


async def test_a_posted_request_is_an_order_like_any_other(intake: Single, client: GeoReport) -> None:
    name = await reported(client, **{"attribute[sub]": "GL-03.unloading", "attribute[kind]": "complaint"})
    desk = await intake.visitor("duty_desk", unit="ZR-OPS")
    order = (await desk.get(f"/intake/v1/orders/{name}")).json()
    assert (order["channel"], order["source"], order["status"]) == ("open311", "citymap", "accepted")
    assert (order["classified"]["sub_concern"], order["classified"]["by"]) == ("GL-03.unloading", "source")
    assert (order["kind"], order["anonymous"]) == ("complaint", True)
    told = [event.name for event in await intake.events(ORDERS.name) if event.subject == name]
    assert told == ["order.received", "order.accepted"]


async def test_what_is_other_is_judged_by_its_words(intake: Single, client: GeoReport) -> None:
    name = await reported(client, service_code="OTHER", description="兰溪路生鲜店半夜卸货，噪声扰民")
    assert (await client.request(name))["service_code"] == "GL-03"


async def test_without_a_description_the_service_says_it(client: GeoReport) -> None:
    name = await reported(client, description="", **{"attribute[sub]": "GL-03.unloading"})
    assert (await client.request(name))["description"] == "噪声与油烟扰民·装卸货噪声"


async def test_an_address_alone_or_an_address_id(client: GeoReport) -> None:
    for where in ({"address_string": "兰溪路生鲜店"}, {"address_id": "兰溪路生鲜店"}):
        name = (await client.report(service_code="GL-03", description="噪声", **where))["service_request_id"]
        shown = await client.request(name)
        assert shown["lat"] is not None
        assert shown["address"] == "兰溪路生鲜店"


async def test_every_word_survives_both_formats(http: httpx.AsyncClient, client: GeoReport) -> None:
    name = await reported(client, description=ODD)
    xml = await GeoReport(http, client.endpoint, "xml").request(name)
    json = await GeoReport(http, client.endpoint, "json").request(name)
    for kept in ('<b>粗</b> & "引号" ]]> <script>alert(1)</script> 😀 𠮷', "第二行 =1+1"):
        assert kept in xml["description"]
        assert kept in json["description"]
    raw = await http.get(f"{BASE}/requests/{name}.xml")
    assert b"<script>" not in raw.content
    assert b"\x01" not in raw.content
    xml.pop("description"), json.pop("description")
    assert {**xml, "lat": None, "long": None} == {**as_texts(json), "lat": None, "long": None}


async def test_the_same_external_id_is_one_request(client: GeoReport) -> None:
    mine = {"attribute[external_id]": "FMS-1"}
    assert await reported(client, **mine) == await reported(client, **mine)
    with pytest.raises(Refused) as refused:
        await reported(client, **mine, first_name="other")
    assert refused.value.status == 400
    assert await reported(client) != await reported(client)


async def test_a_picture_is_linked(client: GeoReport) -> None:
    name = await reported(client, media_url="https://img.example.org/1.jpg")
    assert (await client.request(name))["media_url"] == "https://img.example.org/1.jpg"
    name = await reported(client, media_url=["https://img.example.org/1.jpg", "https://img.example.org/2.jpg"])
    assert (await client.request(name))["media_url"] == "https://img.example.org/1.jpg"


async def test_filters(intake: Single, client: GeoReport) -> None:
    noise, parking = await reported(client), await reported(client, service_code="CS-01", description="车停在盲道")
    await intake.publish(case_event("case.closed", "case_1", 2, "closed", noise))
    assert await ids(client) == {noise, parking}
    assert await ids(client, status="open") == {parking}
    assert await ids(client, status="closed") == {noise}
    assert await ids(client, status="open,closed") == {noise, parking}
    assert await ids(client, service_code="CS-01") == {parking}
    assert await ids(client, service_code="CS-01,GL-03", status="") == {noise, parking}
    assert await ids(client, service_code="CS-02") == set()
    assert await ids(client, service_request_id=f"{noise},{parking},ord_x") == {noise, parking}
    assert await ids(client, service_request_id=noise, status="open", start_date="2020-01-01T00:00:00Z") == {noise}


async def test_several_values_may_be_declared_several_times(http: httpx.AsyncClient, client: GeoReport) -> None:
    await reported(client), await reported(client, service_code="CS-01")
    answer = await http.get(f"{BASE}/requests.json?service_code=CS-01&service_code=GL-03&status=open")
    assert len(answer.json()) == 2


async def test_dates(intake: Single, client: GeoReport) -> None:
    old = await reported(client)
    await intake.advance(timedelta(days=80))
    late = await reported(client)
    assert await ids(client) == {old, late}
    await intake.advance(timedelta(days=20))
    assert await ids(client) == {late}
    assert await ids(client, start_date="2026-11-23T01:00:00Z") == {old, late}
    assert await ids(client, end_date="2026-11-24T00:00:00+08:00") == {old}
    assert await ids(client, start_date="2026-11-23T10:00:00+08:00", end_date="2026-11-23T10:00:00+08:00") == {old}
    assert await ids(client, start_date="2026-11-23T02:00:01Z", end_date="2026-11-24T00:00:00Z") == set()


async def test_a_plus_that_nobody_escaped(http: httpx.AsyncClient, client: GeoReport) -> None:
    await reported(client)
    answer = await http.get(f"{BASE}/requests.json?start_date=2026-11-23T00:00:00+08:00")
    assert len(answer.json()) == 1


async def test_pages(client: GeoReport) -> None:
    names = [await reported(client) for _ in range(5)]
    pages = [
        [one["service_request_id"] for one in await client.requests(page=str(n), page_size="2")] for n in (1, 2, 3, 4)
    ]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert sorted(name for page in pages for name in page) == sorted(names)


async def test_changes_are_followed(intake: Single, client: GeoReport) -> None:
    first, _ = await reported(client), await reported(client)
    await intake.advance(timedelta(days=100))
    since = intake.clock.now() - timedelta(minutes=1)
    await intake.publish(case_event("case.progressed", "case_1", 2, "in_progress", first, at=intake.clock.now()))
    assert await ids(client, updated_after=since.isoformat()) == {first}
    assert await ids(client, updated_after=since.isoformat(), updated_before=since.isoformat()) == set()


async def test_closed_at_the_moment_of_closing(intake: Single, client: GeoReport) -> None:
    name = await reported(client)
    ended = AT + timedelta(hours=1)
    await intake.publish(case_event("case.closed", "case_1", 2, "closed", name, at=ended))
    shown = await client.request(name)
    assert shown["updated_datetime"] == "2026-11-23T11:00:00+08:00"
    assert datetime.fromisoformat(shown["requested_datetime"]) == AT


async def test_extensions_only_when_asked_for(client: GeoReport) -> None:
    name = await reported(client)
    assert "notes" not in await client.request(name)
    shown = await client.request(name, extensions="true")
    assert [note["type"] for note in shown["notes"]] == ["order.received", "order.accepted"]
    assert shown["extended_attributes"]["extended_status"] == "accepted"
    assert "notes" in (await client.requests(extensions="true"))[0]


async def ids(client: GeoReport, **asked: str) -> set[str]:
    return {one["service_request_id"] for one in await client.requests(**asked)}


async def test_a_photo_comes_along(database_url: str, tmp_path: Path) -> None:
    more: dict[str, object] = {"intake_store": f"file://{tmp_path}/attic"}
    async with single(build, IntakeSettings, database_url, more=more) as intake:
        await _sent_with_a_photo(intake)


async def _sent_with_a_photo(intake: Single) -> None:
    key = (await intake.visitor("source", source="citymap")).headers["authorization"].split()[1]
    client = GeoReport(intake.visitor.anonymous(), f"http://duoge{BASE}", "xml", key)
    photo = {"media": ("hole.png", media.png(), "image/png")}
    name = await reported(client, files=photo, **{"attribute[external_id]": "P-1"})
    assert await reported(client, files=photo, **{"attribute[external_id]": "P-1"}) == name
    desk = await intake.visitor("duty_desk", unit="ZR-OPS")
    attachment = (await desk.get(f"/intake/v1/orders/{name}")).json()["attachments"][0]
    assert attachment["media_type"] == "image/png"
    assert (await desk.get(attachment["url"])).status_code == 200
    # Nobody looked at the picture yet: it is not for everybody.
    assert (await client.request(name))["media_url"] is None
    with pytest.raises(Refused) as refused:
        await reported(client, files={"media": ("hole.png", b"MZ not a picture", "image/png")})
    assert refused.value.status == 400
