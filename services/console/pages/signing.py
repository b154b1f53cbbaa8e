"""Signing in and out: a plain form, so that it works before any script does."""

import re

from fastapi import FastAPI, Request
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.console.domain.visibility import SEE_NOTHING
from services.console.pages.html import page
from services.console.pages.nav import NAV
from services.console.room import Room
from services.console.sessions import COOKIE, PASS_LASTS
from services.kit.problems import Unauthenticated

_SECTIONS = "|".join(to.removeprefix("/") for _, to in NAV if to != "/")
_PLACE = rf"/(?:cases/[\w%-]{{1,200}}|(?:{_SECTIONS})(?:/[\w-]{{1,100}}(?:/[\w%.-]{{1,200}})?)?)?"
_OURS = re.compile(rf"{_PLACE}(?:\?case=[\w%-]{{1,200}})?", re.ASCII)
_WRONG = "密钥不对或已停用，请检查是否复制完整，或向管理员要新的"
_NO_CONSOLE = "这是来源系统的密钥，看不了控制台，请换单位的密钥"


def add_signing(app: FastAPI, room: Room) -> None:
    @app.get("/login", include_in_schema=False)
    async def login(request: Request, next: str = "/") -> Response:
        if await room.sessions.caller(request.cookies.get(COOKIE)) is not None:
            return RedirectResponse(_inside(next), status_code=303)
        return page("login.html", next=_inside(next), wrong=None)

    @app.post("/login", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        form = await request.form()
        goal = _inside(_text(form.get("next")))
        signed = await room.sessions.sign_in(_text(form.get("key")))
        if signed is None:
            return page("login.html", status=401, next=goal, wrong=_WRONG)
        token, caller = signed
        if caller.role in SEE_NOTHING:
            await room.sessions.sign_out(token)
            return page("login.html", status=403, next=goal, wrong=_NO_CONSOLE)
        answer = RedirectResponse(goal, status_code=303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=room.sessions.seconds,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    @app.post("/logout", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        await room.sessions.sign_out(request.cookies.get(COOKIE))
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(COOKIE)
        return answer

    @app.post("/console/pass", include_in_schema=False)
    async def give_pass(request: Request) -> Response:
        """What a page's script calls the services with. Nothing is done by it, and no other origin can read it."""
        given = await room.sessions.pass_for(request.cookies.get(COOKIE))
        if given is None:
            raise Unauthenticated("登录已经过期，请重新登录")
        token, caller = given
        told = {"pass": token, "seconds": int(PASS_LASTS.total_seconds()), "role": caller.role, "unit": caller.unit}
        return JSONResponse(told, headers={"Cache-Control": "no-store"})


def _inside(goal: str) -> str:
    """Only a page of ours: a sign-in never leads to somewhere else."""
    return goal if _OURS.fullmatch(goal) else "/"


def _text(value: str | UploadFile | None) -> str:
    return value if isinstance(value, str) else ""
