"""The HTTP of notify, thin: reading units' events, subscriptions, deliveries."""

from fastapi import APIRouter

from services.notify.api import deliveries, events, subscriptions
from services.notify.api.doors import Doors


def router(doors: Doors) -> APIRouter:
    made = APIRouter(prefix="/notify/v1")
    for part in (events, subscriptions, deliveries):
        part.add(made, doors)
    return made
