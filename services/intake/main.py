"""Composition root of intake: the only place that wires."""

import sys

from services.fabric.profile import BadProfile, find_profile
from services.fabric.snapshot import Fabric
from services.intake import auditing
from services.intake.api import mount
from services.intake.api.office import Office
from services.intake.api.open311 import mount_open311
from services.intake.api.strangers import strangers
from services.intake.attic import Attic, store_of
from services.intake.caretakers import Eraser, Resealer
from services.intake.domain.learned.modelfile import MOST_BYTES
from services.intake.handlers import TOPICS, handler
from services.intake.learner import Learner
from services.intake.links import Links
from services.intake.pages import mount_pages
from services.intake.receipts import Receipts
from services.intake.reception import Reception
from services.intake.rounds import HandingOver, Nights, sweeper
from services.intake.sealing import Sealer
from services.intake.settings import IntakeSettings
from services.intake.sourcebook import SourceBook
from services.intake.workers import Judge, Sandbox
from services.kit.bus.port import Bus
from services.kit.clock import Clock
from services.kit.consumer import Consumer
from services.kit.copies import Copy
from services.kit.foundation import lay
from services.kit.service import Service
from services.kit.settings import WrongSetting

# A stream has no end; each of its lines has the limit that a single order has.
ENDLESS = {"/intake/v1/orders/stream": sys.maxsize, "/intake/v1/model": MOST_BYTES}
# What a form adds to the file in it.
FORM = 64 * 1024


def build(settings: IntakeSettings, clock: Clock, bus: Bus, copy: Copy[Fabric], alone: bool = True) -> Service:
    """`alone`: the only service of its process, owner of the bus and of the copy of the fabric."""
    try:
        # Orders are taken before any fabric has come, by the channels of our own file.
        shipped = find_profile(settings.profile)
    except BadProfile as bad:
        raise WrongSetting(f"城市方案有误，请改正后再启动：{bad}") from None
    base = lay("intake", "受理", settings, clock, bus, copy, _roomy(settings))
    sealer = Sealer(settings.secret.get_secret_value(), settings.ring, settings.intake_key)
    learner = Learner(base.db, settings.intake_model)
    judge = Judge(base.db, base.outbox, sealer, clock, copy, learner)
    copy.on_swap(judge.wake)
    sources = SourceBook(base.db, clock)
    reception = Reception(base.db, base.outbox, sealer, clock, copy, judge, sources, learner)
    links = Links(settings.secret.get_secret_value())
    attic = Attic(base.db, clock, store_of(settings), settings.intake_attachment_limit, settings.intake_attachment_keep)
    receipts = Receipts(settings.secret.get_secret_value())
    callers = strangers(settings.resident_lookups, settings.resident_reports, settings.dev)
    office = Office(
        base.db,
        base.outbox,
        sealer,
        clock,
        copy,
        reception,
        sources,
        learner,
        links,
        attic,
        receipts,
        callers,
        shipped,
        settings.dev,
    )
    mount(base.app, office)
    mount_pages(base.app, office, settings)
    mount_open311(base.app, office, settings)
    consumer = Consumer("intake", base.db, bus, base.outbox, TOPICS, handler(clock, base.outbox, sealer))
    resealer, eraser = Resealer(base.db, sealer), Eraser(base.db, base.outbox, clock, settings.keeping)
    base.app.state.resealer = resealer
    workers = [
        consumer,
        learner,
        judge,
        sources,
        Sandbox(base.db, base.outbox, clock),
        resealer,
        eraser,
        HandingOver(base.db, base.outbox, clock, copy),
        Nights(base.db, clock),
        attic,
        sweeper(base.db, base.outbox, clock, copy),
    ]
    return base.service(workers, alone=alone, rules=auditing.RULES)


def _roomy(settings: IntakeSettings) -> dict[str, int]:
    return ENDLESS | {
        "/intake/v1/attachments": settings.intake_attachment_limit + FORM,
        "/open311/v2/requests": settings.intake_attachment_limit + FORM,
        "/intake/v1/imports": settings.intake_import_limit + FORM,
        "/report": settings.intake_attachment_limit + FORM,
        "/receipt": FORM,
    }
