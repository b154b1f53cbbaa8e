"""Composition root of the console: the only place that wires it."""

from starlette.staticfiles import StaticFiles

from services.console.api import routes
from services.console.pages.desk import add_desk
from services.console.pages.follow.routes import add_follow
from services.console.pages.ground.routes import add_ground
from services.console.pages.handling.routes import add_handling
from services.console.pages.html import ASSETS, Assets
from services.console.pages.leaflet import LEAFLET
from services.console.pages.nicegui_host import running
from services.console.pages.rates.routes import add_rates
from services.console.pages.rules.routes import add_rules
from services.console.pages.signing import add_signing
from services.console.pages.wall import add_wall
from services.console.pages.whistles.routes import add_whistles
from services.console.room import Room
from services.console.root import add_root
from services.console.sessions import Sessions
from services.console.settings import ConsoleSettings
from services.console.workers.board import Board
from services.console.workers.read_model import ReadModel
from services.fabric.snapshot import Fabric
from services.kit.bus.port import Bus
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.foundation import lay
from services.kit.passes import Passes
from services.kit.service import Service


def build(settings: ConsoleSettings, clock: Clock, bus: Bus, copy: Copy[Fabric], alone: bool = True) -> Service:
    base = lay("console", "控制台", settings, clock, bus, copy)
    board = Board(base.db, clock)
    model = ReadModel(base.db, bus, base.outbox, board.wake)
    passes = Passes(settings.secret.get_secret_value())
    sessions = Sessions(base.db, base.keys, passes, settings.session_length)
    room = Room(settings, clock, base.db, copy, board, sessions)
    service = base.service([model, board], alone=alone)
    base.app.include_router(routes(room, model))
    add_root(base.app, room)
    add_signing(base.app, room)
    add_wall(base.app, room)
    add_ground(base.app, room)
    add_rules(base.app, room)
    add_follow(base.app, room)
    add_handling(base.app, room)
    add_whistles(base.app, room)
    add_rates(base.app, room)
    base.app.mount("/console/assets", Assets(directory=ASSETS), name="console-assets")
    base.app.mount("/console/leaflet", StaticFiles(directory=LEAFLET), name="console-leaflet")
    add_desk(base.app, room)
    base.app.router.lifespan_context = running
    return service
