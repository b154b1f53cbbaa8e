"""Nobody reads who reported, nor what is confidential; floods are kept out."""

import json

import pytest

from services.intake.main import build
from services.intake.settings import IntakeSettings
from tests.contract.open311.client import GeoReport, Refused, parsed
from tests.contract.open311.conftest import BASE
from tests.contract.open311.test_requests import ids, reported
from tests.contract.open311.test_updates import said
from tests.harness.single import Single, single
from tests.integration.intake.made import DOOR, IDENTITY, NAME, PHONE, abusive, order, posted

TELLING = f"我叫{NAME},电话{PHONE},身份证{IDENTITY},住兰溪路148弄{DOOR}"
SECRETS = (NAME, PHONE, IDENTITY, DOOR, "302", "a@example.org", "device-1", "account-1")


async def test_nothing_personal_comes_out(intake: Single, client: GeoReport) -> None:
    mine = {
        "first_name": NAME[1:],
        "last_name": NAME[0],
        "phone": PHONE,
        "email": "a@example.org",
        "device_id": "device-1",
        "description": f"卸货噪声。{TELLING}",
        "address_string": f"兰溪路148弄{DOOR}",
    }
    name = await reported(client, account_id="account-1", **mine)
    await said(client, name, "1", description=TELLING, first_name=NAME)
    answers = [
        await client.request(name, extensions="true"),
        await client.requests(extensions="true"),
        await client.updates(),
        (await intake.visitor.anonymous().get(f"{BASE}/requests/{name}.json")).json(),
    ]
    shown = json.dumps(answers, ensure_ascii=False).replace(name, "")
    assert [secret for secret in SECRETS if secret in shown] == []
    desk = await intake.visitor("duty_desk", unit="ZR-OPS")
    revealed = (await desk.post(f"/intake/v1/orders/{name}/reveal", json={"reason": "回访"})).json()
    assert (revealed["name"], revealed["phone"]) == (NAME, PHONE)


@pytest.mark.parametrize(
    "more",
    [
        {"attribute[confidential]": "yes"},
        {"attribute[kind]": "report"},
        {"description": "我要举报这家店半夜卸货，噪声扰民"},
    ],
    ids=str,
)
async def test_a_confidential_one_is_its_sources_alone(
    intake: Single, client: GeoReport, api_key: str, more: dict[str, str]
) -> None:
    name = await reported(client, **more)
    assert await ids(client) == set()
    assert await ids(client, service_request_id=name) == set()
    assert await client.updates() == []
    for path in (f"requests/{name}", f"tokens/{name}"):
        with pytest.raises(Refused) as refused:
            await client.get(path)
        assert refused.value.status == 404
    assert (await client.request(name, api_key=api_key))["service_request_id"] == name
    assert await ids(client, api_key=api_key) == {name}
    stranger = (await intake.visitor("source", source="another")).headers["authorization"].split()[1]
    assert await ids(client, api_key=stranger) == set()
    with pytest.raises(Refused) as refused:
        await client.requests(api_key="dg_wrong")
    assert refused.value.status == 403


async def test_what_was_declined_is_listed_without_its_words(intake: Single, client: GeoReport, api_key: str) -> None:
    name = await reported(client, service_code="OTHER", description="你们都去死")
    shown = await client.request(name)
    assert (shown["status"], shown["description"], shown["lat"]) == ("closed", None, None)
    assert shown["status_notes"]
    assert (await client.request(name, api_key=api_key))["description"] == "你们都去死"
    await posted(await intake.visitor("source", source="sh12345"), abusive())
    assert [one["description"] for one in await client.requests()] == [None, None]


async def test_orders_by_other_ways_are_listed_too(intake: Single, client: GeoReport) -> None:
    told = await posted(
        await intake.visitor("source", source="sh12345"),
        order(attachments=[{"url": "https://inside.example.org/1.jpg", "media_type": "image/jpeg"}]),
    )
    shown = (await client.requests())[0]
    assert (shown["service_request_id"], shown["media_url"]) == (told["order_id"], None)
    assert await client.updates() == []


async def test_only_the_channels_that_the_district_shows(database_url: str) -> None:
    narrow: dict[str, object] = {"open311_channels": "open311", "open311_jurisdiction": "zhenru.example.org"}
    async with single(build, IntakeSettings, database_url, more=narrow) as intake:
        await posted(await intake.visitor("source", source="sh12345"), order())
        http = intake.visitor.anonymous()
        client = GeoReport(http, f"http://duoge{BASE}", "json", jurisdiction_id="zhenru.example.org")
        assert await client.requests() == []
        client.jurisdiction_id = "zhenru"
        with pytest.raises(Refused):
            await client.requests()


async def test_before_there_is_any_fabric(database_url: str) -> None:
    async with single(build, IntakeSettings, database_url, fabric=False) as intake:
        key = (await intake.visitor("source", source="citymap")).headers["authorization"].split()[1]
        client = GeoReport(intake.visitor.anonymous(), f"http://duoge{BASE}", "xml", key)
        name = await reported(client)
        shown = await client.request(name)
        assert (shown["status"], shown["description"]) == ("open", None)
        assert (await client.services())[0]["service_code"]


async def test_strangers_are_slowed_down(database_url: str, form: str) -> None:
    flooding: dict[str, object] = {"dev": False, "open311_rate": 2}
    async with single(build, IntakeSettings, database_url, more=flooding) as intake:
        http = intake.visitor.anonymous()
        answers = [await http.get(f"{BASE}/services.{form}") for _ in range(8)]
        late = answers[-1]
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) >= 1
        assert parsed(late, form)[0]["description"]
        elsewhere = {"x-forwarded-for": "198.51.100.1, 203.0.113.7"}
        assert (await http.get(f"{BASE}/services.{form}", headers=elsewhere)).status_code == 200
        key = (await intake.visitor("source", source="citymap")).headers["authorization"].split()[1]
        assert (await http.get(f"{BASE}/services.{form}", params={"api_key": key})).status_code == 200
