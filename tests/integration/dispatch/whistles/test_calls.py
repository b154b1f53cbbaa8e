"""A whistle from blowing to release, over HTTP, with its events on the bus."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.harness.zhenru import AT, SHOP
from tests.integration.dispatch.whistles.house import HERE, WHISTLES, House

# Some 330 metres east of the shop.
FAR = {"lon": SHOP[0] + 0.0035, "lat": SHOP[1]}


def call(whistle: dict[str, Any], unit: str) -> dict[str, Any]:
    return next(dict(each) for each in whistle["calls"] if each["unit"] == unit)


async def test_from_blowing_to_release(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET")
    assert whistle["state"] == "open"
    assert whistle["case_id"] is None
    assert whistle["report_in_by"].startswith("2026-11-23T09:00:00")
    assert call(whistle, "ZR-POLICE")["state"] == "called"
    assert (await house.act(whistle, "accept", "ZR-POLICE")).json()["calls"][0]["state"] == "accepted"
    assert (await house.comes(whistle, "ZR-POLICE"))["state"] == "open"
    met = await house.comes(whistle, "ZR-MARKET")
    assert met["state"] == "met"
    assert call(met, "ZR-MARKET")["reported_at"] is not None
    early = await house.by(house.desk, whistle, "release")
    assert early.status_code == 409
    assert early.json()["state"] == "met"
    assert "真如派出所、真如市场监管所还没有完成" in early.json()["detail"]
    for unit in ("ZR-POLICE", "ZR-MARKET"):
        assert (await house.act(whistle, "done", unit, note="已查")).status_code == 200
    over = await house.by(house.desk, whistle, "release")
    assert over.json()["state"] == "released"
    assert await house.names(whistle) == [
        ("whistle.blown", None),
        ("whistle.accepted", "ZR-POLICE"),
        ("whistle.reported_in", "ZR-POLICE"),
        ("whistle.reported_in", "ZR-MARKET"),
        ("whistle.met", None),
        ("whistle.done", "ZR-POLICE"),
        ("whistle.done", "ZR-MARKET"),
        ("whistle.released", None),
    ]
    events = await house.told(whistle)
    assert [event.sequence for event in events] == list(range(1, 9))
    assert {event.subject for event in events} == {whistle["whistle_id"]}
    read = await house.read(whistle)
    assert [line["text"] for line in read["timeline"]] == [event.data["text"] for event in events]
    assert read["timeline"][2]["text"] == "真如派出所已报到"
    assert read["timeline"][0]["text"] == (
        "吹响综合执法哨，请真如派出所、真如市场监管所于11月23日 17:00前到兰溪路生鲜店报到：联合检查夜间卸货"
    )


async def test_the_whistle_of_a_case_stands_in_its_timeline(house: House) -> None:
    case_id = await house.case()
    whistle = await house.blow("ZR-POLICE", "ZR-DUTY-3", case_id=case_id)
    assert whistle["meet"]["lon"] == SHOP[0]
    await house.comes(whistle, "ZR-POLICE")
    await house.comes(whistle, "ZR-DUTY-3")
    events = [event for event in await house.one.events("duoge.cases") if event.subject == case_id]
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert [event.name for event in events][1:] == [
        "whistle.blown",
        "whistle.reported_in",
        "whistle.reported_in",
        "whistle.met",
    ]
    assert events[-1].data["lead"] == "ZR-DUTY-3"
    assert events[-1].data["case_id"] == case_id
    assert len((await house.read(whistle))["timeline"]) == 4


async def test_by_default_those_of_the_ground_and_the_assists_are_called(house: House) -> None:
    case_id = await house.case()
    whistle = await house.blow(case_id=case_id)
    units = [each["unit"] for each in whistle["calls"]]
    assert "ZR-CITYLOOK" in units
    for family in ("ZR-POLICE-", "ZR-MARKET-", "ZR-DUTY-", "ZR-FIRE-", "ZR-C", "ZR-G4"):
        assert any(unit.startswith(family) for unit in units), family
    assert len(units) == len(set(units))
    assert "ZR-OPS" not in units


async def test_what_is_null_is_as_if_not_there(house: House) -> None:
    body = {"kind": "daily", "place": HERE, "units": None, "need": None, "meet": None, "report_in_by": None}
    answer = await house.desk.post(WHISTLES, json=body | {"case_id": None})
    assert answer.status_code == 201, answer.text
    step = {"person": None, "lon": None, "lat": None, "note": None}
    unit = answer.json()["calls"][0]["unit"]
    assert (await house.act(answer.json(), "accept", unit, **step)).status_code == 200


@pytest.mark.parametrize(
    "body", [[], "x", 1, None, {"unit": 7}, {"note": "查\u0000"}, {"person": "x" * 65}, {"lon": "1"}]
)
async def test_a_step_that_can_not_be_read_is_refused(house: House, body: Any) -> None:
    whistle = await house.blow("ZR-POLICE")
    police = await house.unit("ZR-POLICE")
    answer = await police.post(f"{WHISTLES}/{whistle['whistle_id']}/report-in", json=body)
    assert answer.status_code == 422, answer.text


async def test_nobody_is_missing_before_they_are_to_meet(house: House) -> None:
    later, sooner = "2026-11-30T10:00:00+08:00", "2026-11-23T11:00:00+08:00"
    for at, by in ((later, "2026-11-30T10:00:00+08:00"), (sooner, "2026-11-23T17:00:00+08:00")):
        whistle = await house.blow("ZR-POLICE", meet={**HERE, "at": at})
        assert datetime.fromisoformat(whistle["report_in_by"]) == datetime.fromisoformat(by)


async def test_doubles_are_one(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET", "ZR-POLICE")
    assert [each["unit"] for each in whistle["calls"]] == ["ZR-POLICE", "ZR-MARKET"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"units": ["ZR-POLICE", "NOBODY"]}, "/units/1"),
        ({"units": ["ZR-OPS"]}, "/units/0"),
        ({"units": ["不是编码"]}, "/units/0"),
        ({"units": "ZR-POLICE"}, "/units"),
        ({"kind": "party"}, "/kind"),
        ({"place": {"lon": 116.4, "lat": 39.9}}, "/place/lon"),
        ({"meet": {"lon": 116.4, "lat": 39.9}}, "/meet/lon"),
        ({"report_in_by": "2026-11-23T09:59:00+08:00"}, "/report_in_by"),
        ({"report_in_by": "2026-11-24"}, "/report_in_by"),
        ({"report_in_by": "2026-11-24T10:00:00"}, "/report_in_by"),
        ({"report_in_by": "2099-11-24T10:00:00+08:00"}, "/report_in_by"),
        ({"report_in_by": "9999-12-31T23:59:59-08:00"}, "/report_in_by"),
        ({"place": {"lon": SHOP[1], "lat": SHOP[0]}}, "/place/lon"),
        ({"place": {"lon": 121.4}}, "/place/lat"),
        ({"place": {"lon": "121.4", "lat": 31.2}}, "/place/lon"),
        ({"place": {}}, "/place"),
        ({"place": {"address": "哪里也不是"}}, "/meet"),
        ({"place": None}, "/place"),
        ({"case_id": "case_1"}, "/place"),
        ({"meet": {"lon": 0, "lat": 0}}, "/meet/lon"),
        ({"need": "查\u0000"}, "/need"),
        ({"need": "查" * 2001}, "/need"),
        ({"surplus": 1}, "/surplus"),
        ({"meet": {**HERE, "crs": "mars"}}, "/meet/crs"),
        ({"meet": {"lon": 1e308, "lat": 31.2}}, "/meet/lon"),
        ({"meet": {**HERE, "at": "昨天"}}, "/meet/at"),
        ({"meet": {**HERE, "at": "2026-11-23T08:30:00+08:00"}}, "/meet/at"),
        ({"meet": {**HERE, "at": "2060-11-23T08:30:00+08:00"}}, "/meet/at"),
    ],
)
async def test_what_is_wrong_is_pointed_at(house: House, change: dict[str, Any], pointer: str) -> None:
    body = {"kind": "daily", "place": HERE, "units": ["ZR-POLICE"]} | change
    answer = await house.desk.post(WHISTLES, json=body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_place_named_by_its_address_is_found(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", place={"address": "兰溪路生鲜店"})
    assert abs(whistle["meet"]["lon"] - SHOP[0]) < 0.001
    assert whistle["place"]["grids"]["comprehensive"]


async def test_other_datums_are_taken(house: House) -> None:
    gcj = {"lon": 121.412445, "lat": 31.240537, "crs": "gcj02"}
    whistle = await house.blow("ZR-POLICE", place=gcj)
    assert abs(whistle["place"]["lon"] - SHOP[0]) < 0.001


async def test_no_whistle_for_a_case_that_is_over_or_unknown_or_not_to_be_seen(house: House) -> None:
    over = await house.case("case_over", state="closed")
    body = {"kind": "daily", "case_id": over, "units": ["ZR-POLICE"]}
    answer = await house.desk.post(WHISTLES, json=body)
    assert answer.status_code == 409
    assert answer.json()["state"] == "closed"
    assert (await house.desk.post(WHISTLES, json=body | {"case_id": "case_none"})).status_code == 404
    stranger = await house.unit("OWN-GAS")
    assert (await stranger.post(WHISTLES, json=body)).status_code == 404


async def test_an_idempotency_key_blows_once(house: House) -> None:
    body = {"kind": "daily", "place": HERE, "units": ["ZR-POLICE"]}
    headers = {"Idempotency-Key": "once"}
    first = await house.desk.post(WHISTLES, json=body, headers=headers)
    again = await house.desk.post(WHISTLES, json=body, headers=headers)
    other = await house.desk.post(WHISTLES, json=body | {"kind": "key_work"}, headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert len(await house.told(first.json())) == 1
    at_once = await asyncio.gather(
        *(house.desk.post(WHISTLES, json=body, headers={"Idempotency-Key": "twice"}) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in at_once) == [200, 200, 201]
    assert len({answer.json()["whistle_id"] for answer in at_once}) == 1


@pytest.mark.parametrize(
    ("role", "unit", "kind", "called", "status"),
    [
        ("supervisor", "QP", "daily", "ZR-POLICE", 201),
        ("department", "ZR-POLICE", "daily", "ZR-OPS", 201),
        ("department", None, "daily", "ZR-OPS", 403),
        ("grid_chief", "ZR-G4", "daily", "ZR-POLICE", 201),
        ("grid_chief", "ZR-G4", "daily", "QP-POLICE", 201),
        ("grid_chief", "ZR-G4", "emergency", "QP-POLICE", 201),
        ("community", "ZR-C16", "daily", "ZR-POLICE", 201),
        ("community", "ZR-C16", "emergency", "ZR-POLICE", 201),
        ("grid_member", "ZR-G4", "emergency", "ZR-POLICE", 403),
        ("volunteer", "ZR-G4-VOL", "emergency", "ZR-POLICE", 403),
        ("source", None, "daily", "ZR-POLICE", 403),
        ("auditor", None, "daily", "ZR-POLICE", 403),
    ],
)
async def test_who_may_blow(house: House, role: str, unit: str | None, kind: str, called: str, status: int) -> None:
    who = await house.one.visitor(role, unit=unit)
    answer = await who.post(WHISTLES, json={"kind": kind, "place": HERE, "units": [called]})
    assert answer.status_code == status, answer.text


async def test_report_in_is_at_the_meeting_point(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    far = await house.act(whistle, "report-in", "ZR-POLICE", **FAR)
    assert far.status_code == 422
    assert "离集合点约 333 米，超过 200 米" in far.json()["detail"]
    nowhere = await house.act(whistle, "report-in", "ZR-POLICE")
    assert nowhere.status_code == 422
    assert nowhere.json()["errors"][0]["pointer"] == "/lon"
    swapped = await house.act(whistle, "report-in", "ZR-POLICE", lon=SHOP[1], lat=SHOP[0])
    assert swapped.status_code == 422
    assert (await house.comes(whistle, "ZR-POLICE"))["state"] == "met"


async def test_the_same_report_in_twice_is_one(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET")
    first = await house.comes(whistle, "ZR-POLICE")
    house.one.clock.advance(timedelta(minutes=5))
    police = await house.unit("ZR-POLICE")
    again = await police.post(
        f"{WHISTLES}/{whistle['whistle_id']}/report-in", json=HERE | {"unit": "ZR-POLICE"}, headers={"If-Match": '"1"'}
    )
    assert again.status_code == 200
    assert again.json() == first
    assert (await house.names(whistle)).count(("whistle.reported_in", "ZR-POLICE")) == 1


async def test_the_blower_vouches_for_who_has_no_position(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    refused = await house.act(whistle, "vouch", "ZR-POLICE")
    assert refused.status_code == 403
    vouched = await house.by(house.desk, whistle, "vouch", unit="ZR-POLICE")
    assert vouched.json()["state"] == "met"
    assert (await house.read(whistle))["timeline"][1]["text"] == "真如派出所已报到（吹哨方确认到场）"


async def test_a_decline_stands_until_the_blower_agrees(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET")
    await house.comes(whistle, "ZR-POLICE")
    declined = (await house.act(whistle, "decline", "ZR-MARKET", note="当日另有任务")).json()
    assert declined["state"] == "open"
    assert declined["missing"] == ["ZR-MARKET"]
    agreed = (await house.by(house.desk, whistle, "release", unit="ZR-MARKET")).json()
    assert agreed["state"] == "met"
    assert call(agreed, "ZR-MARKET")["released"]
    assert (await house.names(whistle))[-2:] == [("whistle.released", "ZR-MARKET"), ("whistle.met", None)]


async def test_the_parent_sends_another(house: House) -> None:
    whistle = await house.blow("ZR-POLICE-5")
    station, team = await house.unit("ZR-POLICE"), await house.unit("ZR-POLICE-5")
    change = {"unit": "ZR-POLICE-5", "substitute": "ZR-POLICE-4"}
    assert (await house.by(team, whistle, "substitute", **change)).status_code == 403
    for wrong in ("NOBODY", "ZR-POLICE-5", "ZR-OPS"):
        answer = await house.by(station, whistle, "substitute", unit="ZR-POLICE-5", substitute=wrong)
        assert answer.status_code == 422
    answer = await house.by(station, whistle, "substitute", **change)
    assert answer.status_code == 200, answer.text
    assert call(answer.json(), "ZR-POLICE-5")["substitute"] == "ZR-POLICE-4"
    assert (await house.by(team, whistle, "report-in", unit="ZR-POLICE-5", **HERE)).status_code == 409
    assert (await house.comes(whistle, "ZR-POLICE-4"))["state"] == "met"


async def test_a_substitute_may_be_named_by_one_unit_alone(house: House) -> None:
    station = await house.unit("ZR-POLICE")
    itself, another = await house.blow("ZR-POLICE-5"), await house.blow("ZR-POLICE-5", "ZR-MARKET")
    came = await house.by(station, itself, "substitute", unit="ZR-POLICE-5")
    assert call(came.json(), "ZR-POLICE-5")["substitute"] == "ZR-POLICE"
    sent = await house.by(station, another, "substitute", unit="ZR-POLICE-4")
    assert call(sent.json(), "ZR-POLICE-5")["substitute"] == "ZR-POLICE-4"
    assert (await house.by(house.desk, another, "substitute", unit="ZR-FIRE")).status_code == 422


async def test_the_blowers_side_needs_no_position(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    assert (await house.act(whistle, "report-in", "ZR-POLICE")).status_code == 422
    answer = await house.by(house.desk, whistle, "report-in", unit="ZR-POLICE")
    assert call(answer.json(), "ZR-POLICE")["vouched"]
    assert answer.json()["state"] == "met"


async def test_words_alone_evaluate(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    await house.comes(whistle, "ZR-POLICE")
    marks = {"到场": 5, "配合": 4, "实效": 5}
    await house.by(house.desk, whistle, "evaluate", unit="ZR-POLICE", marks=marks)
    await house.by(house.desk, whistle, "evaluate", unit="ZR-POLICE", note="到得快")
    answer = await house.act(whistle, "evaluate", "ZR-POLICE", note="单位找对了")
    assert [held["marks"] for held in answer.json()["marks"]] == [marks]
    assert [event.data["text"] for event in await house.told(whistle)][-2:] == [
        "吹哨方评真如派出所：到得快",
        "真如派出所评本次吹哨：单位找对了",
    ]


async def test_cancel_only_before_it_is_met(house: House) -> None:
    first, second = await house.blow("ZR-POLICE"), await house.blow("ZR-POLICE")
    assert (await house.act(first, "cancel", "ZR-POLICE")).status_code == 403
    assert (await house.by(house.desk, first, "cancel", note="雨停了")).json()["state"] == "cancelled"
    late = await house.act(first, "report-in", "ZR-POLICE", **HERE)
    assert late.status_code == 409
    assert late.json()["state"] == "cancelled"
    assert late.json()["allowed"] == []
    await house.comes(second, "ZR-POLICE")
    assert (await house.by(house.desk, second, "cancel")).status_code == 409
    await house.one.advance(timedelta(days=3))
    assert [name for name, _ in await house.names(first)] == ["whistle.blown", "whistle.cancelled"]


async def test_the_desk_may_end_it_by_force(house: House) -> None:
    chief = await house.unit("ZR-G4", "grid_chief")
    body = {"kind": "daily", "place": HERE, "units": ["ZR-POLICE", "ZR-MARKET"]}
    whistle = (await chief.post(WHISTLES, json=body)).json()
    await house.comes(whistle, "ZR-POLICE")
    assert (await house.by(chief, whistle, "release", force=True)).status_code == 409
    ended = await house.by(house.desk, whistle, "release", force=True, note="天气突变")
    assert ended.json()["state"] == "released"
    assert (await house.told(whistle))[-1].data["text"] == (
        "指挥席决定散哨，真如派出所、真如市场监管所尚未完成：天气突变"
    )


async def test_the_last_one_let_go_ends_it(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET")
    for unit in ("ZR-POLICE", "ZR-MARKET"):
        await house.comes(whistle, unit)
        await house.act(whistle, "done", unit)
    one = await house.by(house.desk, whistle, "release", unit="ZR-POLICE")
    assert one.json()["state"] == "met"
    assert (await house.by(house.desk, whistle, "release", unit="ZR-POLICE")).json() == one.json()
    assert (await house.by(house.desk, whistle, "release", unit="ZR-MARKET")).json()["state"] == "released"


async def test_marks_go_both_ways(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    marks = {"到场": 5, "配合": 4, "实效": 5}
    assert (await house.by(house.desk, whistle, "evaluate", unit="ZR-POLICE", marks=marks)).status_code == 409
    await house.comes(whistle, "ZR-POLICE")
    for wrong in ({}, {"到场": 6}, {"到场": 0}, {"到场": "5"}, {"速度": 5}, {"到场": 5, "确有必要": 5}, None):
        answer = await house.by(house.desk, whistle, "evaluate", unit="ZR-POLICE", marks=wrong)
        assert answer.status_code == 422, wrong
    assert (await house.act(whistle, "evaluate", "ZR-POLICE", marks=marks)).status_code == 403
    await house.by(house.desk, whistle, "evaluate", unit="ZR-POLICE", marks=marks)
    await house.by(house.desk, whistle, "evaluate", unit="ZR-POLICE", marks=marks)
    answer = await house.act(whistle, "evaluate", "ZR-POLICE", marks={"确有必要": 5, "事由清楚": 3})
    assert [(held["by"], held["of"]) for held in answer.json()["marks"]] == [
        ("ZR-OPS", "ZR-POLICE"),
        ("ZR-POLICE", None),
    ]
    assert [event.data["text"] for event in await house.told(whistle)][-2:] == [
        "吹哨方评真如派出所：到场5分、配合4分、实效5分",
        "真如派出所评本次吹哨：确有必要5分、事由清楚3分",
    ]


async def test_what_a_key_may_not_see_is_not_there(house: House) -> None:
    whistle = await house.blow("ZR-POLICE-5")
    path = f"{WHISTLES}/{whistle['whistle_id']}"
    for unit, status in (("ZR-POLICE-5", 200), ("ZR-POLICE", 200), ("QP-POLICE", 200), ("OWN-GAS", 404)):
        assert (await (await house.unit(unit)).get(path)).status_code == status, unit
    stranger = await house.unit("OWN-GAS")
    assert (await stranger.post(f"{path}/accept", json={"unit": "ZR-POLICE-5"})).status_code == 404
    assert (await stranger.get(WHISTLES)).json()["items"] == []
    assert (await house.desk.get(f"{WHISTLES}/wh_none")).status_code == 404
    assert (await house.desk.get(f"{WHISTLES}/wh%00")).status_code == 404
    assert (await house.desk.post(f"{WHISTLES}/wh%00/accept", json={"unit": "ZR-POLICE"})).status_code == 404
    assert (await house.one.visitor.anonymous().get(path)).status_code == 401


async def test_each_acts_for_its_own_units(house: House) -> None:
    whistle = await house.blow("ZR-POLICE-5", "ZR-MARKET")
    market = await house.unit("ZR-MARKET")
    assert (await house.by(market, whistle, "accept", unit="ZR-POLICE-5")).status_code == 403
    assert (await house.by(market, whistle, "accept", unit="ZR-FIRE")).status_code == 422
    station = await house.unit("ZR-POLICE")
    assert (await house.by(station, whistle, "accept")).json()["calls"][0]["state"] == "accepted"
    auditor = await house.one.visitor("auditor")
    assert (await house.by(auditor, whistle, "accept", unit="ZR-MARKET")).status_code == 403


async def test_a_stale_version_is_refused(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    police = await house.unit("ZR-POLICE")
    path = f"{WHISTLES}/{whistle['whistle_id']}"
    tag = (await police.get(path)).headers["ETag"]
    assert (await police.post(f"{path}/accept", json={}, headers={"If-Match": tag})).status_code == 200
    stale = await police.post(f"{path}/decline", json={}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json()["version"] == 2


async def test_lists_by_unit_and_state(house: House) -> None:
    whistles = []
    for _ in range(3):
        house.one.clock.advance(timedelta(minutes=1))
        whistles.append(await house.blow("ZR-POLICE"))
    other = await house.blow("ZR-MARKET")
    await house.by(house.desk, whistles[0], "cancel")
    page = (await house.desk.get(WHISTLES, params={"unit": "ZR-POLICE", "limit": 2})).json()
    assert [item["whistle_id"] for item in page["items"]] == [w["whistle_id"] for w in whistles[:0:-1]]
    rest = (await house.desk.get(WHISTLES, params={"unit": "ZR-POLICE", "cursor": page["next"]})).json()
    assert [item["whistle_id"] for item in rest["items"]] == [whistles[0]["whistle_id"]]
    assert rest["next"] is None
    still = (await house.desk.get(WHISTLES, params={"unit": "ZR-POLICE", "state": "open"})).json()
    assert len(still["items"]) == 2
    market = (await (await house.unit("ZR-MARKET")).get(WHISTLES)).json()
    assert [item["whistle_id"] for item in market["items"]] == [other["whistle_id"]]
    assert (await house.desk.get(WHISTLES, params={"state": "lost"})).status_code == 422
    assert (await house.desk.get(WHISTLES, params={"cursor": "nonsense"})).status_code == 400


async def test_nothing_of_a_person_goes_out(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", need="找店主王先生，电话13800000000")
    await house.act(whistle, "accept", "ZR-POLICE", person="李四", note="联系人李四13900000000")
    for event in await house.told(whistle):
        shown = str(event.data)
        assert not any(word in shown for word in ("13800000000", "13900000000", "李四", "王先生")), shown
        assert event.time == AT
