"""A small GeoReport v2 client, written against the public specification alone: it knows nothing of the house.

It reads both formats into one and the same shape, and is strict about what the specification promises: content types,
UTF-8, root elements, no namespace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import httpx

# Elements that hold a list, with the name of their children.
LISTS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "service_request_updates": "request_update",
    "notes": "note",
}
CONTENT_TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
Json = dict[str, Any]


class Refused(Exception):
    """The server's `errors`."""

    def __init__(self, status: int, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(f"{status}: {errors}")
        self.status = status
        self.errors = list(errors)


@dataclass
class GeoReport:
    """`endpoint` is the address that discovery named; `get` and `post` may answer Refused."""

    http: httpx.AsyncClient
    endpoint: str
    form: str = "xml"
    api_key: str | None = None
    jurisdiction_id: str | None = None

    async def services(self) -> list[Json]:
        return list(await self.get("services"))

    async def definition(self, service_code: str) -> Json:
        found: Json = await self.get(f"services/{service_code}")
        return found

    async def request(self, service_request_id: str, **more: str) -> Json:
        found = await self.get(f"requests/{service_request_id}", **more)
        assert len(found) == 1
        return dict(found[0])

    async def requests(self, **more: str) -> list[Json]:
        return list(await self.get("requests", **more))

    async def updates(self, **more: str) -> list[Json]:
        return list(await self.get("servicerequestupdates", **more))

    async def report(self, **fields: Any) -> Json:
        found = await self.post("requests", **fields)
        assert len(found) == 1
        return dict(found[0])

    async def get(self, resource: str, **more: str) -> Any:
        asked = {"jurisdiction_id": self.jurisdiction_id, **more}
        params = {name: value for name, value in asked.items() if value is not None}
        return self.read(await self.http.get(f"{self.endpoint}/{resource}.{self.form}", params=params))

    async def post(self, resource: str, files: Any = None, **fields: Any) -> Any:
        asked = {"api_key": self.api_key, "jurisdiction_id": self.jurisdiction_id, **fields}
        data = {name: value for name, value in asked.items() if value is not None}
        return self.read(await self.http.post(f"{self.endpoint}/{resource}.{self.form}", data=data, files=files))

    def read(self, answer: httpx.Response) -> Any:
        assert answer.headers["content-type"] == CONTENT_TYPES[self.form]
        found = parsed(answer, self.form)
        if answer.status_code != 200:
            raise Refused(answer.status_code, found)
        return found


async def discovered(http: httpx.AsyncClient, base: str, form: str) -> tuple[Json, list[Json]]:
    """(the discovery document, its GeoReport v2 endpoints)."""
    answer = await http.get(f"{base}/discovery.{form}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == CONTENT_TYPES[form]
    found: Json = parsed(answer, form)
    ours = [one for one in found["endpoints"] if one["specification"] == "http://wiki.open311.org/GeoReport_v2"]
    return found, ours


def parsed(answer: httpx.Response, form: str) -> Any:
    if form == "json":
        return answer.json()
    text = answer.content.decode("utf-8")
    assert text.lower().startswith('<?xml version="1.0" encoding="utf-8"?>')
    root = ElementTree.fromstring(answer.content)
    assert not any("}" in element.tag for element in root.iter())
    return value_of(root)


def value_of(element: ElementTree.Element) -> Any:
    """By the Spark convention, save that every leaf is a text or None."""
    if element.tag in LISTS:
        assert all(child.tag == LISTS[element.tag] for child in element)
        return [value_of(child) for child in element]
    if len(element):
        assert len({child.tag for child in element}) == len(element)
        return {child.tag: value_of(child) for child in element}
    return element.text


def as_texts(value: Any) -> Any:
    """What JSON gives, with every leaf as XML writes it: for comparing the two."""
    match value:
        case list():
            return [as_texts(one) for one in value]
        case dict():
            return {name: as_texts(one) for name, one in value.items()}
        case bool():
            return "true" if value else "false"
        case None:
            return None
    return str(value)
