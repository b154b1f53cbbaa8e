"""Rates in and out: figures with their formula, the cases behind them, exclusions."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.dispatch.domain.rehearsing import Move
from services.dispatch.domain.standing import COMPREHENSIVE
from services.dispatch.repository.exclusions import ByRule, Exclusion
from services.dispatch.repository.figures import By, Counted
from services.dispatch.repository.formulas import Formula
from services.dispatch.schemas.cases import Short, Words
from services.dispatch.schemas.follow_up import Said
from services.fabric.rates import Figure, Rate, Report, parts, tally_of
from services.fabric.rules import Rates
from services.fabric.snapshot import Fabric


class ExclusionIn(BaseModel):
    """报批剔除。"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case_id: Annotated[Short, Field(min_length=1)]
    ground: Annotated[Short, Field(min_length=1, description="城市方案 rates.excluded 里的编码")]
    reason: Annotated[Words, Field(min_length=1, description="为什么该剔除")]
    evidence: Annotated[list[Annotated[Words, Field(min_length=1)]], Field(min_length=1, max_length=50)] = Field(
        description="证据：材料的名字、编号或地址"
    )


class DecisionIn(BaseModel):
    """上级审批。"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    approved: Annotated[bool, Field(strict=True)]
    note: Words = Field(default="", description="不批准时写明原因")


class TakeBackIn(BaseModel):
    """撤销批准过的剔除。"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Said = Field(description="为什么撤销")


def report_json(found: Report, rules: Rates) -> dict[str, Any]:
    """Each number with what it is made of, its weight, and whether it is of few."""
    return {
        "cases": found.cases,
        **{figure.code: _figure(figure) for figure in found.all},
        "score": None if found.score is None else round(found.score, 2),
        "waiting": found.waiting,
        "small_sample": found.cases < rules.small_sample,
        "excluded": dict(found.excluded),
    }


def formula_json(kept: Formula | None, rules: Rates, current: Rates) -> dict[str, Any]:
    """The formula, its weights and meaning; and which time it is of."""
    if kept is None:
        note = "这段时间以前没有留存当时的公式，按现行公式计"
    elif rules != current:
        note = "按当时的公式计，和现行的不同"
    else:
        note = "就是现行的公式"
    return {
        "formula": rules.formula,
        "weights": {rate.code: rate.weight for rate in rules.rates},
        "meaning": {rate.code: f"{rate.over} / {rate.of}" for rate in rules.rates}
        | {"on_time": "按期办结的件数 / 到期件数"},
        "grounds": rules.excluded,
        "formula_of": {
            "since": kept.since.isoformat() if kept else None,
            "profile": kept.profile if kept else None,
            "profile_version": kept.profile_version if kept else None,
            "fabric_version": kept.fabric_version if kept else None,
            "current": rules == current,
            "note": note,
        },
    }


def counted_json(one: Counted, rate: Rate | None, fabric: Fabric, rules: Rates, titled: bool) -> dict[str, Any]:
    """`counts`: what the case adds to the rate's two numbers."""
    facts = one.facts
    counts = parts(tally_of(facts), rules)[rate] if rate else (0.0, 0)
    return {
        "case_id": one.case_id,
        "title": one.title if titled or not one.confidential else "（举报件，内容不公开）",
        "state": one.state,
        "unit": one.unit,
        "unit_name": fabric.unit_name(one.unit),
        "lead": one.lead,
        "due": one.due.isoformat(),
        "contact": facts.contact,
        "resolve": facts.resolve,
        "answered": facts.answered,
        "solved": facts.solved,
        "satisfied": facts.satisfied,
        "fair": facts.fair,
        "recurred": facts.recurred,
        "excluded": facts.excluded,
        "excluded_name": rules.excluded.get(facts.excluded, facts.excluded) if facts.excluded else None,
        "counts": {"numerator": counts[0], "denominator": counts[1]},
    }


def move_json(move: Move, shown: Counted, fabric: Fabric, titled: bool) -> dict[str, Any]:
    return {
        "case_id": move.one.case_id,
        "title": shown.title if titled or not shown.confidential else "（举报件，内容不公开）",
        "state": move.one.state,
        "unit": move.one.unit,
        "unit_name": fabric.unit_name(move.one.unit),
        "due": move.one.due.isoformat(),
        "todo": [{"do": code, "text": said} for code, said in move.steps],
        "gain": move.gain,
        "moves": dict(move.moves),
    }


def exclusion_json(one: Exclusion, fabric: Fabric) -> dict[str, Any]:
    return {
        "exclusion_id": one.exclusion_id,
        "case_id": one.case_id,
        "ground": one.ground,
        "ground_name": fabric.profile.rates.excluded.get(one.ground, one.ground),
        "state": one.state,
        "reason": one.reason,
        "evidence": list(one.evidence),
        "asked_at": one.asked_at.isoformat(),
        "asked_by": one.asked_by,
        "asked_unit": one.asked_unit,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
        "decided_by": one.decided_by,
        "note": one.note,
        "taken_back_at": one.taken_back_at.isoformat() if one.taken_back_at else None,
        "taken_back_by": one.taken_back_by,
        "taken_back_for": one.taken_back_for,
    }


def by_rule_json(one: ByRule, fabric: Fabric) -> dict[str, Any]:
    return {
        "case_id": one.case_id,
        "ground": one.ground,
        "ground_name": fabric.profile.rates.excluded.get(one.ground, one.ground),
        "state": "by_rule",
        "unit": one.unit,
        "due": one.due.isoformat(),
    }


def key_name(fabric: Fabric, by: By, key: str) -> str:
    """What people call the key of a group."""
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
    return _grid_name(fabric, COMPREHENSIVE, key) if by == "grid" else key


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "rate": None if figure.value is None else round(figure.value, 4),
        "weight": figure.weight,
        "formula": f"{figure.over} ÷ {figure.of}",
        "small_sample": figure.small,
    }


def _grid_name(fabric: Fabric, overlay: str, code: str) -> str:
    layer = fabric.overlays.get(overlay)
    return next((edition.name for edition in layer.editions if edition.code == code), code) if layer else code
