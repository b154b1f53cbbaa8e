"""兰溪路生鲜店: a noise at night, signed too late, a whistle that one misses, a citizen who is satisfied the second time."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.kit.clock import SHANGHAI
from tests.harness.whole import System, system
from tests.scenario.telling import tells

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
SHOP = {"lon": 121.407887, "lat": 31.242573}
PHONE, NAME = "13800001234", "王晓芳"
ORDER: dict[str, Any] = {
    "external_id": "SH12345-20261123-000123",
    "channel": "hotline_12345",
    "title": "夜间噪声",
    "content": f"我叫{NAME}，电话{PHONE}，兰溪路生鲜店每晚十一点后卸货,噪声很大,住在148弄12号302室",
    "reported_at": "2026-11-23T08:15:00+08:00",
    "location": SHOP,
    "address": "兰溪路生鲜店",
    "reporter": {"name": NAME, "phone": PHONE, "anonymous": False, "confidential": False},
    "kind": "complaint",
}

TOLD = """
    11-23 10:00 立案：噪声与油烟扰民·装卸货噪声，兰溪路生鲜店
    11-23 10:00 派真如责任网格5组主办，真如警务责任区4组、真如市场监管网格1组、真如市容服务队等协办
    11-23 11:30 黄灯：签收时限 11月23日 12:00 到，请真如责任网格5组抓紧
    11-23 11:30 自动催办：签收时限快到，请真如责任网格5组抓紧办理
    11-23 12:00 红灯：真如责任网格5组没有在 11月23日 12:00 前签收
    11-23 12:00 签收超期，由街道升级到区：真如责任网格5组转普陀区城市运行管理中心主办，真如责任网格5组继续协办
    11-23 12:20 真如责任网格5组签收
    11-23 12:20 真如责任网格5组已先行联系市民：已电话联系 [电话]
    11-23 12:20 吹响综合执法哨，请真如派出所、真如市场监管所、真如市容服务队于11月23日 17:00前到兰溪路生鲜店报到：联合检查夜间卸货
    11-23 12:20 真如派出所已报到
    11-23 12:20 真如市场监管所已报到
    11-23 17:00 真如市容服务队到时未报到
    11-23 17:00 真如市容服务队未报到，已上报真如镇街道办事处、普陀区绿化和市容管理局、普陀区城市运行管理中心
    11-23 17:01 真如市容服务队已报到（迟到）
    11-23 17:01 应到的3家单位全部到场，其中真如市容服务队迟到
    11-23 18:00 真如责任网格5组办结：店家承诺二十二时后不卸货，已贴告示。请兰溪综合网格核查
    11-23 23:30 真如镇街道城运中心核查通过：夜间到场核查，未见卸货
    11-24 09:00 市民评价：未解决，不满意
    11-24 09:00 市民评价未解决，重办，仍由普陀区城市运行管理中心主办
    11-24 09:00 真如责任网格5组签收
    11-24 09:00 真如责任网格5组已先行联系市民
    11-24 17:00 真如责任网格5组办结：店家承诺二十二时后不卸货，已贴告示。请兰溪综合网格核查
    11-25 08:00 真如镇街道城运中心核查通过：再次夜查，一夜安静
    11-25 08:50 市民评价：已解决，满意
    11-25 08:50 来源回访完成，市民认可
    11-25 08:50 市民认可办理结果，结案
"""


class Town:
    """The people of the story, each with a key of their own."""

    def __init__(self, town: System) -> None:
        self.town = town
        self.order_id = ""
        self.case_id = ""

    async def case(self) -> dict[str, Any]:
        desk = await self.town.visitor("duty_desk", "ZR-OPS")
        return dict(_ok(await desk.get(f"/dispatch/v1/cases/{self.case_id}")))

    async def act(self, who: httpx.AsyncClient, action: str, **more: Any) -> dict[str, Any]:
        answer = await who.post(f"/dispatch/v1/cases/{self.case_id}/actions", json={"action": action} | more)
        told = dict(_ok(answer))
        await self.town.drain()
        return told

    async def feedback(self, satisfaction: str) -> None:
        source = await self.town.visitor("source", source="sh12345")
        body = {"resolved": satisfaction != "dissatisfied", "satisfaction": satisfaction, "comment": ""}
        _ok(await source.post(f"/intake/v1/orders/{self.order_id}/feedback", json=body))
        await self.town.drain()

    async def feed(self, unit: str) -> list[dict[str, Any]]:
        desk = await self.town.visitor("duty_desk", "ZR-OPS")
        return list(_ok(await desk.get(f"/notify/v1/units/{unit}/events", params={"limit": 1000}))["items"])


def _ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json()


def _types(case: Mapping[str, Any]) -> list[str]:
    return [entry["type"] for entry in case["timeline"]]


@pytest.mark.timeout(240)
async def test_the_noisy_shop(database_url: str) -> None:
    async with system(database_url, at=MONDAY) as town:
        await _story(Town(town))


async def _story(people: Town) -> None:
    town = people.town
    lead, assists = await _reported_and_dispatched(people)
    squad = await town.visitor("department", lead)
    await _signed_too_late(people, squad)
    missing = await _whistle_that_one_misses(people, squad)
    evidence = {
        "measures": "店家承诺二十二时后不卸货，已贴告示",
        "evidence": ["photo:before", "photo:after", "note:visit"],
    }
    await town.advance(timedelta(minutes=59))
    await people.act(squad, "resolve", by="队员", **evidence)
    await town.advance(timedelta(hours=5, minutes=30))
    desk = await town.visitor("duty_desk", "ZR-OPS")
    await people.act(desk, "verify", note="夜间到场核查，未见卸货")
    await town.advance(timedelta(hours=9, minutes=30))
    await people.feedback("dissatisfied")
    case = await people.case()
    assert case["state"] == "reopened"
    for action in ("sign", "contact"):
        await people.act(squad, action)
    await town.advance(timedelta(hours=8))
    await people.act(squad, "resolve", **evidence)
    await town.advance(timedelta(hours=15))
    await people.act(desk, "verify", note="再次夜查，一夜安静")
    await town.advance(timedelta(minutes=50))
    await people.feedback("satisfied")
    await _told(people, lead, assists, missing)


async def _reported_and_dispatched(people: Town) -> tuple[str, list[str]]:
    town = people.town
    source = await town.visitor("source", source="sh12345")
    made = _ok(await source.post("/intake/v1/orders", json=ORDER))
    people.order_id = made["order_id"]
    await town.drain()
    order = _ok(await source.get(f"/intake/v1/orders/{people.order_id}"))
    assert order["classified"]["concern"] == "GL-03"
    assert order["status"] == "in_progress"
    people.case_id = order["case_id"]
    admin = await town.visitor("admin")
    here = _ok(await admin.get("/grids/v1/resolve", params=SHOP))["overlays"]
    case = await people.case()
    assert case["lead"] == here["duty"]["unit"]
    assert {here[overlay]["unit"] for overlay in ("police", "market", "community")} <= set(case["assists"])
    assert case["class"] == "key"
    assert case["decision"]["rule"]
    assert case["decision"]["reason"]
    return case["lead"], case["assists"]


async def _signed_too_late(people: Town, squad: httpx.AsyncClient) -> None:
    """Two working hours from ten: yellow at half past eleven, red at noon."""
    await people.town.advance(timedelta(minutes=95))
    case = await people.case()
    assert case["light"] == "yellow"
    assert _types(case).count("case.warned") == 1
    await people.town.advance(timedelta(minutes=45))
    case = await people.case()
    assert case["light"] == "red"
    assert _types(case).count("case.overdue") == 1
    await people.act(squad, "sign", by="值班员")
    case = await people.case()
    assert next(clock for clock in case["clocks"] if clock["kind"] == "sign")["state"] == "late"
    await people.act(squad, "contact", note=f"已电话联系 {PHONE}")


async def _whistle_that_one_misses(people: Town, squad: httpx.AsyncClient) -> str:
    town = people.town
    desk = await town.visitor("duty_desk", "ZR-OPS")
    units = ["ZR-POLICE", "ZR-MARKET", "ZR-CITYLOOK"]
    body = {
        "case_id": people.case_id,
        "kind": "joint_enforcement",
        "units": [*units, "ZR-POLICE"],
        "need": "联合检查夜间卸货",
    }
    whistle = _ok(await desk.post("/dispatch/v1/whistles", json=body))
    assert [call["unit"] for call in whistle["calls"]] == units
    where = f"/dispatch/v1/whistles/{whistle['whistle_id']}"
    for unit in units[:2]:
        station = await town.visitor("department", unit)
        _ok(await station.post(f"{where}/report-in", json={"unit": unit, "person": "带队干部", **SHOP}))
    await town.drain()
    assert _ok(await desk.get(where))["state"] == "open"
    due = datetime.fromisoformat(whistle["report_in_by"])
    await town.advance(due - town.clock.now() + timedelta(minutes=1))
    after = _ok(await desk.get(where))
    assert after["state"] == "partly_met"
    missed = next(call for call in after["calls"] if call["unit"] == units[2])
    assert missed["state"] == "missing"
    assert missed["escalated_to"]
    late = await town.visitor("department", units[2])
    _ok(await late.post(f"{where}/report-in", json={"unit": units[2], **SHOP}))
    await town.drain()
    met = _ok(await desk.get(where))
    assert met["state"] == "met"
    assert [call["late"] for call in met["calls"]] == [False, False, True]
    return units[2]


async def _told(people: Town, lead: str, assists: list[str], missing: str) -> None:
    case = await people.case()
    assert case["state"] == "closed"
    types = _types(case)
    for once in ("case.opened", "case.dispatched", "whistle.blown", "whistle.missing", "whistle.escalated", "whistle.met", "case.reopened", "case.closed"):  # fmt: skip
        assert types.count(once) == 1, (once, types)
    assert types.count("whistle.reported_in") == 3
    assert types.count("case.resolved") == 2
    in_order = [t for t in types if t in ("case.opened", "whistle.blown", "whistle.escalated", "case.reopened", "case.closed")]  # fmt: skip
    assert in_order == ["case.opened", "whistle.blown", "whistle.escalated", "case.reopened", "case.closed"]
    for entry in case["timeline"]:
        assert re.search(r"[\u4e00-\u9fff]", entry["text"]), entry
    tells(case, TOLD)
    fired = [entry for entry in case["timeline"] if entry["type"] in ("case.warned", "case.overdue")]
    assert len({entry["text"] for entry in fired}) == len(fired), "a clock fired twice"
    heard = await people.feed(lead)
    numbers = [event["sequence"] for event in heard if event["data"]["case_id"] == people.case_id]
    assert numbers == sorted(set(numbers))
    assert "duoge.case.closed.v1" in [event["type"] for event in heard]
    assert "duoge.whistle.blown.v1" in [event["type"] for event in await people.feed(missing)]
    everything = [*heard, *await people.feed(missing)]
    for assist in assists:
        everything += await people.feed(assist)
    for event in everything:
        written = str(event)
        assert PHONE not in written
        assert NAME not in written
        assert "302室" not in written
    source = await people.town.visitor("source", source="sh12345")
    order = _ok(await source.get(f"/intake/v1/orders/{people.order_id}"))
    assert order["status"] == "closed"
    assert order["satisfaction"] == "satisfied"
    assert order["progress"]
    assert PHONE not in str(order)
