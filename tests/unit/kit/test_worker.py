"""A worker's supervisor: trouble is said and outlived, a stuck round shows, a stop is orderly whatever happens."""

import asyncio
from datetime import timedelta

from services.kit.bus.port import BusUnavailable
from services.kit.worker import Worker


class Busy(Worker):
    """Does what `plan` says, one entry a turn: an exception to raise, an event to wait for, or whether there is more."""

    def __init__(self, *plan: Exception | asyncio.Event | bool) -> None:
        super().__init__("busy", timedelta(seconds=30))
        self.plan = list(plan)
        self.said: list[str] = []
        self.turned = asyncio.Event()

    async def open(self) -> None:
        self.said.append("open")

    async def close(self) -> None:
        self.said.append("close")

    async def turn(self) -> bool:
        self.said.append("turn")
        self.turned.set()
        step = self.plan.pop(0) if self.plan else False
        if isinstance(step, Exception):
            raise step
        if isinstance(step, asyncio.Event):
            await step.wait()
            return False
        return step


async def until(worker: Busy, count: int) -> None:
    async with asyncio.timeout(10):
        while worker.said.count("turn") < count:
            worker.turned.clear()
            await worker.turned.wait()


async def test_goes_on_at_once_while_there_is_more_and_rests_until_woken() -> None:
    worker = Busy(True, True, False)
    assert not worker.state().ok
    worker.start()
    await until(worker, 3)
    await asyncio.sleep(0)
    assert worker.said == ["open", "turn", "turn", "turn"]
    assert worker.state().ok
    worker.wake()
    await until(worker, 4)
    await worker.stop()
    assert worker.said[-1] == "close"
    assert worker.state().detail == "没有在运行"


async def test_trouble_is_said_and_it_opens_anew() -> None:
    worker = Busy(BusUnavailable("away"), False)
    worker.start()
    await until(worker, 1)
    await asyncio.sleep(0)
    assert worker.state().detail == "BusUnavailable: away"
    await until(worker, 2)
    await asyncio.sleep(0)
    assert worker.state().ok
    assert worker.said == ["open", "turn", "close", "open", "turn"]
    await worker.stop()


async def test_a_wake_does_not_cut_the_pause_after_trouble() -> None:
    worker = Busy(*[BusUnavailable("away") for _ in range(50)])
    worker.start()
    await until(worker, 1)
    for _ in range(30):
        worker.wake()
        await asyncio.sleep(0)
    assert worker.said.count("turn") == 1
    await worker.stop()


async def test_stuck_is_not_ok() -> None:
    stuck = asyncio.Event()
    worker = Busy(stuck)
    worker.stuck_after = 0.0
    worker.start()
    await until(worker, 1)
    assert not worker.state().ok
    assert "卡住" in worker.state().detail
    stuck.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert worker.state().ok
    await worker.stop()


async def test_stopped_in_the_pause_after_trouble_it_ends_at_once() -> None:
    worker = Busy(RuntimeError("a mistake"), RuntimeError("again"))
    worker.start()
    await until(worker, 2)
    async with asyncio.timeout(2):
        await worker.stop()
    assert worker.said[-1] == "close"


async def test_cancelled_it_still_closes() -> None:
    worker = Busy(asyncio.Event())
    worker.start()
    await until(worker, 1)
    assert worker._task is not None
    worker._task.cancel()
    await asyncio.wait({worker._task})
    assert worker.said == ["open", "turn", "close"]
    assert not worker.state().ok


async def test_starts_again_after_a_stop() -> None:
    worker = Busy()
    for _ in range(2):
        worker.start()
        await until(worker, worker.said.count("turn") + 1)
        await worker.stop()
    assert worker.said == ["open", "turn", "close"] * 2
