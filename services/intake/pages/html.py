"""Pages from templates: everything put into them is escaped, and nothing runs on them that did not come from here."""

from collections.abc import Callable, Coroutine
from importlib.resources import files
from typing import Any

from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.intake.pages.counter import counter_of
from services.kit.clock import local
from services.kit.http.answers import problem_of

ASSETS = str(files("services.intake.pages") / "assets")
_TEMPLATES = Environment(
    loader=PackageLoader("services.intake.pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_TEMPLATES.filters["local"] = local
# A code stands in the address: it is told to nobody else, and kept nowhere on the way.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    title = counter_of(request).office.profile.title
    html = _TEMPLATES.get_template(template).render(where=title, **values)
    return HTMLResponse(html, status, HEADERS)


class PageRoute(APIRoute):
    """What goes wrong is said on a page: whoever is here reads no JSON."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:  # each is told, and logged where it is nobody's mistake
                problem = problem_of(error, "intake", self.path)
                answer = page(request, "problem.html", problem.status, title=problem.title, said=problem.detail)
                answer.headers.update(problem.headers)
                return answer

        return handled
