"""Made orders of a day: every door, every kind of trouble, some ten thousand places. Made up, as the demo's are."""

import csv
import json
import random
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from services.fabric.profile import find_profile

# Estates are named with a house, so that a concern of theirs is not the same matter as the next house's.
HOUSES = 150
_KINDS = (("complaint", 6), ("help", 3), ("hazard", 2), ("report", 1), ("suggestion", 1), ("consult", 1))
# A caller in a hundred says something that nobody can place or name.
_UNCLEAR = ("那边又不行了，你们去看看", "还是上次那件事，怎么没人管", "有个事情想反映一下")
_ENDINGS = ("", "，请尽快处理", "，反映过几次了", "，影响出行", "，希望有人管管", "，老人小孩都不方便", "，天天这样")
_SINCE = ("", "从上周开始，", "这两天，", "每天早上，", "昨天夜里，", "周末，", "一个多月了，")


@cache
def _templates() -> dict[str, list[str]]:
    told: dict[str, list[str]] = json.loads((files("duoge.demo") / "templates.json").read_text("utf-8"))
    return told


@cache
def _places() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """(all, estates)."""
    rows = list(csv.DictReader((files("duoge.demo") / "zhenru" / "gazetteer.csv").read_text("utf-8").splitlines()))
    return rows, [row for row in rows if row["kind"] == "estate"]


@cache
def _doors() -> tuple[list[str], list[int]]:
    """Half come by the hotline."""
    channels = [channel.code for channel in find_profile("zhenru").channels if channel.code != "alarm_110"]
    return channels, [18] + [1] * (len(channels) - 1)


def made_orders(at: datetime, first: int, count: int, dice: random.Random) -> Iterator[dict[str, Any]]:
    """`count` reported at `at`, numbered from `first`."""
    templates = _templates()
    concerns = [concern for concern in templates if concern != "AQ-01"]
    places, estates = _places()
    channels, weights = _doors()
    for number in range(first, first + count):
        # Somebody gets lost every day, not every hour.
        concern = "AQ-01" if dice.random() < 0.003 else dice.choice(concerns)
        template = dice.choice(templates[concern])
        estate = "{estate}" in template
        place = dice.choice(estates if estate else places)
        name = f"{place['name']}{dice.randrange(1, HOUSES)}号楼" if place["kind"] == "estate" else place["name"]
        content = dice.choice(_SINCE) + template.format(place=name, estate=name) + dice.choice(_ENDINGS)
        if dice.random() < 0.01:
            content = dice.choice(_UNCLEAR)
        yield {
            "external_id": f"Q-{number:07d}",
            "channel": dice.choices(channels, weights)[0],
            "title": content[:20],
            "content": content,
            "reported_at": at.isoformat(),
            "location": _where(place, dice),
            "address": name,
            "reporter": {
                "name": "市民",
                "phone": f"199{dice.randrange(10**8):08d}",
                "anonymous": dice.random() < 0.05,
                "confidential": False,
            },
            "kind": dice.choices([kind for kind, _ in _KINDS], [weight for _, weight in _KINDS])[0],
        }


def _where(place: dict[str, str], dice: random.Random) -> dict[str, float] | None:
    """Every third comes with an address only; the others stand within some ten metres of it."""
    if dice.random() < 0.33:
        return None
    return {
        "lon": round(float(place["lon"]) + dice.uniform(-2e-4, 2e-4), 6),
        "lat": round(float(place["lat"]) + dice.uniform(-2e-4, 2e-4), 6),
    }
