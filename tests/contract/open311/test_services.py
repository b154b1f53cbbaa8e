"""Services and their definitions, as the specification has them."""

import httpx
import pytest

from tests.contract.open311.client import GeoReport, Refused, as_texts, discovered
from tests.contract.open311.conftest import BASE
from tests.harness.single import Single
from tests.harness.zhenru import profile

TYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}


@pytest.fixture
def intake(standing: Single) -> Single:
    return standing


async def test_every_concern_is_a_service(client: GeoReport) -> None:
    found = await client.services()
    assert [one["service_code"] for one in found] == [concern.code for concern in profile().concerns]
    for one in found:
        assert list(one) == ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
        assert one["type"] == "realtime"
        assert one["metadata"] in (True, "true")
        assert one["description"]
        assert one["keywords"].split(",")
    assert {one["group"] for one in found} == set(profile().categories.values())


async def test_every_service_has_a_definition(client: GeoReport) -> None:
    for service in await client.services():
        found = await client.definition(service["service_code"])
        assert found["service_code"] == service["service_code"]
        orders = [int(one["order"]) for one in found["attributes"]]
        assert orders == list(range(1, len(orders) + 1))
        for one in found["attributes"]:
            fields = ["variable", "code", "datatype", "required", "datatype_description", "order", "description"]
            assert list(one)[:7] == fields
            assert one["datatype"] in TYPES
            assert ("values" in one) == one["datatype"].endswith("list")
            assert all(set(value) == {"key", "name"} for value in one.get("values", []))
    assert any(one["variable"] in (False, "false") for one in (await client.definition("AQ-02"))["attributes"])


async def test_both_formats_say_the_same(http: httpx.AsyncClient, client: GeoReport) -> None:
    xml, json = (GeoReport(http, client.endpoint, form) for form in ("xml", "json"))
    assert await xml.services() == as_texts(await json.services())
    assert await xml.definition("GL-03") == as_texts(await json.definition("GL-03"))


async def test_json_keeps_types(http: httpx.AsyncClient) -> None:
    service = (await http.get(f"{BASE}/services.json")).json()[0]
    assert service["metadata"] is True
    attribute = (await http.get(f"{BASE}/services/GL-03.json")).json()["attributes"][0]
    assert (attribute["variable"], attribute["required"], attribute["order"]) == (True, False, 1)
    assert attribute["datatype_description"] is None


@pytest.mark.parametrize("code", ["NONE", "GL-03.unloading", "GL-99", "%E5%99%AA", "a b", "x" * 300])
async def test_an_unknown_service_is_not_found(client: GeoReport, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await client.definition(code)
    assert refused.value.status == 404
    assert str(refused.value.errors[0]["code"]) == "404"
    assert "service_code" in refused.value.errors[0]["description"]


@pytest.mark.parametrize("resource", ["services", "services/GL-03", "requests", "servicerequestupdates"])
async def test_ours_is_the_only_jurisdiction(client: GeoReport, resource: str) -> None:
    for accepted in ("zhenru", ""):
        await client.get(resource, jurisdiction_id=accepted)
    with pytest.raises(Refused) as refused:
        await client.get(resource, jurisdiction_id="sfgov.org")
    assert refused.value.status == 404
    assert "jurisdiction_id" in refused.value.errors[0]["description"]


async def test_discovery_names_where_it_was_asked(http: httpx.AsyncClient, form: str) -> None:
    _, endpoints = await discovered(http, BASE, form)
    assert endpoints[0]["url"] == "http://duoge/open311/v2"
    answer = await http.get(f"{BASE}/discovery.{form}", headers={"host": "city.example.org:8443"})
    assert "http://city.example.org:8443/open311/v2" in answer.text
    answer = await http.get(f"{BASE}/discovery.{form}", headers={"x-forwarded-proto": "https"})
    assert "https://duoge/open311/v2" in answer.text


async def test_one_slash_too_many_does_no_harm(http: httpx.AsyncClient) -> None:
    assert (await http.get("/open311/v2//services.xml")).status_code == 200
