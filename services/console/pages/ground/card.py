"""The card of a grid: what the fabric knows of it, and its cases and rates from the console's own read model."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from services.console.domain.visibility import Scope, names
from services.console.domain.wording import LIGHTS
from services.console.pages.ground.profile import CARDS
from services.console.visit import Visit
from services.fabric.grid_card import NameOf, card
from services.fabric.people import Person
from services.fabric.rates import Report
from services.kit.sealing import STAFF, Seal


async def card_of(visit: Visit, overlay: str, code: str) -> dict[str, Any] | None:
    """None for a grid that is not there, or not in force now."""
    now, fabric = visit.room.clock.now(), visit.room.copy.current
    here = fabric.as_of(now) if fabric is not None else None
    edition = here.grid(overlay, code, now) if here is not None else None
    if here is None or edition is None:
        return None
    told = await asyncio.to_thread(card, here, edition, now, _namer(visit))
    lights = _lights(visit, overlay, code)
    return {
        "overlay": overlay,
        "code": code,
        "name": told["name"],
        "overlay_name": told["overlay_name"],
        "facts": _facts(told),
        "lights": [(light, word, lights.get(light, 0)) for light, word in LIGHTS.items()],
        "rates": await _rates(visit, overlay, code),
        "people": told["members"]["people"],
    }


def _facts(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    chief, branch = told["chief"], told["party_branch"]
    beneath = [f"{one['name']} {one['grids']} 个" for one in told["beneath"].values()]
    return [
        ("编码", told["code"]),
        ("一格一品", told["theme"] or ""),
        ("网格第一题", told["first_question"] or ""),
        ("党建品牌", told["brand"] or ""),
        ("党支部", branch["name"] if branch else ""),
        ("责任单位", told["unit"]["name"] if told["unit"] else ""),
        ("网格长", (chief["name"] or chief["code"] or "") if chief else ""),
        ("成员", f"{told['members']['count']} 名"),
        ("志愿者", f"{told['volunteers']['count']} 名"),
        ("志愿队", "、".join(team["name"] for team in told["volunteers"]["teams"])),
        ("户数", "" if told["households"] is None else f"{told['households']} 户"),
        ("常住人口", "" if told["residents"] is None else f"{told['residents']} 人"),
        ("商铺", f"{told['shops']} 家"),
        ("楼宇", f"{told['buildings']} 栋"),
        ("小区", f"{told['estates']} 个"),
        ("下辖", "，".join(beneath)),
    ]


async def _rates(visit: Visit, overlay: str, code: str) -> Report | None:
    """Counted over the comprehensive grid's own cases, whoever leads them; None for another or one out of reach."""
    scope = visit.scope
    if overlay != CARDS or not (scope.everything or code in scope.grids):
        return None
    return await visit.room.rates_for_screens(Scope(grids=frozenset({code})), "month")


def _lights(visit: Visit, overlay: str, code: str) -> Counter[str]:
    """Of the open cases that the visitor sees."""
    seen = visit.room.seen(visit.scope)
    return Counter(row.light for row in seen if row.closed_at is None and row.grids.get(overlay) == code)


def _namer(visit: Visit) -> NameOf:
    seal = Seal(visit.room.settings.secret.get_secret_value(), STAFF)

    def name_of(person: Person) -> str | None:
        if not names(visit.caller.role, visit.scope, person.unit):
            return None
        return str(seal.open_json(person.code, person.sealed)["name"])

    return name_of
