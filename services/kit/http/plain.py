"""The hottest routes: called with the request alone, yet on the API's page like all others."""

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.routing import Route, request_response
from starlette.types import Receive, Scope, Send

from services.kit.http.answers import expect_json, invalid_from, read_json

Body = TypeVar("Body", bound=BaseModel)


class PlainRoute(APIRoute):
    """The endpoint takes the request and answers a response: nothing is solved, validated or serialised around it, which
    would cost more than the order itself. What it reads is told by `described`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        self.app = request_response(endpoint)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A router that was included would answer with an app of its own making around the endpoint.
        await Route.handle(self, scope, receive, send)


class PlainAnswer(JSONResponse):
    """Of what JSON can hold as it stands; half the time of the standard library's."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


async def body_of(request: Request, model: type[Body]) -> Body:
    """WrongType, Unreadable, or Invalid with each place that is wrong, as on any other route."""
    expect_json(request.headers.get("content-type"))
    raw = await request.body()
    if not raw:
        raise invalid_from([{"type": "missing", "loc": ("body",)}])
    try:
        return model.model_validate(read_json(raw))
    except ValidationError as error:
        raise invalid_from(error.errors(include_url=False)) from None


def described(**content: dict[str, Any]) -> dict[str, Any]:
    """`openapi_extra` for a body; media type (`json`, `x_ndjson`) → schema."""
    # They ask for the key by themselves, which the page would not know.
    types = {f"application/{name.replace('_', '-')}": {"schema": schema} for name, schema in content.items()}
    return {"security": [{"key": []}], "requestBody": {"required": True, "content": types}}


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema with every `$ref` replaced: what it points to is not among the page's components."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return put(definitions[node["$ref"].rpartition("/")[2]])
            return {key: put(value) for key, value in node.items()}
        return [put(each) for each in node] if isinstance(node, list) else node

    result: dict[str, Any] = put(schema)
    return result
