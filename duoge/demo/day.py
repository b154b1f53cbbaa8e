"""A day of made orders: every channel, all twelve concerns, places from the demo gazetteer. Made up, and says so."""

import csv
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from services.fabric.profile import find_profile

ORDERS = 330
# Orders an hour from midnight: quiet nights, a morning and an evening peak.
_HOURS = (1, 1, 1, 1, 1, 2, 6, 14, 22, 26, 24, 18, 14, 18, 22, 22, 20, 20, 22, 24, 20, 14, 10, 7)
NOISY_SHOP = "兰溪路生鲜店"


@dataclass(frozen=True, slots=True)
class Made:
    at: datetime
    order: dict[str, Any]


def a_day(start: datetime) -> list[Made]:
    """24 hours from `start`, in order of time; the same start gives the same day."""
    dice = random.Random(start.isoformat())
    templates: dict[str, list[str]] = json.loads((files("duoge.demo") / "templates.json").read_text("utf-8"))
    places = list(csv.DictReader((files("duoge.demo") / "zhenru" / "gazetteer.csv").read_text("utf-8").splitlines()))
    estates = [place for place in places if place["kind"] == "estate"]
    concerns = list(templates)
    channels = [channel.code for channel in find_profile("zhenru").channels]
    # Half come by the hotline, as on a real day; the rest is spread over all other doors.
    weights = (18,) + (1,) * (len(channels) - 1)
    moments = sorted(start + timedelta(seconds=_seconds(dice, start)) for _ in range(ORDERS))
    made = [_noisy_shop(start + timedelta(hours=2, minutes=20))]
    for number, at in enumerate(moments):
        # The first orders go through every concern and channel once, so that even a short look shows them all.
        concern = concerns[number % 12] if number < 24 else dice.choice(concerns)
        channel = channels[number] if number < len(channels) else dice.choices(channels, weights)[0]
        template = dice.choice(templates[concern])
        place = dice.choice(estates if "{estate}" in template else places)
        made.append(_order(at, f"DEMO-{start:%Y%m%d}-{number:04d}", channel, template, place, dice))
    return sorted(made, key=lambda each: each.at)


def _seconds(dice: random.Random, start: datetime) -> float:
    hour = dice.choices(range(24), [_HOURS[(start.hour + ahead) % 24] for ahead in range(24)])[0]
    return hour * 3600 + dice.random() * 3600


def _order(
    at: datetime, external_id: str, channel: str, template: str, place: dict[str, str], dice: random.Random
) -> Made:
    content = template.format(place=place["name"], estate=place["name"])
    # Every third order comes with an address only, as a phone call does.
    location = None if dice.random() < 0.33 else {"lon": float(place["lon"]), "lat": float(place["lat"])}
    phone = f"1990000{dice.randrange(10000):04d}"
    return Made(
        at,
        {
            "external_id": external_id,
            "channel": channel,
            "title": content.split(",")[0],
            "content": content,
            "reported_at": at.isoformat(),
            "location": location,
            "address": place["name"],
            "reporter": {"name": "演示市民", "phone": phone, "anonymous": False, "confidential": False},
            "kind": dice.choices(("complaint", "help", "report", "hazard", "suggestion"), (6, 3, 1, 2, 1))[0],
        },
    )


def _noisy_shop(at: datetime) -> Made:
    place = {"name": NOISY_SHOP, "lon": "121.407887", "lat": "31.242573"}
    text = "{place}每晚十一点后卸货,噪声很大,居民没法睡"
    return _order(at, f"DEMO-{at:%Y%m%d}-SHOP", "hotline_12345", text, place, random.Random(1))
