"""`ETag` out, `If-Match` in: two people at once never overwrite each other unseen (RFC 9110, 13.1.1)."""

import re
from typing import Annotated

from fastapi import Header, Response

from services.kit.problems import Stale, Unreadable

IfMatch = Annotated[str | None, Header(description="上次读到的 ETag；别人改过则答 412")]
NO_VERSION = -1
_TAG = re.compile(r'(?:W/)?"(?P<quoted>[^"]*)"|(?P<bare>[0-9]+)')
_VERSION = re.compile(r"[0-9]{1,18}")


def put_etag(response: Response, version: int) -> None:
    response.headers["ETag"] = f'"{version}"'


def wanted_version(if_match: str | None) -> int | None:
    """The version the caller believes in; None when it states none, NO_VERSION for a tag that was never ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    told = _TAG.fullmatch(if_match.strip())
    if told is None:
        raise Unreadable("If-Match 请填上次读到的 ETag，一次一个")
    tag = told["quoted"] or told["bare"] or ""
    return int(tag) if _VERSION.fullmatch(tag) else NO_VERSION


def check_version(wanted: int | None, current: int) -> None:
    if wanted is not None and wanted != current:
        raise Stale("别人刚改过，请重新读取后再改", version=current)
