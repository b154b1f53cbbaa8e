"""FastAPI remembers what kind of function each route is, and with the function whatever it closes over: in a run of a
thousand services that is a thousand services."""

import fastapi.dependencies.models

_REMEMBERING = [
    clear for each in vars(fastapi.dependencies.models).values() if (clear := getattr(each, "cache_clear", None))
]


def forget_apps() -> None:
    for clear in _REMEMBERING:
        clear()
