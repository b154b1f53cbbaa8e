"""The month's figures of whistles as people and machines outside see them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.dispatch.domain.whistle.assessment import (
    Assessment,
    BlowerFigures,
    Means,
    StreetRate,
    UnitFigures,
    fate,
    means,
)
from services.dispatch.domain.whistle.model import Whistle
from services.fabric.snapshot import Fabric

MEANING = {
    "on_time_rate": "按时报到的次数 / 应报到且已到时限的次数（按时、迟到、未到；同意请辞、替补的不算）",
    "marks": "互评每一项的平均分（1 到 5），of 是评了几次",
    "rate": "本街道（含所属居民区、网格）吹的哨 / 本街道同期立案数；街道没同意的不算",
    "small_sample": "次数太少，只供参考",
}
_VERDICTS = {"too_few": "偏低", "fitting": "适中", "too_many": "偏高"}


class BehindOut(BaseModel):
    whistle_id: str
    case_id: str | None
    kind_name: str
    need: str
    address: str | None
    state: str
    blown_at: datetime
    blown_unit: str | None
    blown_name: str
    waiting: bool = Field(description="等街道同意")
    refused: bool = Field(description="街道没有同意")
    fate: str | None = Field(description="问的单位到得怎样")


class BehindPage(BaseModel):
    items: list[BehindOut]
    next: str | None


def behind_json(fabric: Fabric, whistle: Whistle, unit: str | None, now: datetime) -> dict[str, Any]:
    call = whistle.call(unit) if unit else None
    return {
        "whistle_id": whistle.whistle_id,
        "case_id": whistle.case_id,
        "kind_name": whistle.kind_name,
        "need": whistle.need,
        "address": whistle.meet.address or whistle.place.address,
        "state": whistle.state,
        "blown_at": whistle.blown_at.isoformat(),
        "blown_unit": whistle.blown_unit,
        "blown_name": fabric.unit_name(whistle.blown_unit) if whistle.blown_unit else "城运中心",
        "waiting": whistle.waiting,
        "refused": whistle.nod is not None and whistle.nod.state == "refused",
        "fate": fate(whistle, call, now) if call else None,
    }


def assessment_json(fabric: Fabric, found: Assessment) -> dict[str, Any]:
    rules = fabric.profile.whistle
    return {
        "meaning": MEANING,
        "rate_floor": rules.rate_floor,
        "rate_ceiling": rules.rate_ceiling,
        "units": [_unit(fabric, one) for one in found.units],
        "blowers": [_blower(fabric, one) for one in found.blowers],
        "streets": [_street(fabric, one) for one in found.streets],
    }


def _unit(fabric: Fabric, one: UnitFigures) -> dict[str, Any]:
    fates = {name: one.fates[name] for name in ("on_time", "late", "missing", "let_go", "open")}
    return {
        "unit": one.unit,
        "name": fabric.unit_name(one.unit),
        "called": one.called,
        **fates,
        "accepted": one.accepted,
        "declined": one.declined,
        "substituted": one.substituted,
        "done": one.done,
        "on_time_rate": round(one.fates["on_time"] / one.judged, 4) if one.judged else None,
        "marks": _means(means(fabric.profile.whistle.marks_of_unit, one.marks)),
        "small_sample": one.judged < fabric.profile.rates.small_sample,
    }


def _blower(fabric: Fabric, one: BlowerFigures) -> dict[str, Any]:
    return {
        "unit": one.unit or None,
        "name": fabric.unit_name(one.unit) if one.unit else "城运中心",
        "blown": one.blown,
        "waiting": one.waiting,
        "refused": one.refused,
        "cancelled": one.cancelled,
        "met": one.met,
        "exhausted": one.exhausted,
        "outside_catalogue": one.outside_catalogue,
        "marks": _means(means(fabric.profile.whistle.marks_of_whistle, one.marks)),
        "small_sample": one.blown < fabric.profile.rates.small_sample,
    }


def _street(fabric: Fabric, one: StreetRate) -> dict[str, Any]:
    return {
        "unit": one.street,
        "name": fabric.unit_name(one.street),
        "whistles": one.whistles,
        "cases": one.cases,
        "rate": one.rate,
        "verdict": one.verdict,
        "said": _VERDICTS[one.verdict] if one.verdict else None,
        "small_sample": one.cases < fabric.profile.rates.small_sample,
    }


def _means(found: Means) -> dict[str, Any]:
    return {"by": dict(found.means), "mean": found.mean, "of": found.of}
