"""One service in this process, as compose runs it."""

import os
import random
import socket

from duoge.running.heap import tend
from duoge.running.parts import make_bus, make_copy
from duoge.running.server import Server, hold_port, make_server
from duoge.running.server import run as run_loop
from duoge.running.services import SERVICES
from services.kit import failpoints, logs, tracing
from services.kit.clock import SystemClock
from services.kit.service import Service
from services.kit.settings import WrongSetting, load


def run(name: str, host: str, port: int) -> int:
    """Exit status. Serves at once; what needs the broker or the database waits for them, and readiness says so."""
    if name not in SERVICES:
        raise WrongSetting(f"没有 {name} 这个服务，请从 {'、'.join(SERVICES)} 里选")
    kind = SERVICES[name]
    settings = load(kind.settings)
    logs.configure(settings.log_level)
    tracing.configure(name, settings.otlp_endpoint)
    failpoints.arm_from(os.environ, seed=random.SystemRandom().randrange(1 << 30))
    bus = make_bus(settings)
    clock = SystemClock()
    service = kind.build(settings, clock, bus, make_copy(name, bus, clock))
    with hold_port(host, port) as door:
        run_loop(serve_app(service, make_server(service.app, host, port), door))
    return 0


async def serve_app(service: Service, server: Server, door: socket.socket) -> None:
    await service.start()
    tend(service.copy)
    try:
        await server.serve([door])
    finally:
        await service.stop()
