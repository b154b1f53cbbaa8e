"""The whole system with every service on its own, as compose runs it: a bus and a copy of the fabric each, and nothing
shared but the servers. In one process all the same, under one clock that stands still until told."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from duoge.running import whole
from duoge.running.devclock import DevClock
from duoge.running.gateway import Gateway
from duoge.running.parts import make_copy
from duoge.running.services import SERVICES
from services.fabric.snapshot import Fabric
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus
from services.kit.clock import FrozenClock
from services.kit.copies import Copy
from services.kit.keys import Keys
from services.kit.settings import load
from tests.harness.single import ADMIN, SECRET, Visitors
from tests.harness.whole import System
from tests.harness.zhenru import AT


@asynccontextmanager
async def apart(
    url: str, *, at: datetime = AT, bus: Callable[[], Bus] | None = None, zhenru: bool = True
) -> AsyncIterator[System]:
    """`bus` makes one for each service; without it the log inside PostgreSQL."""
    async with AsyncExitStack() as stack:
        clock = FrozenClock(at)
        given: dict[str, object] = {
            "database_url": url,
            "secret": SECRET,
            "admin_key": ADMIN,
            "dev": True,
            "database_pool": 4,
        }
        services = []
        for name, kind in SERVICES.items():
            own = bus() if bus else PgLogBus(url, lease=2.0)
            made = kind.build(load(kind.settings, **given), clock, own, make_copy(name, own, clock), alone=True)
            stack.push_async_callback(made.stop)
            await made.start()
            services.append(made)
        apps = {path: made.app for made in services for path in SERVICES[made.name].paths}
        built = whole.Whole(services, services[0].bus, Gateway(apps, apps["/"]), clock, None)
        first = services[0]
        visitors = Visitors(Keys(first.db, SECRET, ADMIN), first.db, built.app, stack)
        running = System(built, clock, visitors, DevClock(clock, services, lambda: None))
        assert await built.ready() == {}
        if zhenru:
            await running.load_zhenru()
        yield running


def copy_of(town: System, service: str) -> Copy[Fabric]:
    [found] = [one.copy for one in town.whole.services if one.name == service]
    assert found is not None
    return found
