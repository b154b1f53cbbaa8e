"""The table of services: what to build, with which settings, and which paths are whose."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from services.kit.service import Service
from services.kit.settings import KitSettings


@dataclass(frozen=True, slots=True)
class Kind:
    """Its modules are imported once asked for: a process of one service starts sooner and carries no other."""

    name: str
    paths: tuple[str, ...]

    @property
    def settings(self) -> type[KitSettings]:
        module = import_module(f"services.{self.name}.settings")
        return cast(type[KitSettings], getattr(module, f"{self.name.capitalize()}Settings"))

    @property
    def build(self) -> Callable[..., Service]:
        return cast(Callable[..., Service], import_module(f"services.{self.name}.main").build)


# The console stands last: it has the root and whatever nobody else claims.
SERVICES: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("grids", ("/grids",)),
        Kind("intake", ("/intake", "/open311", "/report", "/receipt")),
        Kind("dispatch", ("/dispatch",)),
        Kind("notify", ("/notify",)),
        Kind("console", ("/",)),
    )
}
