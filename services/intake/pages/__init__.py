"""Pages for those who never sign in: a form to report by, and a receipt to follow it by. Drawn on the server; without
scripts only the map and the previews are missing."""

from datetime import timedelta

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from services.intake.api.office import Office
from services.intake.pages import ground, receipt, report
from services.intake.pages.counter import Counter
from services.intake.pages.html import ASSETS
from services.intake.receipts import Papers
from services.intake.settings import IntakeSettings


def mount_pages(app: FastAPI, office: Office, settings: IntakeSettings) -> None:
    pause = timedelta(0) if settings.dev else settings.resident_pause
    photos = settings.resident_photos if office.attic.keeps else 0
    app.state.counter = Counter(
        office,
        Papers(settings.secret.get_secret_value(), pause),
        photos,
        settings.intake_attachment_limit,
    )
    for part in (ground, report, receipt):
        app.include_router(part.router, include_in_schema=False)
    app.mount("/report/assets", StaticFiles(directory=ASSETS), name="report-assets")
