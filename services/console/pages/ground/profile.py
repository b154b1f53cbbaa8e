"""The city's profile in force, and how the grids stand to its norms."""

from datetime import datetime
from typing import Any

from services.fabric.norms import Ground, headcount, judge
from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric

CARDS = "comprehensive"
MOST_OUTSIDE = 50
_CLOCKS = ("sign", "contact", "on_site", "resolve")


def standards(fabric: Fabric, now: datetime) -> dict[str, Any]:
    """For the page of standards. `fabric` as of `now`; a big one takes a second, in a thread."""
    in_force = {
        code: [edition for edition in layer.editions if edition.in_force(now)]
        for code, layer in fabric.overlays.items()
    }
    norms = judge(fabric.profile, Ground(in_force, fabric.units, headcount(fabric.people.values(), now)))
    return {
        "facts": facts(fabric.profile),
        "clocks": clocks(fabric.profile),
        "norms": norms,
        "most": MOST_OUTSIDE,
        "cards_name": fabric.profile.overlay_name(CARDS),
        "cards": [
            {"code": edition.code, "name": edition.name, "theme": edition.properties.get("theme") or ""}
            for edition in in_force.get(CARDS, [])
        ],
    }


def facts(profile: Profile) -> list[tuple[str, str]]:
    base = f"{profile.extends} 第 {profile.extends_version} 版" if profile.extends else "无"
    return [
        ("名称", profile.title),
        ("版本", f"{profile.name} 第 {profile.version} 版"),
        ("以谁为底", base),
        ("层级", " → ".join(level.name for level in profile.ladder)),
        ("步骤", " → ".join(step.name for step in profile.steps)),
        ("哨型", "、".join(kind.name for kind in profile.whistle_kinds)),
        ("三率", profile.rates.formula),
    ]


def clocks(profile: Profile) -> list[list[str]]:
    return [
        [rules.name, *(span.text() if (span := getattr(rules, kind)) else "—" for kind in _CLOCKS)]
        for rules in profile.classes.values()
    ]
