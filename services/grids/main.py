"""The registry's composition root."""

from services.fabric.profile import BadProfile, find_profile
from services.fabric.snapshot import Fabric
from services.grids.api import add_routes
from services.grids.handlers import CasesHandler
from services.grids.settings import GridsSettings
from services.grids.usecases.publishing import Registry
from services.grids.workers import ProfileKeeper, Surveyor
from services.kit.bus.port import Bus
from services.kit.clock import Clock
from services.kit.consumer import Consumer
from services.kit.contracts.topics import CASES
from services.kit.copies import Copy
from services.kit.foundation import lay
from services.kit.service import Service
from services.kit.settings import WrongSetting

UNITS_LIMIT = 16 * 1024 * 1024


def build(settings: GridsSettings, clock: Clock, bus: Bus, copy: Copy[Fabric], alone: bool = True) -> Service:
    """`alone`: the only service of its process. Ends the start with a sentence when the city's profile is not sound."""
    try:
        profile = find_profile(settings.profile)
    except BadProfile as bad:
        raise WrongSetting(f"城市方案有误，请改正后再启动：{bad}") from None
    limit = settings.grids_body_limit
    large = ("overlays", "gazetteer", "components")
    roomy = {**{f"/grids/v1/{name}": limit for name in large}, "/grids/v1/units": UNITS_LIMIT}
    roomy |= {"/grids/v1/people": UNITS_LIMIT, "/grids/v1/rosters": UNITS_LIMIT}
    base = lay("grids", "网格登记", settings, clock, bus, copy, roomy)
    registry = Registry(base.db, clock, copy, base.outbox, profile, settings)
    add_routes(base.app, registry, base.keys)
    consumer = Consumer("grids", base.db, bus, base.outbox, [CASES.name], CasesHandler(base.outbox, clock))
    return base.service([ProfileKeeper(registry), Surveyor(registry), consumer], alone=alone)
