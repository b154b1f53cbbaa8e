"""The contract's part on dispatch, tried from outside."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.kit.clock import SHANGHAI
from tests.contract.http.town import CASES, MONDAY, NAME, PHONE, SHOP, WHISTLES, Town, call, clock, ok, types
from tests.harness.whole import system

pytestmark = pytest.mark.timeout(240)
DONE = {"measures": "店家承诺二十二时后不卸货"}
RETURN = {"reason": "not_ours"}


def at(told: str) -> datetime:
    return datetime.fromisoformat(told)


async def test_a_case_has_the_contracts_shape(town: Town) -> None:
    case = await town.case()
    for field, kind in {
        **dict.fromkeys(("case_id", "state", "class", "level", "concern", "light", "lead"), str),
        **dict.fromkeys(("version", "fabric_version"), int),
        **dict.fromkeys(("assists", "orders", "clocks", "timeline"), list),
    }.items():
        assert isinstance(case[field], kind), field
    assert (case["state"], case["class"], case["concern"], case["light"]) == ("dispatched", "key", "GL-03", "green")
    assert [one["kind"] for one in case["clocks"]] == ["sign", "contact", "resolve"]
    assert all({"kind", "started", "due", "state"} <= set(one) for one in case["clocks"])
    assert {"rule", "version", "reason", "ground"} <= set(case["decision"])
    assert types(case) == ["case.opened", "case.dispatched"]
    assert all(set(entry) == {"at", "type", "text", "by", "unit"} for entry in case["timeline"])
    answer = await (await town.desk()).get(f"{CASES}/{case['case_id']}")
    assert answer.headers["etag"] == f'"{case["version"]}"'
    emergency = await town.case("emergency")
    assert [one["kind"] for one in emergency["clocks"]] == ["sign", "contact", "on_site", "resolve"]


async def test_the_page_of_the_api_shows_the_answers(town: Town) -> None:
    page = ok(await town.running.visitor.anonymous().get("/dispatch/openapi.json"))
    for path, method, status in (
        (CASES, "get", "200"),
        (f"{CASES}/{{case_id}}", "get", "200"),
        (f"{CASES}/{{case_id}}/actions", "post", "200"),
        (WHISTLES, "get", "200"),
        (WHISTLES, "post", "201"),
        (f"{WHISTLES}/{{whistle_id}}", "get", "200"),
        (f"{WHISTLES}/{{whistle_id}}/report-in", "post", "200"),
    ):
        shown = page["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        assert "$ref" in shown, (path, method)


async def test_lists_are_filtered_and_paged(town: Town) -> None:
    case, desk = await town.case(), await town.desk()
    grid = case["place"]["grids"]["duty"]
    for field, value in (
        *(("state", "dispatched"), ("unit", case["lead"]), ("unit", case["assists"][0]), ("grid", grid)),
        *(("grid", f"duty/{grid}"), ("concern", "GL-03"), ("class", "key"), ("light", "green"), ("q", "卸货")),
    ):
        found = ok(await desk.get(CASES, params={field: value, "limit": 1000}))["items"]
        assert case["case_id"] in [one["case_id"] for one in found], field
    for field, value in (("state", "closed"), ("unit", "OWN-GAS"), ("class", "hard"), ("light", "red"), ("q", "%")):
        found = ok(await desk.get(CASES, params={field: value, "limit": 1000}))["items"]
        assert case["case_id"] not in [one["case_id"] for one in found], field
    whole = [one["case_id"] for one in ok(await desk.get(CASES, params={"limit": 1000}))["items"]]
    paged: list[str] = []
    cursor: str | None = None
    while True:
        page = ok(await desk.get(CASES, params={"limit": 2} | ({"cursor": cursor} if cursor else {})))
        paged += [one["case_id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert paged == whole
    for wrong in ("state=x", "light=blue", "limit=0"):
        assert (await desk.get(f"{CASES}?{wrong}")).status_code == 422


async def test_each_key_sees_and_does_what_is_its_own(town: Town) -> None:
    case = await town.case()
    path, station = f"{CASES}/{case['case_id']}", case["lead"].rpartition("-")[0]
    community = next(unit for unit in case["assists"] if unit.startswith("ZR-C") and unit[4].isdigit())
    grid = f"ZR-{case['place']['grids']['comprehensive']}"
    for role, unit, sees, urge, sign, rule in (
        ("department", "QP-ECO", 404, 404, 404, 404),
        ("volunteer", "ZR-G1-VOL", 404, 404, 404, 404),
        ("source", None, 404, 404, 404, 404),
        ("auditor", None, 200, 403, 403, 403),
        ("community", community, 200, 200, 403, 403),
        ("grid_chief", grid, 200, 200, 403, 403),
        ("grid_member", grid, 200, 200, 403, 403),
        ("department", station, 200, 200, 200, 403),
        ("supervisor", "QP", 200, 200, 409, 422),
        ("duty_desk", "ZR-OPS", 200, 200, 409, 422),
        ("admin", None, 200, 200, 409, 422),
    ):
        who = await town.key(role, unit, "sh12345" if role == "source" else None)
        assert (await who.get(path)).status_code == sees, role
        listed = ok(await who.get(CASES, params={"limit": 1000}))["items"]
        assert (case["case_id"] in [one["case_id"] for one in listed]) == (sees == 200), role
        assert (await town.try_to(who, case, "urge")).status_code == urge, role
        assert (await town.try_to(who, case, "sign")).status_code == sign, role
        assert (await town.try_to(who, case, "rule", lead="ZR-MARKET-1")).status_code == rule, role
    assert (await town.running.visitor.anonymous().get(path)).status_code == 401


async def test_refusals_say_what_may_be_done(town: Town) -> None:
    case = await town.case()
    lead = await town.lead(case)
    refused = await town.try_to(lead, case, "resolve", **DONE)
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["state"] == "dispatched"
    assert {"sign", "return"} <= set(refused.json()["allowed"])
    assert "resolve" not in refused.json()["allowed"]
    stale = await town.try_to(lead, case, "sign", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    unknown = await lead.post(f"{CASES}/case_none/actions", json={"action": "sign"})
    assert unknown.status_code == 404
    for body, pointer in (({"action": "dance"}, "/action"), ({"action": "sign", "x": 1}, "/x"), ({}, "/action")):
        bad = await lead.post(f"{CASES}/{case['case_id']}/actions", json=body)
        assert bad.status_code == 422
        assert bad.json()["errors"][0]["pointer"] == pointer
    headers = {"If-Match": f'"{case["version"]}"', "Idempotency-Key": case["case_id"]}
    first = await town.try_to(lead, case, "sign", headers=headers)
    assert ok(first)["state"] == "signed"
    assert (await town.try_to(lead, case, "sign", headers=headers)).json() == first.json()
    assert (await town.try_to(lead, case, "contact", headers=headers)).status_code == 409


async def test_of_two_at_the_same_moment_one_wins(town: Town) -> None:
    case = await town.case()
    lead, desk = await town.lead(case), await town.desk()
    answers = await asyncio.gather(*(town.try_to(who, case, "sign") for who in (lead, desk, lead)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    headers = {"If-Match": f'"{(await town.read(case["case_id"]))["version"]}"'}
    answers = await asyncio.gather(*(town.try_to(who, case, "contact", headers=headers) for who in (lead, desk)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_the_whole_way_to_the_end(town: Town) -> None:
    case = await town.case("easy")
    lead, desk = await town.lead(case), await town.desk()
    other = await town.key("department", case["assists"][0])
    await town.do(lead, case, "sign", "contact", "progress", by="老李", note="到场查看")
    assert (await town.try_to(lead, case, "resolve", measures="已劝离")).status_code == 422, "no evidence"
    photo = {"url": "https://example.org/after.jpg", "media_type": "image/jpeg"}
    done = await town.do(lead, case, "resolve", measures="已劝离", evidence=[photo])
    assert done["state"] == "resolved"
    assert clock(done, "resolve")["state"] == "met"
    assert clock(done, "verify")["state"] == "running"
    assert (await town.try_to(lead, case, "verify")).status_code == 403, "not by the doer"
    assert (await town.try_to(desk, case, "close")).status_code == 409
    assert (await town.do(other, case, "verify"))["state"] == "verified"
    assert (await town.do(desk, case, "close"))["state"] == "closed"
    assert (await town.do(desk, case, "recheck"))["state"] == "closed"
    last = await town.do(desk, case, "reopen")
    assert last["state"] == "reopened"
    assert clock(last, "sign")["state"] == "running"
    explained = await town.case()
    squad = await town.lead(explained)
    await town.do(squad, explained, "sign")
    told = await town.do(squad, explained, "explain", note="政策不允许")
    assert (told["state"], told["timeline"][-1]["text"].count("政策不允许")) == ("explained", 1)


async def test_time_that_is_given(town: Town) -> None:
    case, desk = await town.case(), await town.desk()
    lead = await town.lead(case)
    await town.do(lead, case, "sign", "contact")
    due = at(clock(case, "resolve")["due"])
    until = (due + timedelta(days=1)).isoformat()
    longer = await town.do(lead, case, "extend", until=until)
    assert at(clock(longer, "resolve")["due"]) == at(until)
    assert (await town.try_to(lead, case, "extend", until=until)).status_code == 409
    still = await town.do(lead, case, "defer", until=(town.now + timedelta(days=2)).isoformat())
    assert (still["state"], clock(still, "resolve")["state"]) == ("deferred", "paused")
    assert (await town.try_to(lead, case, "resolve", **DONE)).status_code == 409
    await town.pass_by(days=2, minutes=1)
    again = await town.read(case["case_id"])
    assert (again["state"], types(again)[-1]) == ("signed", "case.resumed")
    assert at(clock(again, "resolve")["due"]) > at(until)
    assert (await town.do(lead, case, "shelve"))["state"] == "signed", "a leader has to sign"
    assert (await town.do(desk, case, "approve"))["state"] == "shelved"
    assert (await town.do(lead, case, "unshelve"))["state"] == "in_progress"
    assert (await town.do(lead, case, "statutory", basis="《行政处罚法》"))["state"] == "statutory"
    await town.pass_by(days=20)
    assert "case.overdue" not in types(await town.read(case["case_id"])), "outside overtime"
    assert (await town.do(lead, case, "resume"))["state"] == "in_progress"
    hard, supervisor = await town.case("hard"), await town.key("supervisor", "QP")
    squad = await town.lead(hard)
    await town.do(squad, hard, "sign")
    longest = (at(clock(hard, "resolve")["due"]) + timedelta(days=5)).isoformat()
    await town.do(squad, hard, "extend", until=longest)
    assert (await town.try_to(desk, hard, "approve")).status_code == 403
    assert at(clock(await town.do(supervisor, hard, "approve"), "resolve")["due"]) == at(longest)


async def test_returned_twice_then_ruled(town: Town) -> None:
    case, desk = await town.case(), await town.desk()
    first = await town.lead(case)
    assert (await town.try_to(first, case, "return")).status_code == 422
    back = await town.do(first, case, "return", reason="不属于本单位职责", proposal="ZR-MARKET-1")
    assert (back["state"], back["lead"]) == ("open", case["lead"]), "whoever got it first keeps it and leads"
    second = await town.do(desk, case, "transfer", to="ZR-MARKET-1")
    assert (second["state"], second["lead"]) == ("dispatched", "ZR-MARKET-1")
    market = await town.key("department", "ZR-MARKET-1")
    assert (await town.try_to(market, case, "transfer", to=case["lead"])).status_code == 409, "never A→B→A"
    assert (await town.do(market, case, "return", **RETURN))["lead"] == case["lead"]
    assert (await town.try_to(desk, case, "transfer", to="ZR-POLICE-1")).status_code == 409
    ruled = await town.do(desk, case, "rule", lead="ZR-POLICE-1", ground="职责清单第三条")
    assert (ruled["state"], ruled["lead"]) == ("dispatched", "ZR-POLICE-1")
    bound = await town.try_to(await town.key("department", "ZR-POLICE-1"), case, "return", **RETURN)
    assert bound.status_code == 409
    assert "return" not in bound.json()["allowed"]
    assert types(ruled)[2:] == ["case.returned", "case.transferred", "case.returned", "case.ruled"]


async def test_the_citizen_decides(town: Town) -> None:
    case = await town.case()
    lead = await town.lead(case)
    await town.do(lead, case, "sign", "contact")
    await town.do(lead, case, "resolve", **DONE)
    again = await town.feedback(case, "dissatisfied", f"我是{NAME}，{PHONE}，还在卸")
    assert (again["state"], types(again)[-1]) == ("reopened", "case.reopened")
    assert NAME not in str(again)
    assert PHONE not in str(again)
    await town.do(lead, case, "sign")
    await town.do(lead, case, "resolve", **DONE)
    worse = await town.feedback(case, "dissatisfied")
    assert worse["state"] == "reopened"
    assert types(worse).count("case.reopened") == 1
    assert {"case.supervised", "case.climbed"} <= set(types(worse))
    await town.do(lead, case, "sign")
    await town.do(lead, case, "resolve", **DONE)
    closed = await town.feedback(case, "satisfied")
    assert closed["state"] == "closed"
    order = ok(await (await town.source()).get(f"/intake/v1/orders/{case['orders'][0]}"))
    assert (order["status"], order["satisfaction"]) == ("closed", "satisfied")


async def test_what_happens_to_orders_happens_to_the_case(town: Town) -> None:
    case, desk, source = await town.case(), await town.desk(), await town.source()
    order = f"/intake/v1/orders/{case['orders'][0]}"
    ok(await source.post(f"{order}/supplement", json={"content": f"我叫{NAME}，{PHONE}，住3号楼302室，又卸货了"}))
    ok(await source.post(f"{order}/urge", json={"note": f"我是{NAME}，快点"}))
    other = await town.order()
    ok(await desk.post(f"/intake/v1/orders/{other['order_id']}/join", json={"case_id": case["case_id"]}))
    await town.running.drain()
    joined = await town.read(case["case_id"])
    assert joined["orders"] == [case["orders"][0], other["order_id"]]
    assert (await town.read(other["case_id"]))["state"] == "withdrawn"
    assert types(joined)[2:] == ["case.progressed", "case.urged", "case.merged"]
    for hidden in (NAME, PHONE, "302室"):
        assert hidden not in str(joined)
    ok(await desk.post(f"/intake/v1/orders/{other['order_id']}/split"))
    await town.running.drain()
    alone = ok(await source.get(f"/intake/v1/orders/{other['order_id']}"))
    assert alone["case_id"] not in (case["case_id"], other["case_id"])
    ok(await source.post(f"{order}/withdraw", json={"reason": "已解决"}))
    await town.running.drain()
    gone = await town.read(case["case_id"])
    assert gone["state"] == "withdrawn"
    late = await town.try_to(desk, case, "sign")
    assert (late.status_code, late.json()["allowed"]) == (409, [])


async def test_yellow_red_and_one_climb(town: Town) -> None:
    await town.pass_by(hours=_until_nine(town))
    case = await town.case()
    await town.pass_by(minutes=91)
    warned = await town.read(case["case_id"])
    assert (warned["light"], types(warned).count("case.warned")) == ("yellow", 1)
    await town.pass_by(minutes=30)
    red = await town.read(case["case_id"])
    assert (red["light"], clock(red, "sign")["state"]) == ("red", "overdue")
    assert types(red)[-2:] == ["case.overdue", "case.climbed"]
    assert red["lead"] != case["lead"]
    assert case["lead"] in red["assists"], "the lower level stays in it"
    await town.pass_by(hours=1)
    assert types(await town.read(case["case_id"])).count("case.climbed") == 1
    late = await town.do(await town.lead(case), case, "sign")
    assert clock(late, "sign")["state"] == "late"


async def test_a_community_holds_it_two_days_at_most(town: Town) -> None:
    case = await town.case("elderly", source_due=None)
    community = await town.key("community", case["lead"])
    assert case["level"] == "community"
    await town.do(community, case, "sign", "contact")
    await town.pass_by(hours=47)
    assert (await town.read(case["case_id"]))["lead"] == case["lead"]
    await town.pass_by(hours=2)
    up = await town.read(case["case_id"])
    assert (up["level"], types(up).count("case.climbed")) == ("street", 1)
    assert case["lead"] in up["assists"]


async def test_the_source_may_bring_the_end_forward_and_so_may_the_district(town: Town) -> None:
    await town.pass_by(hours=_until_nine(town))
    soon = town.now + timedelta(hours=30)
    case = await town.case(source_due=soon.isoformat())
    assert at(clock(case, "resolve")["due"]) == soon
    district = await town.key("supervisor", "QP")
    sooner = town.now + timedelta(hours=20)
    slip = await town.do(district, case, "supervise", due=sooner.isoformat())
    assert at(clock(slip, "resolve")["due"]) == sooner
    assert types(slip)[-1] == "case.supervised"


async def test_clocks_run_by_the_real_calendar(database_url: str) -> None:
    """Seven days off from 1 October 2026; the Saturday of the 10th is worked."""
    eve = datetime(2026, 9, 30, 16, 0, tzinfo=SHANGHAI)

    def day(number: int, hour: int) -> datetime:
        return datetime(2026, 10, number, hour, tzinfo=SHANGHAI)

    async with system(database_url, at=eve) as running:
        town = Town(running)
        easy, emergency, key = await town.case("easy"), await town.case("emergency"), await town.case()
        assert [at(one["due"]) for one in easy["clocks"]] == [day(8, 10), day(8, 16), day(9, 16)]
        assert at(clock(key, "resolve")["due"]) == day(13, 16)
        assert [at(one["due"]) - eve for one in emergency["clocks"]] == [
            *(timedelta(minutes=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=24)),
        ]
        whistle = await town.blow(await town.desk(), "ZR-POLICE")
        assert at(whistle["report_in_by"]) == eve.replace(hour=17), "an hour to accept, there the same working day"
        await town.pass_by(days=9, hours=19)
        assert at(clock(await town.case("easy"), "sign")["due"]) == day(10, 13)


async def test_a_whistle_from_its_blowing_to_its_release(town: Town) -> None:
    case, desk = await town.case(), await town.desk()
    here = {"lon": case["place"]["lon"], "lat": case["place"]["lat"]}
    proposed = await town.blow(desk, case_id=case["case_id"], meet=here)
    units = [one["unit"] for one in proposed["calls"]]
    assert {case["lead"], *case["assists"]} <= set(units)
    assert len(units) == len(set(units))
    own = await town.blow(await town.lead(case), case_id=case["case_id"], meet=here)
    assert case["lead"] not in [one["unit"] for one in own["calls"]]
    whistle = await town.blow(
        desk, "ZR-POLICE", "ZR-MARKET", "ZR-FIRE", "ZR-POLICE", meet=here, case_id=case["case_id"]
    )
    assert [one["unit"] for one in whistle["calls"]] == ["ZR-POLICE", "ZR-MARKET", "ZR-FIRE"]
    assert {"whistle_id", "case_id", "kind", "state", "report_in_by", "calls"} <= set(whistle)
    assert {"unit", "state", "late", "reported_at", "escalated_to"} <= set(whistle["calls"][0])
    police, market = await town.key("department", "ZR-POLICE"), await town.key("department", "ZR-MARKET")
    ok(await town.step(police, whistle, "accept", unit="ZR-POLICE"))
    assert (await town.step(police, whistle, "accept", unit="ZR-MARKET")).status_code == 403
    assert (await town.step(await town.key("department", "QP-ECO"), whistle, "accept")).status_code == 404
    declined = ok(await town.step(market, whistle, "decline", unit="ZR-MARKET", note=f"{NAME} {PHONE} 不在"))
    assert PHONE not in str(declined)
    far = {"lon": here["lon"], "lat": here["lat"] + 201 / 111_195}
    near = {"lon": here["lon"], "lat": here["lat"] + 199 / 111_195}
    assert (await town.step(police, whistle, "report-in", unit="ZR-POLICE", **far)).status_code == 422
    came = ok(await town.step(police, whistle, "report-in", unit="ZR-POLICE", person="带队", **near))
    assert call(came, "ZR-POLICE")["state"] == "reported_in"
    assert call(came, "ZR-POLICE")["late"] is False
    early = await town.step(desk, whistle, "release")
    assert (early.status_code, early.json()["state"]) == (409, "open")
    assert call(ok(await town.step(desk, whistle, "vouch", unit="ZR-FIRE")), "ZR-FIRE")["state"] == "reported_in"
    assert ok(await town.step(desk, whistle, "release", unit="ZR-MARKET"))["state"] == "met"
    for unit in ("ZR-POLICE", "ZR-FIRE"):
        ok(await town.step(await town.key("department", unit), whistle, "done", unit=unit))
    ok(await town.step(desk, whistle, "evaluate", unit="ZR-POLICE", note="到得快"))
    over = ok(await town.step(desk, whistle, "release"))
    assert over["state"] == "released"
    assert (await town.step(desk, whistle, "cancel")).status_code == 409
    told = [kind for kind in types(await town.read(case["case_id"])) if kind.startswith("whistle.")]
    assert {"whistle.blown", "whistle.declined", "whistle.met", "whistle.evaluated", "whistle.released"} <= set(told)


async def test_who_stays_away_is_escalated_once(town: Town) -> None:
    desk = await town.desk()
    gone = await town.blow(desk, "ZR-POLICE", "ZR-MARKET-1", "ZR-FIRE", kind="emergency")
    assert at(gone["report_in_by"]) - town.now == timedelta(minutes=30)
    substituted = await town.blow(desk, "ZR-POLICE-5", kind="emergency")
    nobody = await town.blow(desk, "ZR-G4-VOL", kind="volunteer")
    ok(await town.step(await town.key("department", "ZR-POLICE"), gone, "report-in", **SHOP))
    await town.pass_by(minutes=31)
    after = await town.whistle(gone)
    assert after["state"] == "partly_met"
    assert call(after, "ZR-MARKET-1")["state"] == "missing"
    assert call(after, "ZR-MARKET-1")["escalated_to"] == ["ZR-MARKET", "QP"]
    assert call(after, "ZR-POLICE")["escalated_to"] == []
    station = await town.key("department", "ZR-POLICE")
    sent = ok(await town.step(station, substituted, "substitute", unit="ZR-POLICE-5", substitute="ZR-POLICE-4"))
    assert [one["unit"] for one in sent["calls"]] == ["ZR-POLICE-5", "ZR-POLICE-4"]
    team = await town.key("department", "ZR-POLICE-4")
    assert ok(await town.step(team, substituted, "report-in", **SHOP))["state"] == "met"
    late = ok(await town.step(await town.key("department", "ZR-MARKET-1"), gone, "report-in", **SHOP))
    assert call(late, "ZR-MARKET-1")["late"] is True
    await town.pass_by(minutes=31)
    top = await town.whistle(gone)
    assert top["state"] == "exhausted"
    told = [entry["type"] for entry in top["timeline"]]
    assert (told.count("whistle.escalated"), told.count("whistle.exhausted")) == (2, 1)
    met = ok(await town.step(await town.key("department", "ZR-FIRE"), gone, "report-in", **SHOP))
    assert met["state"] == "met"
    await town.pass_by(hours=4)
    assert call(await town.whistle(nobody), "ZR-G4-VOL")["escalated_to"] == [], "it climbs to nobody"
    listed = ok(await desk.get(WHISTLES, params={"unit": "ZR-G4-VOL", "state": "open"}))["items"]
    assert [one["whistle_id"] for one in listed] == [nobody["whistle_id"]]


async def test_whistles_that_can_not_be_blown(town: Town) -> None:
    desk, case = await town.desk(), await town.case()
    lead = await town.lead(case)
    base: dict[str, Any] = {"kind": "daily", "need": "x", "place": SHOP, "units": ["ZR-POLICE"]}
    for who, more, status in (
        (desk, {"kind": "none"}, 422),
        (desk, {"units": ["NOBODY"]}, 422),
        (desk, {"report_in_by": "2026-11-01T09:00:00+08:00"}, 422),
        (desk, {"place": {"lon": 31.24, "lat": 121.4}}, 422),
        (desk, {"place": None, "case_id": "case_none"}, 404),
        (lead, {"place": None, "case_id": case["case_id"], "units": [case["lead"]]}, 422),
        (await town.key("community", "ZR-C13"), {}, 201),
        (await town.key("grid_chief", "ZR-G4"), {"units": ["QP-ECO"]}, 201),
        (await town.key("grid_chief", "ZR-G4"), {"units": ["QP-ECO"], "kind": "emergency"}, 201),
        (await town.source(), {}, 403),
    ):
        answer = await who.post(WHISTLES, json=base | more)
        assert answer.status_code == status, (more, answer.text)
    headers = {"Idempotency-Key": case["case_id"]}
    first = await desk.post(WHISTLES, json=base, headers=headers)
    again = await desk.post(WHISTLES, json=base, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["whistle_id"] == again.json()["whistle_id"]
    assert (await desk.post(WHISTLES, json=base | {"need": "y"}, headers=headers)).status_code == 409


async def test_a_whistle_that_waits_for_the_streets_nod(town: Town) -> None:
    chief, desk, eco = await town.key("grid_chief", "ZR-G4"), await town.desk(), await town.key("department", "QP-ECO")
    body = {"kind": "daily", "need": "查油烟", "place": SHOP, "units": ["QP-ECO"]}
    asked = (await chief.post(WHISTLES, json=body)).json()
    assert (asked["state"], asked["nod"]["state"]) == ("open", "waiting")
    assert (await eco.get(f"{WHISTLES}/{asked['whistle_id']}")).status_code == 404
    assert (await town.step(chief, asked, "approve")).status_code == 403
    given = ok(await town.step(desk, asked, "approve"))
    assert (given["state"], given["nod"]["state"]) == ("open", "given")
    assert ok(await town.step(eco, asked, "accept"))["calls"][0]["state"] == "accepted"
    told = types(await town.whistle(asked))
    assert told[:2] == ["whistle.blown", "whistle.approved"]


async def test_explained_before_it_is_sent(town: Town) -> None:
    desk = await town.desk()
    order = {
        "content": "生鲜店每晚十一点后卸货，噪声很大",
        "location": SHOP,
        "external_id": "x",
        "channel": "hotline_12345",
    }
    told = ok(await desk.post("/dispatch/v1/explain", json=order))
    here = ok(await desk.get("/grids/v1/resolve", params=SHOP))["overlays"]
    assert (told["lead"], told["class"]) == (here["duty"]["unit"], "key")
    assert {"rule", "version", "reason", "ground"} <= set(told["decision"])
    case = await town.case(location=SHOP)
    assert (case["lead"], case["decision"]["rule"]) == (told["lead"], told["decision"]["rule"])
    swapped = await desk.post("/dispatch/v1/explain", json=order | {"location": {"lon": 31.2, "lat": 121.4}})
    assert swapped.status_code == 422


async def test_rules_are_checked_versioned_and_by_example(town: Town) -> None:
    desk = await town.desk()
    held = await desk.get("/dispatch/v1/rules")
    table = ok(held)
    matter = {"content": "生鲜店夜间卸货，噪声很大", "location": SHOP}
    lead = ok(await desk.post("/dispatch/v1/explain", json=matter))["lead"]
    bad: list[dict[str, Any]] = [{"rows": []}, {"examples": [{"matter": matter, "lead": "ZR-FIRE-1"}]}]
    for wrong in bad:
        refused = await desk.put("/dispatch/v1/rules", json=table | wrong)
        assert refused.status_code == 422
        assert refused.json()["errors"]
    headers = {"If-Match": held.headers["etag"]}
    body = table | {"examples": [{"matter": matter, "lead": lead}], "note": "试一下"}
    made = ok(await desk.put("/dispatch/v1/rules", json=body, headers=headers))
    assert made["version"] == table["version"] + 1
    assert (await desk.put("/dispatch/v1/rules", json=body, headers=headers)).status_code == 412
    assert (await town.case())["decision"]["version"] == made["version"]
    assert (await (await town.key("department", "ZR-POLICE")).put("/dispatch/v1/rules", json=body)).status_code == 403


async def test_rates_stand_beside_their_formula(town: Town) -> None:
    desk = await town.desk()
    for by in ("unit", "grid", "concern", "channel", "street"):
        told = ok(await desk.get("/dispatch/v1/rates", params={"by": by, "period": "2026-11"}))
        assert told["formula"]
        assert {"response", "resolution", "satisfaction", "on_time"} <= set(told["total"])
    assert (await desk.get("/dispatch/v1/rates", params={"period": "x"})).status_code == 422


def _until_nine(town: Town) -> float:
    """Hours to nine o'clock of the next Monday: long enough before any holiday."""
    here = town.now.astimezone(SHANGHAI)
    monday = (here + timedelta(days=(7 - here.weekday()) % 7 or 7)).replace(hour=9, minute=0, second=0, microsecond=0)
    assert monday > MONDAY
    return (monday - here) / timedelta(hours=1)
