"""Composition root of notify."""

from collections.abc import Callable
from datetime import datetime

from services.fabric.snapshot import Fabric
from services.kit.bus.port import Bus
from services.kit.clock import Clock, real_now
from services.kit.consumer import Consumer
from services.kit.copies import Copy
from services.kit.foundation import lay
from services.kit.service import Service
from services.notify.api import router
from services.notify.api.doors import Doors
from services.notify.delivery.caller import HttpCaller
from services.notify.delivery.engine import Engine
from services.notify.delivery.gateways import Gateways
from services.notify.domain.targets import EVERYWHERE
from services.notify.handlers import TOPICS, Handlers
from services.notify.secrets import Secrets
from services.notify.settings import NotifySettings
from services.notify.usecases.paging import Staff
from services.notify.usecases.reading import Feeds
from services.notify.workers.bell import Bell
from services.notify.workers.forgetting import Forgetting
from services.notify.workers.topics import TopicMaker, UnitTopics


def build(
    settings: NotifySettings,
    clock: Clock,
    bus: Bus,
    copy: Copy[Fabric],
    *,
    alone: bool = True,
    real: Callable[[], datetime] = real_now,
) -> Service:
    """`real`: real time, on which deliveries, their leases and their signatures run."""
    base = lay("notify", "通知", settings, clock, bus, copy)
    secrets = Secrets(settings.secret.get_secret_value())
    caller = HttpCaller(settings.delivery_timeout.total_seconds(), settings.delivery_total, settings.networks())
    staff = Staff(copy, settings.secret.get_secret_value())
    # The operator named the gateways: they may stand within.
    to_gateways = HttpCaller(settings.delivery_timeout.total_seconds(), settings.delivery_total, EVERYWHERE)
    signing = settings.gateway_secret.get_secret_value() if settings.gateway_secret is not None else None
    gateways = Gateways(to_gateways, settings.gateways(), signing, staff, real)
    engine = Engine(
        *(base.db, base.outbox, caller, gateways, secrets, real),
        total=settings.delivery_total,
        per_lane=settings.delivery_per_host,
    )
    topics, bell = UnitTopics(bus), Bell(base.db)
    handlers = Handlers(base.outbox, topics, bell, engine.wake, real, staff, tuple(settings.gateways()))
    consumer = Consumer("notify", base.db, bus, base.outbox, TOPICS, handlers)
    doors = Doors(
        db=base.db,
        clock=clock,
        real=real,
        copy=copy,
        feeds=Feeds(base.db, bell),
        secrets=secrets,
        networks=settings.networks(),
        send=engine.wake,
    )
    base.app.include_router(router(doors))
    workers = [TopicMaker(topics, copy), consumer, bell, engine, Forgetting(base.db, real)]
    return base.service(workers, alone=alone)
