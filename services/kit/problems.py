"""Errors for people and machines: RFC 9457, a stable code, and one Chinese sentence that says what to do."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class Problem(Exception):
    """Subclass per kind of error; `detail` is the sentence people read."""

    status = 400
    code = "bad_request"
    title = "请求有误"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extra = extra

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"urn:duoge:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return body | self.extra


class Invalid(Problem):
    """The body or a parameter is wrong: `errors` points at each place (JSON pointer)."""

    status, code, title = 422, "invalid", "内容有误"


class Unreadable(Problem):
    status, code, title = 400, "unreadable", "读不懂请求"


class Unauthenticated(Problem):
    status, code, title = 401, "unauthenticated", "没有密钥"


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "没有权限"


class NotFound(Problem):
    """Also for what the key may not see."""

    status, code, title = 404, "not_found", "没有找到"


class Conflict(Problem):
    status, code, title = 409, "conflict", "有冲突"


class DifferentBody(Conflict):
    """An id or a key that was used before, for something else."""

    code, title = "different_body", "同号不同文"


class NotAllowedNow(Conflict):
    """`allowed` and `state` say what could be done instead."""

    code, title = "not_allowed_now", "现在不能这样做"

    def __init__(self, detail: str, *, allowed: Sequence[str], state: str) -> None:
        super().__init__(detail, allowed=list(allowed), state=state)


class Stale(Problem):
    status, code, title = 412, "stale", "已被别人改过"


class TooLarge(Problem):
    status, code, title = 413, "too_large", "内容太大"


class WrongType(Problem):
    """The Content-Type says that the body is something else than the route reads."""

    status, code, title = 415, "unsupported_media_type", "不支持这种格式"


class TooMany(Problem):
    status, code, title = 429, "too_many", "请求太密"


class Unavailable(Problem):
    """The database or the broker is away; the caller should try again."""

    status, code, title = 503, "unavailable", "暂时办不了"


def same_key_other_body() -> DifferentBody:
    return DifferentBody("这个 Idempotency-Key 已经用于内容不同的请求，请换一个新的")


def wrong(at: str, detail: str) -> Invalid:
    """One place of the body or one parameter; `at` is its JSON pointer."""
    return wrong_all([(at, detail)])


def wrong_all(places: Iterable[tuple[str, str]]) -> Invalid:
    """(JSON pointer, sentence) of each."""
    listed = [{"pointer": at, "detail": detail} for at, detail in places]
    return Invalid("请按 errors 指出的位置改正后重发", errors=listed)


_MARKS = frozenset({"[key]", "[text]", "[object]"})


def pointer(location: Sequence[object]) -> str:
    """JSON pointer (RFC 6901) of pydantic's `loc`, without the leading `body` and the marks that it is a name itself, or
    one of several forms."""
    parts = [str(part) for part in location if part not in _MARKS]
    if parts and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
