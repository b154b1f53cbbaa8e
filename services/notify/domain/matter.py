"""What is kept of a case, so that a unit that comes later still learns what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.kit.contracts.cases import CaseOpened
from services.notify.domain.audience import NOBODY, Involved, Step, after

REPORT = "report"  # 举报


@dataclass(frozen=True, slots=True)
class Matter:
    """`confidential`: its words are for the lead alone; once so, always so."""

    title: str | None = None
    summary: str | None = None
    confidential: bool = False
    involved: Involved = NOBODY


UNKNOWN = Matter()


def matter_after(step: Step, before: Matter) -> Matter:
    involved = after(step, before.involved)
    if not isinstance(step, CaseOpened):
        return replace(before, involved=involved)
    confidential = before.confidential or step.confidential or step.kind == REPORT
    return Matter(step.title, step.summary, confidential, involved)


def as_json(matter: Matter) -> dict[str, Any]:
    return {
        "title": matter.title,
        "summary": matter.summary,
        "confidential": matter.confidential,
        "lead": matter.involved.lead,
        "assists": list(matter.involved.assists),
        "whistles": {whistle: list(units) for whistle, units in matter.involved.whistles.items()},
    }


def from_json(kept: Mapping[str, Any]) -> Matter:
    whistles = {whistle: tuple(units) for whistle, units in kept["whistles"].items()}
    involved = Involved(kept["lead"], tuple(kept["assists"]), whistles)
    return Matter(kept["title"], kept["summary"], kept["confidential"], involved)
