"""Calls of every kind with arguments of every kind: always one of the specification's answers, always readable."""

import random
from typing import Any

import httpx
import pytest

from tests.contract.open311.client import CONTENT_TYPES, parsed
from tests.contract.open311.conftest import BASE
from tests.harness.single import Single

ANSWERS = {200, 400, 403, 404, 405}
PATHS = (
    *("discovery", "services", "services/GL-03", "services/{odd}", "requests", "requests/{odd}"),
    *("tokens/{odd}", "servicerequestupdates", "{odd}"),
)
NAMES = (
    *("service_code", "lat", "long", "address_string", "address_id", "description", "media_url", "first_name", "phone"),
    *(
        "attribute[sub]",
        "attribute[times][]",
        "attribute[happened_at]",
        "attribute[affected]",
        "attribute[]",
        "attribute[",
    ),
    *("service_request_id", "update_id", "updated_datetime", "status", "start_date", "end_date", "updated_after"),
    *("page", "page_size", "extensions", "jurisdiction_id", "email", "account_id"),
)
VALUES = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e308",
        "nan",
        "31.242573",
        "121.407887",
        "GL-03",
        "OTHER",
        "open",
        "closed",
        "true",
        "zhenru",
    ),
    *("2026-11-23T10:00:00+08:00", "2026-11-23T10:00:00Z", "0001-01-01T00:00:00Z", "9998-12-31T23:59:59-12:00", "2026"),
    *(
        "兰溪路生鲜店",
        "卸货噪声很大",
        "😀𠮷\u202e",
        "<a>&]]>",
        "=1+1",
        "'; DROP TABLE orders;--",
        "\x00",
        "\x1b",
        "\ufffe",
    ),
    *(
        "x" * 5000,
        ",,,",
        "a,b,c",
        "%",
        "https://example.org/a.jpg",
        "javascript:0",
        "ord_" + "0" * 32,
        "99999999999999999999",
    ),
)


@pytest.fixture
def intake(standing: Single) -> Single:
    return standing


@pytest.mark.parametrize("seed", range(8))
async def test_no_call_breaks_it(http: httpx.AsyncClient, api_key: str, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        form = chance.choice(["xml", "json"])
        odd = "".join(chance.choice(["ord_", "é", "%2F", "..", "%00", "9", ";", "GL-03", " "]) for _ in range(3))
        path = f"{BASE}/{chance.choice(PATHS).format(odd=odd)}.{form}"
        given: dict[str, Any] = {chance.choice(NAMES): chance.choice(VALUES) for _ in range(chance.randint(0, 8))}
        if chance.random() < 0.6:
            given |= {"lat": "31.242573", "long": "121.407887", "service_code": "GL-03"}
        if chance.random() < 0.5:
            answer = await http.get(path, params=given)
        else:
            answer = await http.post(path, data=given | {"api_key": api_key})
        told = (seed, path, given, answer.status_code, answer.text[:300])
        assert answer.status_code in ANSWERS, told
        assert answer.headers["content-type"] == CONTENT_TYPES[form], told
        assert parsed(answer, form) is not None, told
