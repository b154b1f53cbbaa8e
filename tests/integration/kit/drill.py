"""The two programs of the kill drill: `writer` appends events, `counter` notes each once and says so itself.

`python -m tests.integration.kit.drill writer|counter`, everything else from the environment.
"""

import asyncio
import os
import random
import signal
import sys

from sqlalchemy import text

from services.kit import failpoints, logs
from services.kit.bus.kafka import KafkaBus, KafkaOptions
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus
from services.kit.consumer import Consumer
from services.kit.contracts.envelope import Event
from services.kit.contracts.topics import ORDERS
from services.kit.db import Database, Tx
from services.kit.faults import is_infrastructure
from services.kit.outbox import Outbox
from services.kit.relay import Relay
from services.kit.worker import Worker
from tests.integration.kit.bench import CASE, SCHEMA, SECOND, record_effects, write

KEYS = 20
EACH = 60


def make_bus(url: str, bootstrap: str | None) -> Bus:
    if bootstrap is None:
        return PgLogBus(url, lease=1.5)
    return KafkaBus(KafkaOptions(bootstrap, lease=3.0, patience=5.0))


async def writer(db: Database, bus: Bus) -> list[Worker]:
    """Until every key has its number of events, a few in each transaction."""
    relay = Relay(SCHEMA, db, bus)
    outbox = Outbox(relay.wake)
    dice = random.Random(os.getpid())

    async def go_on() -> None:
        while True:
            try:
                async with db.transaction() as tx:
                    # Locked first: two at once would otherwise both see room for the last one.
                    found = await tx.execute(
                        text("SELECT id FROM subject WHERE last < :n ORDER BY id FOR UPDATE"), {"n": EACH}
                    )
                    open_keys = [row.id for row in found.all()]
                    if not open_keys:
                        return
                    await write(tx, outbox, dice.sample(open_keys, min(6, len(open_keys))))
            except Exception as error:
                if not is_infrastructure(error):
                    raise
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.005)

    writing = asyncio.create_task(go_on())
    writing.add_done_callback(lambda task: task.cancelled() or task.exception() is None or os._exit(3))
    return [relay]


async def counter(db: Database, bus: Bus) -> list[Worker]:
    relay = Relay(SECOND, db, bus)
    outbox = Outbox(relay.wake)

    async def handle(tx: Tx, events: list[Event]) -> None:
        await record_effects(tx, events)
        await write(tx, outbox, [event.subject for event in events], CASE)

    return [relay, Consumer(SECOND, db, bus, outbox, [ORDERS.name], handle)]


async def main(which: str) -> None:
    logs.configure("INFO")
    failpoints.arm_from(os.environ)
    url = os.environ["DUOGE_DATABASE_URL"]
    schema, make = {"writer": (SCHEMA, writer), "counter": (SECOND, counter)}[which]
    db = Database(url, schema, pool=4)
    bus = make_bus(url, os.environ.get("DUOGE_KAFKA_BOOTSTRAP"))
    workers = await make(db, bus)
    for worker in workers:
        worker.start()
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    await asked.wait()
    await asyncio.gather(*(worker.stop() for worker in workers))
    await bus.stop()
    await db.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
