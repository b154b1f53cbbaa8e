"""Intake over HTTP: thin. Bodies are read, a use case runs in one transaction, what was committed is answered."""

from fastapi import FastAPI

from services.intake.api import (
    actions,
    asking,
    attachments,
    desk,
    handovers,
    imports,
    learning,
    matters,
    persons,
    posting,
    privacy,
    reading,
    receipts,
    reconciling,
    shops,
    sources,
    streaming,
)
from services.intake.api.office import Office


def mount(app: FastAPI, office: Office) -> None:
    app.state.office = office
    for part in (
        posting,
        streaming,
        reading,
        actions,
        desk,
        asking,
        attachments,
        handovers,
        imports,
        learning,
        reconciling,
        matters,
        sources,
        shops,
        receipts,
        persons,
        privacy,
    ):
        app.include_router(part.router, prefix="/intake/v1")
