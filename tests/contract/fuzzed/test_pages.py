"""Every route of every page of the API, asked with what it allows and with what it does not, by keys of every kind: never a
500, never an answer that the page does not tell of, and nothing that came in by the door stops what works behind it."""

import pytest

from tests.contract.fuzzed.asking import Crowd, operations
from tests.contract.fuzzed.pages import EXAMPLES, SEED, SERVICES, page_of
from tests.contract.http.town import Town, ok

pytestmark = [pytest.mark.timeout(3600), pytest.mark.xdist_group("fuzzed")]
# What would wait for its answer.
AT_ONCE = {"/notify/v1/units/{code}/events": {"wait": 0}}


@pytest.mark.parametrize("service", SERVICES)
async def test_every_answer_is_on_the_page(town: Town, crowd: Crowd, service: str) -> None:
    wrong: list[str] = []
    for operation in operations(await page_of(town, service)):
        try:
            await crowd.ask(operation, EXAMPLES, SEED, AT_ONCE.get(operation.path))
        except Exception as failure:
            wrong.append(f"{operation.method.upper()} {operation.path}\n{failure}")
    assert not wrong, "\n\n".join(wrong)
    await town.running.drain()
    parked = ok(await (await town.key("admin")).get(f"/{service}/v1/parked"))["items"]
    assert parked == []


async def test_who_has_no_key_learns_nothing(town: Town) -> None:
    """What the page says is behind a key is."""
    stranger = town.running.visitor.anonymous()
    told: dict[tuple[str, str], int] = {}
    for service in SERVICES:
        for path, kinds in (await page_of(town, service))["paths"].items():
            for method, operation in kinds.items():
                if operation.get("security"):
                    answer = await stranger.request(method, path.replace("{", "").replace("}", ""))
                    told[method, path] = answer.status_code
    assert len(told) > 100
    assert {place: status for place, status in told.items() if status != 401} == {}
