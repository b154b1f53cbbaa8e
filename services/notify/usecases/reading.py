"""A unit's feed, read from a token on: a page at once, or waiting for what comes next."""

import asyncio
import time
from dataclasses import dataclass

from services.kit.db import Database
from services.kit.http import cursors
from services.kit.problems import Unreadable
from services.notify.errors import unknown_token
from services.notify.repository import feed
from services.notify.repository.feed import Page
from services.notify.workers.bell import Bell


def token(unit: str, position: int) -> str:
    """Where to go on: opaque to the reader, and good for one unit only."""
    return cursors.encode("feed", unit, position)


def position_of(given: str | None, unit: str) -> int:
    """0 without a token; Unreadable for one that is none of this unit's."""
    if not given:
        return 0
    try:
        parts = cursors.decode(given, 3)
    except Unreadable:
        raise unknown_token() from None
    if parts is None or parts[:2] != ["feed", unit] or type(parts[2]) is not int or parts[2] < 0:
        raise unknown_token()
    return int(parts[2])


@dataclass(frozen=True, slots=True)
class Feeds:
    db: Database
    bell: Bell

    async def known(self, unit: str) -> bool:
        """Whether the unit was ever told anything."""
        async with self.db.reading() as tx:
            return bool(await feed.heads(tx, [unit]))

    async def check(self, unit: str, position: int) -> None:
        """Unreadable for a token from beyond the end: it was given out by a database that is no longer this one."""
        if position:
            async with self.db.reading() as tx:
                if position > (await feed.heads(tx, [unit])).get(unit, 0):
                    raise unknown_token()

    async def page(self, unit: str, after: int, limit: int, wait: float) -> Page:
        """Empty only when nothing came within `wait` real seconds; holds no connection while it waits."""
        until = time.monotonic() + wait
        with self.bell.listening(unit) as heard:
            while True:
                heard.clear()
                async with self.db.reading() as tx:
                    page = await feed.page(tx, unit, after, limit)
                left = until - time.monotonic()
                if page.events or left <= 0 or self.bell.closed:
                    return page
                try:
                    async with asyncio.timeout(left):
                        await heard.wait()
                except TimeoutError:
                    continue
