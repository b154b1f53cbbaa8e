"""A group member in a process of its own, to be killed: reads, never commits, says what it has."""

import asyncio
import sys

from services.kit.bus.kafka import KafkaBus, KafkaOptions
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus
from tests.contract.bus.suite import TOPIC, Member

ENGINES = {
    "pglog": lambda url: PgLogBus(url, lease=1.0),
    "kafka": lambda bootstrap, prefix: KafkaBus(KafkaOptions(bootstrap, prefix=prefix, lease=2.0)),
}


async def main(engine: str, *address: str) -> None:
    bus: Bus = ENGINES[engine](*address)
    member = await Member(bus.subscribe("g", [TOPIC.name])).start()
    while True:
        await member.poll(commit=False)
        print(len(member.assigned), len(member.records), flush=True)


asyncio.run(main(*sys.argv[1:]))
