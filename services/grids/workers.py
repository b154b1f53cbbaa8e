"""The city's profile: published again at start if its file has changed since."""

from datetime import datetime, timedelta

from services.grids.domain.publication import Draft
from services.grids.repository import publications
from services.grids.usecases.publishing import SYSTEM, Change, Registry, profile_draft
from services.kit.db import Tx
from services.kit.worker import Worker


class ProfileKeeper(Worker):
    """At start, and after trouble again until it is done. Before the first publication there is nothing to do: that one
    brings the profile with it."""

    def __init__(self, registry: Registry) -> None:
        super().__init__("grids.profile", timedelta(hours=1))
        self._registry = registry
        self._done = False

    async def turn(self) -> bool:
        if not self._done:
            await self._registry.change("profile", SYSTEM, self._compared)
            self._done = True
        return False

    async def idle(self) -> bool:
        return self._done

    async def _compared(self, tx: Tx, now: datetime) -> Change[None]:
        if (await publications.last(tx)).version == 0:
            return Change(Draft({}, frozenset()), (), None)
        return Change(profile_draft(self._registry.profile), (), None)
