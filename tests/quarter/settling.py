"""Waiting until all that follows from a moment has been done, with fewer questions than the clock of a developer asks."""

import asyncio
from collections.abc import Sequence

from services.kit.service import Service

LONGEST = 1800.0
PAUSE = 0.03
QUIET_ROUNDS = 2


async def settle(services: Sequence[Service]) -> None:
    """Everybody looks at the clock once; then each is waited for in turn, until nobody had to be twice in a row.

    A woken round costs its statements whether there is anything to do or not: only who says that he has work is woken
    again.
    """
    workers = [worker for service in services for worker in service.workers]
    async with asyncio.timeout(LONGEST):
        quiet = 0
        while quiet < QUIET_ROUNDS:
            for worker in workers:
                worker.wake()
            await asyncio.sleep(PAUSE)
            quiet += 1
            for worker in workers:
                while not await worker.idle():
                    quiet = 0
                    worker.wake()
                    await asyncio.sleep(PAUSE)
