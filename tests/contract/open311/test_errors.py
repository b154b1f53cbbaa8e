"""Whatever is refused is told as the specification says, in the format asked for."""

import httpx
import pytest

from services.intake.api.open311.refusing import errors
from tests.contract.open311.client import CONTENT_TYPES, GeoReport, Refused, parsed
from tests.contract.open311.conftest import BASE
from tests.harness.single import Single

PLACE = {"lat": "31.242573", "long": "121.407887"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def intake(standing: Single) -> Single:
    return standing


async def refused(client: GeoReport, status: int, **fields: object) -> list[str]:
    with pytest.raises(Refused) as found:
        await client.report(**fields)
    assert found.value.status == status
    for one in found.value.errors:
        assert list(one) == ["code", "description"]
        assert str(one["code"]) == str(status)
    return [one["description"] for one in found.value.errors]


async def test_no_key_or_a_wrong_one(client: GeoReport) -> None:
    for key in (None, "", "dg_wrong"):
        client.api_key = key
        assert "密钥" in (await refused(client, 403, service_code="GL-03", **PLACE))[0]


async def test_a_key_that_may_not_report(intake: Single, client: GeoReport) -> None:
    for role in ("department", "auditor"):
        client.api_key = (await intake.visitor(role, unit="ZR-DUTY-3")).headers["authorization"].split()[1]
        await refused(client, 403, service_code="GL-03", **PLACE)


async def test_a_key_in_the_query_or_the_header_does(http: httpx.AsyncClient, api_key: str, form: str) -> None:
    body = {"service_code": "GL-03", **PLACE}
    for more in ({"params": {"api_key": api_key}}, {"headers": {"authorization": f"Bearer {api_key}"}}):
        answer = await http.post(f"{BASE}/requests.{form}", data=body, **more)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text


async def test_service_code_missing_or_unknown(client: GeoReport) -> None:
    assert "service_code" in (await refused(client, 400, **PLACE))[0]
    assert "service_code" in (await refused(client, 400, service_code="", **PLACE))[0]
    assert "service_code" in (await refused(client, 404, service_code="NONE", **PLACE))[0]


async def test_another_jurisdiction(client: GeoReport) -> None:
    client.jurisdiction_id = "sfgov.org"
    assert "jurisdiction_id" in (await refused(client, 404, service_code="GL-03", **PLACE))[0]


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"lat": "31.24"},
        {"long": "121.4"},
        {"lat": "", "long": "", "address_string": " "},
        {"lat": "121.407887", "long": "31.242573"},
        {"lat": "north", "long": "121.4"},
        {"lat": "nan", "long": "121.4"},
        {"lat": "inf", "long": "121.4"},
        {"lat": "91", "long": "121.4"},
        {"lat": "31.24", "long": "1e400"},
        {"address_string": "路" * 301},
    ],
    ids=str,
)
async def test_no_place_or_an_impossible_one(client: GeoReport, where: dict[str, str]) -> None:
    await refused(client, 400, service_code="GL-03", description="噪声", **where)


@pytest.mark.parametrize(
    "more",
    [
        {"description": "长" * 4001},
        {"description": "nul\0"},
        {"media_url": "javascript:alert(1)"},
        {"media_url": "http://user:pass@example.org/a.jpg"},
        {"first_name": "名" * 65},
        {"attribute[sub]": "GL-03.nothing"},
        {"attribute[happened_at]": "yesterday"},
        {"attribute[happened_at]": "2026-11-23"},
        {"attribute[happened_at]": "0001-01-01T00:00:00+08:00"},
        {"attribute[affected]": "many"},
        {"attribute[times][]": ["night", "noon"]},
        {"attribute[sub]": ["GL-03.shop", "GL-03.unloading"]},
        {"attribute[external_id]": "x" * 129},
    ],
    ids=str,
)
async def test_a_field_that_is_wrong_is_named(client: GeoReport, more: dict[str, object]) -> None:
    told = await refused(client, 400, service_code="GL-03", **PLACE, **more)
    assert any(next(iter(more)).removesuffix("[]").split("[")[0] in one for one in told)


async def test_everything_wrong_at_once_is_told_at_once(client: GeoReport) -> None:
    told = await refused(client, 400, service_code="GL-03", lat="x", long="y", phone="1" * 65)
    assert {one.split("：")[0] for one in told} == {"lat", "long", "phone"}


@pytest.mark.parametrize("path", ["nothing", "requests/1", "requests/ord_1", "tokens/not-an-id", "services/X/Y"])
async def test_what_does_not_exist(client: GeoReport, path: str) -> None:
    with pytest.raises(Refused) as found:
        await client.get(path)
    assert found.value.status == 404


@pytest.mark.parametrize("path", ["services.yaml", "requests", "services.xmlx", "discovery"])
async def test_a_format_that_is_not_spoken(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(f"{BASE}/{path}")
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == CONTENT_TYPES["xml"]
    assert parsed(answer, "xml")[0]["description"]


async def test_other_methods_and_bodies(http: httpx.AsyncClient, api_key: str, form: str) -> None:
    answers = [
        await http.delete(f"{BASE}/requests.{form}"),
        await http.post(f"{BASE}/services.{form}"),
        await http.post(f"{BASE}/requests.{form}", json={"service_code": "GL-03"}, params={"api_key": api_key}),
        await http.post(f"{BASE}/requests.{form}", content=b"\xff\x00%%%", params={"api_key": api_key}),
        await http.post(
            f"{BASE}/requests.{form}",
            content=b"--x\r\nbroken",
            headers={"content-type": "multipart/form-data; boundary=x"},
            params={"api_key": api_key},
        ),
        await http.post(
            f"{BASE}/requests.{form}",
            content=b"nothing",
            headers={"content-type": "multipart/form-data"},
            params={"api_key": api_key},
        ),
    ]
    assert [answer.status_code for answer in answers] == [405, 405, 400, 400, 400, 400]
    for answer in answers:
        assert answer.headers["content-type"] == CONTENT_TYPES[form]
        assert parsed(answer, form)[0]["description"]


async def test_a_body_over_the_limit(http: httpx.AsyncClient, api_key: str, form: str) -> None:
    answer = await http.post(
        f"{BASE}/requests.{form}", params={"api_key": api_key}, headers={"content-length": str(10**10)}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == CONTENT_TYPES[form]
    assert "上限" in parsed(answer, form)[0]["description"]


@pytest.mark.parametrize(
    "asked",
    [
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
        {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"start_date": "2026-01-01"},
        {"start_date": "2026-01-01T00:00:00"},
        {"start_date": "1767225600"},
        {"end_date": "9999-12-31T23:59:59Z"},
        {"start_date": "0001-01-01T00:00:00Z"},
        {"start_date": "yesterday"},
        {"status": "solved"},
        {"page": "0"},
        {"page_size": "1001"},
        {"page": "x"},
        {"service_request_id": ",".join(["ord_x"] * 1001)},
    ],
    ids=lambda asked: str(asked)[:60],
)
async def test_an_argument_that_is_wrong(client: GeoReport, asked: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        await client.requests(**asked)
    assert refused.value.status == 400
    assert refused.value.errors[0]["description"]


async def test_a_form_that_is_not_escaped_says_what_it_says(http: httpx.AsyncClient, api_key: str) -> None:
    """As `curl -d` sends it."""
    plain = f"api_key={api_key}&service_code=CS-01&lat=31.242573&long=121.407887&description=乱停车+很久了"
    posted = await http.post(f"{BASE}/requests.json", content=plain.encode(), headers=FORM)
    name = posted.json()[0]["service_request_id"]
    shown = (await http.get(f"{BASE}/requests/{name}.json", params={"api_key": api_key})).json()[0]
    assert shown["description"] == "乱停车 很久了"


@pytest.mark.parametrize("words", ["乱停车".encode("gb18030"), b"%C2%D2%CD%A3"])
async def test_a_form_in_another_encoding_is_not_kept_garbled(
    http: httpx.AsyncClient, api_key: str, words: bytes
) -> None:
    body = f"api_key={api_key}&service_code=CS-01&lat=31.242573&long=121.407887&description=".encode() + words
    answer = await http.post(f"{BASE}/requests.json", content=body, headers=FORM)
    assert (answer.status_code, "UTF-8" in answer.json()[0]["description"]) == (400, True)


async def test_a_form_of_too_many_fields(http: httpx.AsyncClient) -> None:
    answer = await http.post(f"{BASE}/requests.json", content=b"&".join([b"a=1"] * 201), headers=FORM)
    assert (answer.status_code, "至多 200 项" in answer.json()[0]["description"]) == (400, True)


async def test_what_is_wrong_is_called_as_the_client_calls_it(http: httpx.AsyncClient, client: GeoReport) -> None:
    [said] = await refused(client, 400, service_code="CS-01", lat=PLACE["long"], long=PLACE["lat"])
    assert said.startswith("long：")
    assert "long 和 lat" in said
    answer = await http.get(f"{BASE}/services.yaml")
    assert (answer.status_code, "路径后缀" in answer.text) == (400, True)
    photo = errors(400, {"errors": [{"pointer": "/file", "detail": "附件是空的"}]})
    assert "media：附件是空的" in photo.written("xml").decode()
