"""Plain pages from templates; everything put into them is escaped."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from services.console.pages.favicon import FAVICON

ASSETS = str(files("services.console.pages") / "assets")
_TEMPLATES = Environment(loader=PackageLoader("services.console.pages"), autoescape=True)
_TEMPLATES.globals["favicon"] = "data:image/svg+xml," + FAVICON.replace("#", "%23").replace('"', "'")


class Assets(StaticFiles):
    """Asked for anew each time, by their tag: after an upgrade no page mixes old scripts with new ones."""

    def file_response(self, *args: Any, **given: Any) -> Response:
        answer = super().file_response(*args, **given)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    html = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
