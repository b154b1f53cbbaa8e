"""The composition root of dispatch: the only place that wires."""

from services.dispatch import auditing
from services.dispatch.api import cases as cases_api
from services.dispatch.api import duties as duties_api
from services.dispatch.api import exclusions as exclusions_api
from services.dispatch.api import follow_up as follow_up_api
from services.dispatch.api import meeting_pack as meeting_pack_api
from services.dispatch.api import precedents as precedents_api
from services.dispatch.api import rates as rates_api
from services.dispatch.api import record as record_api
from services.dispatch.api import rectifications as rectifications_api
from services.dispatch.api import rule_files as rule_files_api
from services.dispatch.api import rules as rules_api
from services.dispatch.api import slips as slips_api
from services.dispatch.api import whistle_desk as whistle_desk_api
from services.dispatch.api import whistles as whistles_api
from services.dispatch.follower import Follower
from services.dispatch.formulas import Formulas
from services.dispatch.handlers import OrdersHandler
from services.dispatch.keeper import Keeper
from services.dispatch.reckoner import Reckoner
from services.dispatch.reminders import Reminders
from services.dispatch.repository import cases as repository
from services.dispatch.settings import DispatchSettings
from services.dispatch.usecases import sweeping
from services.dispatch.usecases.rules import RuleBook
from services.dispatch.usecases.whistles import sweeping as whistle_sweeping
from services.dispatch.workers import OrdersConsumer
from services.fabric.snapshot import Fabric
from services.kit.bus.port import Bus
from services.kit.checkpoints import Signer
from services.kit.clock import Clock
from services.kit.contracts.topics import ORDERS
from services.kit.copies import Copy
from services.kit.foundation import lay
from services.kit.secrets import derive
from services.kit.service import Service
from services.kit.timers import Sweeper, by_kind

NAME = "dispatch"


def build(settings: DispatchSettings, clock: Clock, bus: Bus, copy: Copy[Fabric], alone: bool = True) -> Service:
    """`alone`: the only service of its process."""
    base = lay(NAME, "派单与办理", settings, clock, bus, copy, {record_api.VERIFY: record_api.MOST_BYTES})
    secret = derive(settings.secret.get_secret_value(), "rechecks")
    book = RuleBook(settings.profile)

    def fabric() -> Fabric | None:
        return copy.current

    handler = OrdersHandler(base.outbox, clock, fabric, book.current, secret)
    consumer = OrdersConsumer(NAME, base.db, bus, base.outbox, [ORDERS.name], handler, copy)
    follower = Follower(NAME, base.db, base.outbox, clock, copy, book.current, secret)
    copy.on_swap(follower.wake)
    formulas = Formulas(NAME, base.db, clock, copy)
    copy.on_swap(formulas.wake)
    reminders = Reminders(NAME, base.db, clock, copy)
    copy.on_swap(reminders.wake)
    reckoner = Reckoner(NAME, base.db, base.outbox, clock, copy, secret)
    copy.on_swap(reckoner.wake)
    fires = {
        **sweeping.fires(base.outbox, fabric, secret),
        **whistle_sweeping.fires(base.outbox, fabric),
        **follower.fires(),
    }
    sweeper = Sweeper(NAME, base.db, clock, repository.lock, by_kind(fires))
    signer = Signer(settings.secret.get_secret_value())
    every = settings.dispatch_checkpoint_every
    keeper = Keeper(NAME, base.db, base.outbox, signer, every, settings.dispatch_checkpoint_file)
    base.app.include_router(record_api.router(base.db, bus, signer, keeper))
    base.app.include_router(cases_api.router(base.db, clock, copy, base.outbox, secret))
    base.app.include_router(slips_api.router(base.db, clock, copy, base.outbox))
    base.app.include_router(follow_up_api.router(base.db, clock, copy, base.outbox, secret))
    base.app.include_router(meeting_pack_api.router(base.db, clock, copy, book))
    base.app.include_router(rectifications_api.router(base.db, clock, copy, base.outbox, book, secret))
    base.app.include_router(rates_api.router(base.db, clock, copy))
    base.app.include_router(exclusions_api.router(base.db, clock, copy, base.outbox))
    base.app.include_router(rules_api.router(base.db, clock, copy, book))
    base.app.include_router(rule_files_api.router(base.db, copy, book))
    base.app.include_router(duties_api.router(base.db, clock, copy, book))
    base.app.include_router(precedents_api.router(base.db, clock, copy, book))
    base.app.include_router(whistle_desk_api.router(base.db, clock, copy))
    base.app.include_router(whistles_api.router(base.db, clock, copy, base.outbox))
    return base.service(
        [consumer, sweeper, follower, reckoner, formulas, reminders, keeper],
        alone=alone,
        rules=auditing.rules(every),
    )
