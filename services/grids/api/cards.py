"""The card of a grid over HTTP: what the registry knows of it, and how many cases are open there."""

import asyncio
import re
from typing import Any

from fastapi import APIRouter

from services.fabric.grid_card import NameOf, card
from services.fabric.model import OVERLAY_CODE
from services.fabric.people import Person
from services.fabric.snapshot import Fabric
from services.grids.api.overlays import Overlay
from services.grids.api.parameters import At, Reader, current, moment
from services.grids.domain.people import sees_card
from services.grids.errors import no_grid
from services.grids.repository import cards as repository
from services.grids.usecases.people import opened
from services.grids.usecases.publishing import Registry
from services.kit.keys import Caller
from services.kit.sealing import STAFF, Seal


def routes(registry: Registry) -> APIRouter:
    """To be laid before the grids' own, whose codes may hold a slash."""
    router = APIRouter(prefix="/grids/v1", tags=["网格一张图"])
    seal = Seal(registry.settings.secret.get_secret_value(), STAFF)

    @router.get(
        "/grids/{overlay}/{code:path}/card", summary="一个网格的卡片：一格一品、支部、网格长、成员、志愿者、家底"
    )
    async def get_card(overlay: Overlay, code: str, caller: Reader, at: At = None) -> dict[str, Any]:
        """灯色和三率是派单的数字，控制台把它们和这张卡片合在一起；姓名只给看得见这个人的密钥。"""
        when = moment(registry, at)
        fabric = current(registry).as_of(when)
        if not re.fullmatch(OVERLAY_CODE, overlay) or "\0" in code:
            raise no_grid()
        edition = fabric.grid(overlay, code, when)
        if edition is None:
            raise no_grid()
        told = await asyncio.to_thread(card, fabric, edition, when, _names(fabric, caller, seal))
        async with registry.db.reading() as tx:
            states = await repository.open_by_state(tx, overlay, code)
        return {**told, "open_cases": {"count": sum(states.values()), "by_state": states}}

    return router


def _names(fabric: Fabric, caller: Caller, seal: Seal) -> NameOf:
    own = fabric.below(caller.unit) if caller.unit else frozenset()

    def name_of(person: Person) -> str | None:
        return opened(seal, person).name if sees_card(caller.role, own, person.unit) else None

    return name_of
