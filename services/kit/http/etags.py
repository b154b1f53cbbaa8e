"""`ETag` out, `If-Match` in: two people at once never overwrite each other unseen (RFC 9110, 13.1.1)."""

from fastapi import Response

from services.kit.problems import Stale, Unreadable


def put_etag(response: Response, version: int) -> None:
    response.headers["ETag"] = f'"{version}"'


def wanted_version(if_match: str | None) -> int | None:
    """The version the caller believes in; None when it states none."""
    if if_match is None or if_match.strip() == "*":
        return None
    try:
        return int(if_match.strip().removeprefix("W/").strip('"'))
    except ValueError:
        raise Unreadable("If-Match 请填上次读到的 ETag") from None


def check_version(wanted: int | None, current: int) -> None:
    if wanted is not None and wanted != current:
        raise Stale("别人刚改过，请重新读取后再改", version=current)
