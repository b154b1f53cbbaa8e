"""Dispatch's events, followed: the open cases that a change of the fabric is weighed by."""

from collections.abc import Sequence

from services.grids.domain.following import follow
from services.grids.repository import open_cases
from services.kit.contracts.envelope import Event
from services.kit.contracts.registry import body_of
from services.kit.db import Tx


async def take_in(tx: Tx, events: Sequence[Event]) -> None:
    """In their order, one statement however many there are."""
    followed = follow((event, body_of(event)) for event in events)
    await open_cases.save(tx, followed.cases)
