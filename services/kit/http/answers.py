"""Every exception becomes a problem+json answer; bad input never becomes a 500."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from services.kit.bus.port import BusUnavailable, UnknownTopic
from services.kit.faults import is_disk_full, is_infrastructure, is_unstorable
from services.kit.problems import Invalid, NotFound, Problem, TooLarge, Unavailable, Unreadable, WrongType, pointer
from services.kit.sentences import sentence

log = structlog.get_logger()
Responses = dict[int | str, dict[str, Any]]
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_INFRASTRUCTURE: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    BusUnavailable,
    UnknownTopic,
    OSError,
    TimeoutError,
)


class Broken(Problem):
    status, code, title = 500, "broken", "系统出错"


class ProblemResponse(JSONResponse):
    """Takes any text: an error may quote a caller's half of a surrogate pair, which has no UTF-8."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", "方法不对"


def refusals(told: Mapping[int, str]) -> Responses:
    """For a route's `responses`: status → what it means there, in Chinese."""
    return {
        status: {"description": meaning, "content": {"application/problem+json": {}}}
        for status, meaning in told.items()
    }


def problem_response(problem: Problem) -> JSONResponse:
    return ProblemResponse(
        problem.as_json(),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers or None,
    )


def invalid_from(errors: list[Any], most: int = 50) -> Problem:
    """pydantic's errors with our sentences, the first `most` of them; broken JSON is a 400."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Unreadable("请求体不是合法的 JSON，请检查格式和 UTF-8 编码后重发")
    listed = [{"pointer": pointer(error["loc"]), "detail": sentence(error)} for error in errors[:most]]
    return Invalid("请按 errors 指出的位置改正后重发", errors=listed)


def install(app: FastAPI, service: str) -> None:
    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return problem_response(error)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found = list(error.errors())
        if any(tuple(one["loc"]) == ("body",) for one in found):
            try:
                expect_json(request.headers.get("content-type"))
            except WrongType as wrong:
                return problem_response(wrong)
        return problem_response(invalid_from(found))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code in _PROBLEMS:
            kind, sentence = _PROBLEMS[error.status_code]
            headers = {"Allow": _allowed(request)} if kind is MethodNotAllowed else error.headers
            return problem_response(kind(sentence, headers=headers))
        problem = Problem("请对照接口文档检查请求", headers=error.headers)
        problem.status, problem.code = error.status_code, "http_error"
        return problem_response(problem)

    async def on_anything(request: Request, error: Exception) -> JSONResponse:
        return problem_response(problem_of(error, service, request.url.path))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    # Named one by one: what falls to Exception is raised again behind the answer, for the server to print.
    for kind in (*_INFRASTRUCTURE, Exception):
        app.add_exception_handler(kind, on_anything)


def problem_of(error: Exception, service: str, path: str) -> Problem:
    """What a caller is told of any exception; what is no Problem is logged. For an `except` block."""
    if isinstance(error, Problem):
        return error
    if is_infrastructure(error):
        log.warning("http.unavailable", service=service, path=path, error=repr(error))
        why = "数据库的磁盘满了，请等运维腾出空间后" if is_disk_full(error) else "数据库或消息总线暂时连不上，请稍后"
        return Unavailable(f"{why}原样重发", headers={"Retry-After": "5"})
    if is_unstorable(error):
        log.warning("http.unstorable", service=service, path=path, error=repr(error))
        return Invalid("内容里有存不下的字符或数值（如 NUL、NaN、过大的数），请去掉后重发")
    log.error("http.broken", service=service, path=path, exc_info=error)
    return Broken("系统出错，已记录，请联系运维并提供时间")


def expect_json(content_type: str | None, *, also: tuple[str, ...] = ()) -> None:
    """WrongType when the request says that its body is no JSON, and nothing of `also` either. Saying nothing is fine."""
    told = (content_type or "").partition(";")[0].strip().lower()
    if told and "json" not in told and told not in also:
        raise WrongType(f"请求体要是 JSON，请把 Content-Type 写成 application/json，而不是 {told}")


def _allowed(request: Request) -> str:
    """Every method that some route of this path takes: the router names those of one route only."""
    scopes = ((method, {**request.scope, "method": method}) for method in _METHODS)
    taken = (
        method
        for method, scope in scopes
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)
    )
    return ", ".join(taken)


def read_json(raw: bytes) -> Any:
    """The body as JSON; Unreadable for broken UTF-8, NaN or nesting that would exhaust the stack."""
    try:
        return json.loads(raw, parse_constant=_refuse)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Unreadable("请求体不是合法的 UTF-8 JSON，请检查编码和格式后重发") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_PROBLEMS: dict[int, tuple[type[Problem], str]] = {
    400: (Unreadable, "请求体读不懂，请用 UTF-8 编码的 JSON 重发"),
    404: (NotFound, "没有这个地址，请对照接口文档检查路径"),
    405: (MethodNotAllowed, "这个地址不支持这种请求方法，请对照接口文档"),
    413: (TooLarge, "内容太大，请拆小后分批发"),
}
