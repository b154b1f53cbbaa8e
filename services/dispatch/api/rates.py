"""三率 over HTTP, with the formula beside every number."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.dispatch.domain.rates import BadPeriod, Tally, period, rates_of, score_of, total
from services.dispatch.domain.standing import COMPREHENSIVE
from services.dispatch.errors import needed
from services.dispatch.repository.figures import By, tallies
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http.auth import allow
from services.kit.keys import SEE_ALL, Caller
from services.kit.problems import wrong


def router(db: Database, clock: Clock, copy: Copy[Fabric]) -> APIRouter:
    """`/dispatch/v1/rates`."""
    made = APIRouter(prefix="/dispatch/v1/rates", tags=["三率"])

    @made.get("", summary="三率和按期率")
    async def rates(
        caller: Annotated[Caller, Depends(allow(*SEE_ALL))],
        by: By = "unit",
        period_: Annotated[
            str | None, Query(alias="period", max_length=10, description="2026、2026-11、2026-11-23")
        ] = None,
    ) -> dict[str, Any]:
        """以办结期限落在这段时间里的案件计；没有写 period 的为本月。"""
        fabric = needed(copy.current)
        told = period_ or f"{clock.now().astimezone(fabric.calendar.tz):%Y-%m}"
        try:
            first, last = period(told)
        except BadPeriod:
            raise wrong("/period", "请写成 2026、2026-11 或 2026-11-23 的样子") from None
        async with db.reading() as tx:
            found = await tallies(tx, by, first, last, clock.now())
        rules = fabric.profile.rates
        items = [
            {"key": key, "name": _name(fabric, by, key), **_figures(fabric, tally)}
            for key, tally in sorted(found.items())
        ]
        return {
            "by": by,
            "period": told,
            "from": first.isoformat(),
            "to": last.isoformat(),
            "formula": rules.formula,
            "weights": {rate.code: rate.weight for rate in rules.rates},
            "meaning": {rate.code: f"{rate.over} / {rate.of}" for rate in rules.rates}
            | {"on_time": "按期办结的件数 / 到期件数"},
            "grounds": rules.excluded,
            "items": items,
            "total": _figures(fabric, total(found.values())),
            "next": None,
        }

    return made


def _figures(fabric: Fabric, tally: Tally) -> dict[str, Any]:
    rules = fabric.profile.rates
    found = rates_of(tally, rules)
    return {
        "cases": tally.cases,
        **{code: rate.as_json() for code, rate in found.items()},
        "score": score_of(found, rules),
        "small_sample": tally.cases < rules.small_sample,
        "excluded": dict(tally.excluded),
    }


def _name(fabric: Fabric, by: By, key: str) -> str:
    profile = fabric.profile
    if by == "street":
        return profile.home.street if not key else _grid_name(fabric, "street", key)
    if not key:
        return "未定"
    if by == "unit":
        return fabric.unit_name(key)
    if by == "concern":
        return profile.concern_name(key)
    if by == "channel":
        channel = profile.channel(key)
        return channel.name if channel else key
    return _grid_name(fabric, COMPREHENSIVE, key)


def _grid_name(fabric: Fabric, overlay: str, code: str) -> str:
    layer = fabric.overlays.get(overlay)
    return next((edition.name for edition in layer.editions if edition.code == code), code) if layer else code
