"""The people of the demonstration: units that sign, call, go and resolve; citizens who judge; two whistles.

Nothing is remembered here: what somebody does next follows from the case as the system shows it and from the clock,
so that a killed demonstration goes on where it was.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from duoge.demo.day import NOISY_SHOP
from services.kit.clock import Clock

_MEASURES = "已到现场处置并向市民说明情况"


@dataclass(frozen=True, slots=True)
class Step:
    """From `state`, after `minutes` since the case was dispatched (spread by the case's own luck), do `action`; `once`:
    only while the clock of that kind waits for it."""

    state: str
    action: str
    minutes: tuple[int, int]
    body: dict[str, Any]
    once: str | None = None


# One in ten is slow by nature (see `_luck`), so that yellow and red lights show.
_STEPS = (
    Step("dispatched", "sign", (3, 50), {}),
    Step("reopened", "sign", (3, 50), {}),
    Step("signed", "contact", (20, 110), {"note": "已电话联系市民"}, once="contact"),
    Step("signed", "progress", (60, 200), {"note": "已到现场，正在处置"}),
    Step("in_progress", "resolve", (120, 420), {"measures": _MEASURES, "evidence": ["photo:before", "photo:after"]}),
    Step("resolved", "verify", (150, 500), {"note": "网格员现场核查属实"}),
)
_SLOW = timedelta(hours=5)
_HURRY = 12


class Actors:
    def __init__(self, http: httpx.AsyncClient, source: str, clock: Clock, start: datetime) -> None:
        self._http = http
        self._source = source
        self._clock = clock
        self._start = start

    async def act(self) -> list[str]:
        """One round; returns what is worth a line on the screen."""
        said: list[str] = []
        for step in _STEPS:
            for case in await self._cases(step.state):
                if self._is_time(case, step):
                    await self._do(case, step)
        for case in await self._cases("verified"):
            await self._judge(case)
        said += await self._met_whistle()
        said += await self._missed_whistle()
        return said

    async def _cases(self, state: str, **more: Any) -> list[dict[str, Any]]:
        answer = await self._http.get("/dispatch/v1/cases", params={"state": state, "limit": 200, **more})
        answer.raise_for_status()
        return list(answer.json()["items"])

    def _is_time(self, case: dict[str, Any], step: Step) -> bool:
        started = max(
            (datetime.fromisoformat(c["started"]) for c in case["clocks"] if c["kind"] == "sign"), default=self._start
        )
        waiting = {clock["kind"] for clock in case["clocks"] if clock["state"] in ("running", "overdue")}
        if step.once is not None and step.once not in waiting:
            return False
        earliest, latest = step.minutes
        wait = timedelta(minutes=earliest + (latest - earliest) * _luck(case["case_id"], step.action))
        if case["class"] == "emergency":
            wait /= _HURRY
        elif _luck(case["case_id"], "slow") < 0.1:
            wait += _SLOW
        return self._clock.now() >= started + wait

    async def _do(self, case: dict[str, Any], step: Step) -> None:
        # Somebody else (a visitor with a key) may have been faster: a refusal is the system's right answer.
        verifies = step.action == "verify"
        doer = case["verifier"] or "QP" if verifies else case["lead"]
        await self._http.post(
            f"/dispatch/v1/cases/{case['case_id']}/actions",
            json={"action": step.action, "unit": doer, "by": "演示网格员" if verifies else "演示人员"} | step.body,
        )

    async def _judge(self, case: dict[str, Any]) -> None:
        luck = _luck(case["case_id"], "judge")
        verdict = "satisfied" if luck < 0.8 else "fair" if luck < 0.92 else "dissatisfied"
        for order in case["orders"][:1]:
            await self._http.post(
                f"/intake/v1/orders/{order}/feedback",
                json={"resolved": verdict != "dissatisfied", "satisfaction": verdict, "comment": ""},
                headers={"Authorization": f"Bearer {self._source}"},
            )

    async def _met_whistle(self) -> list[str]:
        """The noisy shop: the grid chief calls police, market and the look-of-the-city squad; all come."""
        whistle = await self._whistle(
            self._start + timedelta(hours=3, minutes=30), "协调卸货噪声整治（演示）", NOISY_SHOP
        )
        if whistle is None:
            return []
        for call in whistle["calls"]:
            if call["state"] in ("called", "accepted"):
                await self._report_in(whistle, call["unit"])
        return [f"吹哨「{whistle['need']}」：{'全部报到' if whistle['state'] == 'met' else '等待报到'}"]

    async def _missed_whistle(self) -> list[str]:
        """An afternoon whistle that its last unit misses: it climbs to parent, guide and district."""
        whistle = await self._whistle(self._start + timedelta(hours=8), "联合检查飞线充电（演示）", "飞线")
        if whistle is None:
            return []
        for call in whistle["calls"][:-1]:
            if call["state"] in ("called", "accepted"):
                await self._report_in(whistle, call["unit"])
        missing = [call["unit"] for call in whistle["calls"] if call["escalated_to"]]
        return [f"吹哨「{whistle['need']}」：{'、'.join(missing) + ' 未到，已升级' if missing else '等待报到'}"]

    async def _report_in(self, whistle: dict[str, Any], unit: str) -> None:
        await self._http.post(
            f"/dispatch/v1/whistles/{whistle['whistle_id']}/vouch", json={"unit": unit, "person": "演示网格长"}
        )

    async def _whistle(self, at: datetime, need: str, words: str) -> dict[str, Any] | None:
        """The whistle with this need, blown on the first fitting case once it is time."""
        if self._clock.now() < at:
            return None
        listed = (await self._http.get("/dispatch/v1/whistles", params={"limit": 200})).json()["items"]
        for whistle in listed:
            if whistle["need"] == need:
                return dict(whistle)
        for state in ("in_progress", "signed", "dispatched", "resolved"):
            for case in await self._cases(state, q=words):
                answer = await self._http.post(
                    "/dispatch/v1/whistles",
                    json={
                        "case_id": case["case_id"],
                        "kind": "daily",
                        "units": [unit for unit in ("ZR-POLICE", "ZR-MARKET", "ZR-CITYLOOK") if unit != case["lead"]],
                        "need": need,
                    },
                )
                if answer.status_code == 201:
                    return dict(answer.json())
        return None


def _luck(case_id: str, what: str) -> float:
    """A number in [0, 1) that stays the same for this case and this matter."""
    return int.from_bytes(hashlib.sha256(f"{case_id}/{what}".encode()).digest()[:4], "big") / 2**32
