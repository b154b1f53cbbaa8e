"""Made-up people and rosters of the Zhenru units, so that somebody is on duty."""

import json
from collections.abc import Callable
from importlib.resources import files

import httpx


async def load_staff(http: httpx.AsyncClient, say: Callable[[str], None]) -> None:
    """After the borders, for people are posted to grids. Where there are people already nothing is sent."""
    held = await http.get("/grids/v1/people", params={"limit": 1})
    held.raise_for_status()
    if held.json()["items"]:
        return
    told = json.loads((files("duoge.demo") / "zhenru" / "people.json").read_text("utf-8"))
    say("  装入人员和值班表（均为虚构） …")
    for part in ("people", "rosters"):
        (await http.put(f"/grids/v1/{part}", json=told[part])).raise_for_status()
