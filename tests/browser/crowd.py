"""A street's day in events: many cases over the whole ground, in all states, with whistles."""

import random
from datetime import timedelta

from services.fabric.resolve import resolve
from services.kit.contracts.envelope import Event
from tests.harness.zhenru import AT, places, zhenru
from tests.integration.console.story import Story, clock

_KINDS = (
    ("CS-01", "easy", "人行道共享单车乱停", "ZR-DUTY-1"),
    ("CS-02", "easy", "早餐摊占道", "ZR-DUTY-2"),
    ("GL-01", "key", "居民楼飞线充电", "ZR-DUTY-3"),
    ("GL-02", "hard", "底楼天井违法搭建", "ZR-DUTY-4"),
    ("GL-03", "key", "夜间卸货噪声", "ZR-DUTY-5"),
    ("FW-01", "key", "预付卡不退款", "ZR-MARKET-1"),
    ("FW-02", "easy", "楼道灯不亮", "PROP-1"),
    ("AQ-01", "emergency", "老人走失", "ZR-POLICE-1"),
    ("AQ-03", "key", "楼上漏水引起的邻里纠纷", "ZR-MEDIATION-1"),
)


def crowd(count: int, seed: int = 7) -> list[Event]:
    luck = random.Random(seed)
    return [event for number in range(count) for event in _one(number, luck)]


def _one(number: int, luck: random.Random) -> list[Event]:
    concern, case_class, title, lead = _KINDS[number % len(_KINDS)]
    where = luck.choice(places())
    found = resolve(zhenru(), where.lon, where.lat, AT)
    grids = {overlay: hit.grid for overlay, hit in found.overlays.items() if hit.grid}
    place = {"lon": where.lon, "lat": where.lat, "address": where.name, "zone": "block", "grids": grids}
    story = Story(f"case_{number:04}", AT - timedelta(minutes=luck.randrange(5, 2000)))
    events = story.opened(
        **{"class": case_class}, concern=concern, sub_concern=None, title=title, lead=lead, assists=["ZR-C17"],
        place=place, light="green", summary=f"{where.name}附近：{title}，请尽快处理",
    )  # fmt: skip
    fate = luck.random()
    if fate > 0.2:
        signed = clock("sign", story.at, story.at + timedelta(hours=2), "met")
        events.append(story.step("case.signed", timedelta(minutes=20), state="signed", clock=signed, text="已签收"))
    if fate > 0.4:
        events.append(story.step("case.contacted", timedelta(hours=1), state="in_progress", text="已电话联系市民"))
    if 0.5 < fate < 0.6:
        events.append(story.step("case.warned", timedelta(hours=1), light="yellow", text="快到办结时限"))
    if 0.6 < fate < 0.7:
        events.append(story.step("case.overdue", timedelta(hours=1), light="red", text="超过办结时限"))
    if number % 40 == 3:
        events.append(_whistle(story, number))
    if fate > 0.8:
        events.append(story.step("case.resolved", timedelta(hours=2), state="resolved", measures="已到现场处置"))
        said = luck.choice(["satisfied", "satisfied", "fair", "dissatisfied"])
        solved = said != "dissatisfied"
        events.append(story.step("case.feedback", timedelta(hours=1), resolved=solved, satisfaction=said))
    if fate > 0.9:
        events.append(story.step("case.closed", timedelta(hours=1), state="closed", text="结案"))
    return events


def _whistle(story: Story, number: int) -> Event:
    due = (AT + timedelta(hours=number % 3 - 1)).isoformat()
    calls = [
        {"unit": "ZR-POLICE-5", "state": "reported_in", "reported_at": story.at.isoformat()},
        {"unit": "ZR-MARKET-1", "state": "missing", "late": True, "escalated_to": ["ZR-MARKET", "QP"]},
        {"unit": "ZR-CITYLOOK", "state": "called"},
    ]
    return story.step(
        "whistle.blown", timedelta(minutes=5), whistle_id=f"wh_{number}", calls=calls, report_in_by=due,
        whistle_state="partly_met", need="联合检查夜间卸货",
    )  # fmt: skip
