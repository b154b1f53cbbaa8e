"""`Idempotency-Key` in: what is asked for under one key is done once, however often it is sent."""

from typing import Annotated, Any

from fastapi import Depends, Header
from starlette.requests import Request

from services.kit.problems import wrong

NAME = "Idempotency-Key"
_SAID = "同一个键的同一件事只做一次；换了内容答 409"
_LENGTH = {"minLength": 1, "maxLength": 255}
# For the page of a route that is called with the request alone.
PARAMETER: dict[str, Any] = {
    "name": NAME,
    "in": "header",
    "required": False,
    "schema": {"type": "string", **_LENGTH},
    "description": _SAID,
}


def checked(key: str | None) -> str | None:
    """The key as it is remembered; None where none came. Invalid."""
    if key is not None and not (1 <= len(key) <= 255 and key.isprintable()):
        raise wrong(f"/{NAME}", "请填 1 到 255 个可见字符")
    return key


def key_of(request: Request) -> str | None:
    return checked(request.headers.get(NAME))


def _header(
    key: Annotated[str | None, Header(alias=NAME, description=_SAID, json_schema_extra={**_LENGTH})] = None,
) -> str | None:
    return checked(key)


IdempotencyKey = Annotated[str | None, Depends(_header)]
