"""What a process makes once and hands to its services: the bus and the copy of the fabric."""

from services.fabric.held import parts, spent
from services.fabric.manifest import complete_version
from services.fabric.snapshot import Fabric, build
from services.kit.bus.kafka import KafkaBus, KafkaOptions
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus
from services.kit.clock import Clock
from services.kit.contracts.topics import GRIDS
from services.kit.copies import Copy
from services.kit.settings import KitSettings


def make_bus(settings: KitSettings) -> Bus:
    """Kafka wherever its address is set, else the log inside PostgreSQL."""
    if settings.kafka_bootstrap is None:
        return PgLogBus(settings.database_url)
    return KafkaBus(
        KafkaOptions(
            bootstrap=settings.kafka_bootstrap,
            security=settings.kafka_security,
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value() if settings.kafka_password else None,
            ca_file=settings.kafka_ca_file,
            replication=settings.kafka_replication,
        )
    )


def make_copy(process: str, bus: Bus, clock: Clock) -> Copy[Fabric]:
    """Looked at by the clock: a unit's new name from 1 January on is its name from then on."""
    return Copy(
        process, bus, GRIDS.name, complete_version, build, lambda fabric: fabric.as_of(clock.now()), spent, parts
    )
