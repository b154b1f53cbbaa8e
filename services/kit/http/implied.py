"""What a route's shape says of its answers, put on the page of the API so that no route has to say it again."""

from typing import Any

from fastapi import FastAPI

from services.kit.http.answers import refusals

_NONE = refusals({404: "没有，或者这把密钥看不到"})
_STALE = refusals({412: "别人先改了"})


def add_implied(app: FastAPI) -> None:
    """404 for what is named in the path (a PUT makes it), 412 for what takes `If-Match`; what a route says itself stays."""
    plain = app.openapi

    def page() -> dict[str, Any]:
        made = plain()
        for operations in made["paths"].values():
            for method, operation in operations.items():
                asked = {(one["in"], one["name"].lower()) for one in operation.get("parameters", ())}
                named = method != "put" and any(place == "path" for place, _ in asked)
                told = (_NONE if named else {}) | (_STALE if ("header", "if-match") in asked else {})
                for status, refusal in told.items():
                    operation["responses"].setdefault(str(status), refusal)
        return made

    app.openapi = page  # type: ignore[method-assign]
