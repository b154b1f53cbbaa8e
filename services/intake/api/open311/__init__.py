"""Open311 GeoReport v2 with the request-updates extension, as a door beside the order API."""

from fastapi import FastAPI

from services.intake.api.office import Office
from services.intake.api.open311 import posting, reading
from services.intake.api.open311.door import Door
from services.intake.api.open311.refusing import PREFIX, OwnForm
from services.intake.settings import IntakeSettings
from services.kit.http.auth import Buckets


def mount_open311(app: FastAPI, office: Office, settings: IntakeSettings) -> None:
    app.state.open311 = Door(
        office,
        settings.open311_jurisdiction,
        settings.channels_shown,
        Buckets(None if settings.dev else settings.open311_rate),
    )
    for part in (reading, posting):
        app.include_router(part.router, prefix=f"{PREFIX}/v2")
    app.add_middleware(OwnForm)
