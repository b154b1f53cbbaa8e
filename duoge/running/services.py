"""The table of services: what to build, with which settings, and which paths are whose."""

from collections.abc import Callable
from dataclasses import dataclass

from services.console.main import build as build_console
from services.console.settings import ConsoleSettings
from services.dispatch.main import build as build_dispatch
from services.dispatch.settings import DispatchSettings
from services.grids.main import build as build_grids
from services.grids.settings import GridsSettings
from services.intake.main import build as build_intake
from services.notify.main import build as build_notify
from services.notify.settings import NotifySettings

from services.intake.settings import IntakeSettings
from services.kit.service import Service
from services.kit.settings import KitSettings


@dataclass(frozen=True, slots=True)
class Kind:
    settings: type[KitSettings]
    build: Callable[..., Service]
    paths: tuple[str, ...]


# The console stands last: it has the root and whatever nobody else claims.
SERVICES: dict[str, Kind] = {
    "grids": Kind(GridsSettings, build_grids, ("/grids",)),
    "intake": Kind(IntakeSettings, build_intake, ("/intake", "/open311")),
    "dispatch": Kind(DispatchSettings, build_dispatch, ("/dispatch",)),
    "notify": Kind(NotifySettings, build_notify, ("/notify",)),
    "console": Kind(ConsoleSettings, build_console, ("/",)),
}
