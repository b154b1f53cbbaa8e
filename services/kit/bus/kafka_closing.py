"""Ending a consumer for good, whatever state the broker is in."""

import asyncio
import contextlib
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

CLOSE_SECONDS = 5.0


async def close(consumer: AIOKafkaConsumer) -> None:
    """Leaves the group and closes the connections.

    Towards a dead broker the client's own stop can hang, or end half-way with a cancellation that nobody asked for. A
    heartbeat left behind would hold the partitions for ever once the broker is back, and the client has no public way
    to end it: so its tasks are ended one by one.
    """
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait({stopping}, timeout=CLOSE_SECONDS)
    if stopping.done() and not stopping.cancelled() and stopping.exception() is None:
        return
    stopping.cancel()
    left = {stopping, *_tasks_of(consumer)}
    for task in left:
        task.cancel()
    await asyncio.wait(left, timeout=1)
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await consumer._client.close()


def _tasks_of(consumer: AIOKafkaConsumer) -> set["asyncio.Task[Any]"]:
    names = ("_coordination_task", "_heartbeat_task", "_commit_refresh_task")
    coordinated = [getattr(consumer._coordinator, name, None) for name in names]
    fetching = [consumer._fetcher._fetch_task, *consumer._fetcher._pending_tasks] if consumer._fetcher else []
    return {task for task in (*coordinated, *fetching) if task is not None and not task.done()}
