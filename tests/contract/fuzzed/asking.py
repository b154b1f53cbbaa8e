"""Requests made up by schemathesis from the pages of the API, sent as a server would get them, and what is asked of the
answers: no 500, nothing that the page does not tell of."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

# Beside `not_a_server_error`, to which a 503 that is on the page would be one.
CHECKS: list[Any] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BASE = "http://duoge"


@schemathesis.serializer("application/x-ndjson")
def _one_line(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


Page = dict[str, Any]


def operations(page: Page) -> Iterator[APIOperation]:
    schema = schemathesis.openapi.from_dict(page, config=SchemathesisConfig())
    for found in schema.get_all_operations():
        yield found.ok()


class Crowd:
    """Asks an operation in the names of several, from a thread of its own; the services live in `loop`."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, people: Sequence[httpx.AsyncClient], real: Mapping[str, Sequence[str]]
    ) -> None:
        """`people`: the first is asked half of the time. `real`: name of a path parameter → some that there are."""
        self._loop = loop
        self._people = st.one_of(st.just(people[0]), st.sampled_from(people))
        self._real = real

    async def ask(
        self, operation: APIOperation, examples: int, chance: int, query: dict[str, Any] | None = None
    ) -> None:
        """Raises for the first answer that is not as the page says. `query`: what is the same in each request."""
        await asyncio.to_thread(self._ask, operation, examples, chance, query)

    def _ask(self, operation: APIOperation, examples: int, chance: int, query: dict[str, Any] | None) -> None:
        cases = st.one_of(operation.as_strategy(generation_mode=mode, query=query) for mode in GenerationMode)

        @seed(chance)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, who=self._people, places=st.fixed_dictionaries(self._places(operation)))
        def one(case: Case, who: httpx.AsyncClient, places: dict[str, str | None]) -> None:
            case.path_parameters.update({name: place for name, place in places.items() if place is not None})
            answer = asyncio.run_coroutine_threadsafe(_send(who, case), self._loop).result(120)
            checks = CHECKS if answer.status_code == 503 else [not_a_server_error, *CHECKS]
            case.validate_response(answer, checks=checks)

        one()

    def _places(self, operation: APIOperation) -> dict[str, st.SearchStrategy[str | None]]:
        named = [one.name for one in operation.path_parameters if one.name in self._real]
        return {name: st.none() | st.sampled_from(self._real[name]) for name in named}


async def _send(who: httpx.AsyncClient, case: Case) -> httpx.Response:
    """As the bytes that a client would put on the line."""
    told = cast(dict[str, Any], case.as_transport_kwargs(base_url=BASE))
    line = requests.Request(**told).prepare()
    assert line.method is not None
    headers = {name: value for name, value in line.headers.items() if name.lower() != "authorization"}
    content = line.body.encode() if isinstance(line.body, str) else line.body
    return await who.request(line.method, str(line.url), headers=headers, content=content)
