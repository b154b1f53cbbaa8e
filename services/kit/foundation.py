"""What every composition root begins and ends with: the parts that do not differ from service to service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from services.kit.auditor import RULES, Auditor, Rule
from services.kit.bus.port import Bus
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.holders import Heartbeat
from services.kit.housekeeping import Housekeeping, Kept
from services.kit.http.app import add_operations, create_app
from services.kit.keys import Keys
from services.kit.outbox import Outbox
from services.kit.relay import Relay
from services.kit.service import Service
from services.kit.settings import KitSettings
from services.kit.worker import Worker


@dataclass(frozen=True, slots=True)
class Foundation:
    """`lay` makes it, the service hangs its routes and workers on it, `service` closes it."""

    name: str
    clock: Clock
    bus: Bus
    copy: Copy[Any]
    db: Database
    keys: Keys
    app: FastAPI
    relay: Relay
    outbox: Outbox
    kept: Kept = field(default_factory=Kept)

    def service(self, workers: Sequence[Worker], *, alone: bool, rules: Sequence[Rule] = ()) -> Service:
        """`alone`: the only service of its process, which then starts and stops the bus and the copy of the fabric.
        `rules`: what must always hold in this service, beside the kernel's own."""
        service = Service(
            self.name, self.app, self.db, self.bus, self.copy, [self.relay, *workers], owns_copy=alone, owns_bus=alone
        )
        service.workers.append(Housekeeping(self.name, self.db, self.bus, self.clock, self.kept))
        service.workers.append(Auditor(self.name, self.db, self.clock, [*RULES, *rules]))
        heartbeat = Heartbeat(self.name, self.db, service.heartbeat)
        service.workers.append(heartbeat)
        # Whoever waits until everybody holds a new version hears of it at once.
        self.copy.on_swap(heartbeat.wake)
        add_operations(service)
        return service


def lay(
    name: str,
    title: str,
    settings: KitSettings,
    clock: Clock,
    bus: Bus,
    copy: Copy[Any],
    roomy: Mapping[str, int] | None = None,
) -> Foundation:
    """`name` is the database schema and the path prefix too; `title` is Chinese, for the API's page; `roomy`: path
    prefix → larger body limit in bytes."""
    db = Database(settings.database_url, name, pool=settings.database_pool)
    keys = Keys(
        db,
        settings.secret.get_secret_value(),
        settings.admin_key.get_secret_value() if settings.admin_key is not None else None,
    )
    relay = Relay(name, db, bus)
    app = create_app(name, title, settings, keys, roomy)
    return Foundation(
        name, clock, bus, copy, db, keys, app, relay, Outbox(relay.wake), Kept(outbox=settings.outbox_keep)
    )
