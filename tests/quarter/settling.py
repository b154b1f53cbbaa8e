"""Waiting until all that follows from a moment has been done, with fewer questions than the clock of a developer asks."""

import asyncio
from collections.abc import Sequence

from services.kit.service import Service
from services.kit.worker import Worker

LONGEST = 1800.0
PAUSE = 0.05
QUIET_ROUNDS = 2


async def settle(services: Sequence[Service]) -> None:
    """Everybody looks at the clock once; then those are waited for who have work, until nobody had twice in a row.

    A woken round costs its statements whether there is anything to do or not: only who says that he has work is woken
    again, and asked again.
    """
    workers = [worker for service in services for worker in service.workers]
    async with asyncio.timeout(LONGEST):
        quiet = 0
        while quiet < QUIET_ROUNDS:
            quiet += 1
            asked: list[Worker] = workers
            while asked:
                for worker in asked:
                    worker.wake()
                await asyncio.sleep(PAUSE)
                asked = await _busy(asked)
                if asked:
                    quiet = 0


async def _busy(workers: Sequence[Worker]) -> list[Worker]:
    idle = await asyncio.gather(*(worker.idle() for worker in workers))
    return [worker for worker, rests in zip(workers, idle, strict=True) if not rests]
