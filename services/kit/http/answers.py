"""Every exception becomes a problem+json answer; bad input never becomes a 500."""

import json
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.kit.faults import is_infrastructure
from services.kit.problems import Invalid, NotFound, Problem, Unavailable, Unreadable, pointer

log = structlog.get_logger()
_MESSAGES = {
    "missing": "缺这一项，请补上",
    "string_too_short": "太短，请补全",
    "string_too_long": "太长，请删减",
    "extra_forbidden": "没有这一项，请去掉或改名",
    "json_invalid": "不是合法的 JSON，请检查格式",
}


class Broken(Problem):
    status, code, title = 500, "broken", "系统出错"


def problem_response(problem: Problem) -> JSONResponse:
    return JSONResponse(
        problem.as_json(),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers or None,
    )


def invalid_from(errors: list[Any]) -> Problem:
    """pydantic's errors with our sentences; broken JSON is a 400."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Unreadable("请求体不是合法的 JSON，请检查格式和 UTF-8 编码后重发")
    listed = [
        {"pointer": pointer(error["loc"]), "detail": f"{_MESSAGES.get(error['type'], '')}{_reason(error)}"}
        for error in errors[:50]
    ]
    return Invalid("请按 errors 指出的位置改正后重发", errors=listed)


def install(app: FastAPI, service: str) -> None:
    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return problem_response(error)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem_response(invalid_from(list(error.errors())))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return problem_response(NotFound("没有这个地址，请对照接口文档检查路径"))
        problem = Problem("请对照接口文档检查请求方法", headers=error.headers)
        problem.status, problem.code, problem.title = error.status_code, "http_error", "请求有误"
        if error.status_code == 400:
            return problem_response(Unreadable("请求体读不懂，请用 UTF-8 编码的 JSON 重发"))
        return problem_response(problem)

    async def on_anything(request: Request, error: Exception) -> JSONResponse:
        if is_infrastructure(error):
            log.warning("http.unavailable", service=service, path=request.url.path, error=repr(error))
            return problem_response(
                Unavailable("数据库或消息总线暂时连不上，请稍后原样重发", headers={"Retry-After": "5"})
            )
        log.exception("http.broken", service=service, path=request.url.path)
        return problem_response(Broken("系统出错，已记录，请联系运维并提供时间"))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    for kind in (DBAPIError, OSError, TimeoutError, Exception):
        app.add_exception_handler(kind, on_anything)


def _reason(error: Any) -> str:
    if error["type"] in _MESSAGES:
        return ""
    message = str(error.get("msg", "不合规定"))
    expected = (error.get("ctx") or {}).get("expected")
    if expected:
        return f"应为 {expected}"
    return message.removeprefix("Value error, ")


def read_json(raw: bytes) -> Any:
    """The body as JSON; Unreadable for broken UTF-8, NaN or nesting that would exhaust the stack."""
    try:
        return json.loads(raw)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Unreadable("请求体不是合法的 UTF-8 JSON，请检查编码和格式后重发") from None
