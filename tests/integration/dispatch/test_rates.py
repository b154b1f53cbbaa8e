"""三率 over cases that fell due."""

import asyncio
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from httpx import AsyncClient

from services.dispatch.repository import formulas, rated
from services.kit.contracts.topics import CASES
from tests.harness.single import Single
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import do, opened

RATES = "/dispatch/v1/rates"
EXCLUSIONS = "/dispatch/v1/exclusions"


async def test_rates_count_what_fell_due(dispatch: Single) -> None:
    good, bad, idle = Order("ord_1"), Order("ord_2"), Order("ord_3")
    asked = Order("ord_4", kind="consult")
    cases = await opened(dispatch, good, bad, idle, asked)
    admin = await dispatch.visitor("admin")
    before = (await admin.get(f"{RATES}?by=concern&period=2026-11")).json()
    assert (before["total"]["cases"], before["total"]["waiting"]) == (0, 3)
    for case in cases[:2]:
        await do(admin, case, "sign")
        await do(admin, case, "contact")
        await do(admin, case, "resolve", measures="已劝导")
    await dispatch.publish(good.feedback(satisfaction="fair"))
    await dispatch.advance(timedelta(days=8))
    await dispatch.publish(bad.feedback(resolved=False, satisfaction="dissatisfied"))
    for by in ("unit", "grid", "concern", "channel", "street"):
        found = (await admin.get(f"{RATES}?by={by}&period=2026-11")).json()
        assert found["formula"].startswith("总分")
        assert found["weights"] == {"response": 0.2, "resolution": 0.4, "satisfaction": 0.4}
        assert all(item["name"] and item["small_sample"] for item in found["items"])
    by_unit = (await admin.get(f"{RATES}?by=unit&period=2026-11")).json()["items"]
    assert [item["key"] for item in by_unit] == ["ZR-DUTY-5"], "whom it climbed past answers for it"
    [item] = found["items"]
    assert item["name"] == "真如镇街道"
    assert item["response"]["denominator"] == 3
    assert item["response"]["numerator"] == 2
    assert parts_of(item, "on_time") == (2, 3, 0.6667)
    assert parts_of(item, "resolution") == (1, 2, 0.5)
    assert parts_of(item, "satisfaction") == (0.5, 2, 0.25)
    assert item["resolution"]["formula"] == "市民认为已解决的件数 ÷ 有效回访件数"
    assert item["resolution"]["weight"] == 0.4
    assert found["formula_of"]["note"] == "就是现行的公式"
    assert item["excluded"] == {"consult": 1}
    assert found["total"]["cases"] == 3
    assert (await admin.get(f"{RATES}?period=2026-12")).json()["total"]["cases"] == 0


def parts_of(item: dict[str, Any], rate: str) -> tuple[float, int, float]:
    return item[rate]["numerator"], item[rate]["denominator"], item[rate]["rate"]


async def test_every_number_opens_to_its_cases(dispatch: Single) -> None:
    """Twenty cases of every sort, two orders in some: the cases behind each number add up to it, page by page."""
    drawn = Random(6)
    orders = [Order(f"ord_{n:02d}", channel=drawn.choice(("hotline_12345", "walk_in"))) for n in range(20)]
    cases = await opened(dispatch, *orders)
    more = [Order(f"ord_x{n}") for n in range(5)]
    await dispatch.publish(*[order.joined(case["case_id"]) for order, case in zip(more, cases, strict=False)])
    admin = await dispatch.visitor("admin")
    for case in drawn.sample(cases, 15):
        await do(admin, case, "sign")
        await do(admin, case, "contact")
        if drawn.random() < 0.7:
            await do(admin, case, "resolve", measures="已劝导")
    told = drawn.sample([*orders, *more], 15)
    await dispatch.publish(
        *[
            order.feedback(drawn.random() < 0.6, drawn.choice(("satisfied", "fair", "dissatisfied")))
            for order in told[:8]
        ]
    )
    await dispatch.advance(timedelta(days=9))
    await dispatch.publish(*[order.feedback(True, "fair") for order in told[8:]])
    for by in ("unit", "channel", "day"):
        asked = {"by": by, "period": "2026-11-01..2026-12-31"}
        found = (await admin.get(RATES, params=asked)).json()
        assert found["total"]["cases"] == sum(item["cases"] for item in found["items"]) > 15
        for item in found["items"]:
            for rate in ("response", "resolution", "satisfaction", "on_time"):
                for part in ("numerator", "denominator"):
                    behind = await pages(admin, asked | {"of": item["key"], "rate": rate, "part": part})
                    assert sum(one["counts"][part] for one in behind) == item[rate][part], (by, rate, part)
                    assert all(one["counts"][part] for one in behind)
    async with dispatch.service.db.reading() as tx:
        assert await rated.different(tx, [case["case_id"] for case in cases]) == []


async def pages(visitor: AsyncClient, asked: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await visitor.get(f"{RATES}/cases", params=asked | {"limit": "3", "cursor": cursor})
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        cursor = page.json()["next"]
    return found


async def test_what_is_excluded_was_asked_for_and_granted(dispatch: Single) -> None:
    one, two = Order("ord_1"), Order("ord_2")
    cases = await opened(dispatch, one, two)
    lead = await dispatch.visitor("department", unit="ZR-DUTY-5")
    other = await dispatch.visitor("department", unit="ZR-FIRE-1")
    desk, district = await dispatch.visitor("duty_desk"), await dispatch.visitor("supervisor")
    wanted = {
        "case_id": cases[0]["case_id"],
        "ground": "unreasonable",
        "reason": "要求拆邻居的合法房屋，电话 13800000000",
        "evidence": ["告知书"],
    }
    for wrong in (
        wanted | {"ground": "tired"},
        wanted | {"evidence": []},
        wanted | {"evidence": "告知书"},
        wanted | {"reason": "\x00"},
        wanted | {"reason": " "},
        wanted | {"who": "me"},
        {"case_id": cases[0]},
    ):
        answer = await lead.post(EXCLUSIONS, json=wrong)
        assert answer.status_code == 422, wrong
    assert (await other.post(EXCLUSIONS, json=wanted)).status_code == 404
    assert (await lead.post(EXCLUSIONS, json=wanted | {"case_id": "case_none"})).status_code == 404
    auditor = await dispatch.visitor("auditor")
    assert (await auditor.post(EXCLUSIONS, json=wanted)).status_code == 403
    asked = await lead.post(EXCLUSIONS, json=wanted)
    assert asked.status_code == 201, asked.text
    assert "13800000000" not in asked.text
    told = asked.json()
    assert told["state"] == "asked"
    assert (await desk.post(EXCLUSIONS, json=wanted)).status_code == 409
    path = f"{EXCLUSIONS}/{told['exclusion_id']}"
    assert (await other.get(path)).status_code == 404
    assert (await lead.get(path)).status_code == 200
    assert (await lead.post(f"{path}/decision", json={"approved": True})).status_code == 403
    assert (await district.post(f"{path}/decision", json={"approved": False})).status_code == 422
    await dispatch.advance(timedelta(days=8))
    assert (await lead.get(path)).json()["figures"]["before"]["on_time"]["denominator"] == 2
    granted, again = await asyncio.gather(
        district.post(f"{path}/decision", json={"approved": True}),
        (await dispatch.visitor("admin")).post(f"{path}/decision", json={"approved": True}),
    )
    assert sorted((granted.status_code, again.status_code)) == [200, 409]
    figures = (granted if granted.status_code == 200 else again).json()["figures"]
    assert figures["before"]["cases"] == 2
    assert figures["after"]["cases"] == 1
    month = {"period": "2026-11"}
    found = (await desk.get(RATES, params=month)).json()["total"]
    assert found["cases"] == 1
    assert found["excluded"] == {"unreasonable": 1}
    [left_out] = await pages(desk, month | {"part": "excluded"})
    assert left_out["excluded_name"] == "经批准的不合理诉求"
    listed = (await lead.get(EXCLUSIONS, params={"state": "approved"})).json()["items"]
    assert [each["case_id"] for each in listed] == [cases[0]["case_id"]]
    assert (await other.get(EXCLUSIONS)).json()["items"] == []
    events = [event for event in await dispatch.events(CASES.name) if event.subject == cases[0]["case_id"]]
    assert [e.name for e in events if "exclu" in e.name] == ["case.exclusion_asked", "case.excluded"]
    assert json.loads(events[-1].value)["excluded"] == "unreasonable"


async def test_what_was_granted_is_taken_back_and_counts_again(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    lead = await dispatch.visitor("department", unit="ZR-DUTY-5")
    desk, district = await dispatch.visitor("duty_desk"), await dispatch.visitor("supervisor")
    wanted = {"case_id": case["case_id"], "ground": "unreasonable", "reason": "要求拆合法房屋", "evidence": ["告知书"]}
    path = f"{EXCLUSIONS}/{(await lead.post(EXCLUSIONS, json=wanted)).json()['exclusion_id']}"
    why = {"reason": "复核发现证据不实，电话 13800000000"}
    early = await district.post(f"{path}/take-back", json=why)
    assert (early.status_code, early.json()["detail"]) == (409, "这个剔除申请还没有批准，没有可以撤销的")
    assert (await district.post(f"{path}/decision", json={"approved": True})).status_code == 200
    await dispatch.advance(timedelta(days=8))
    month = {"period": "2026-11"}
    assert (await desk.get(RATES, params=month)).json()["total"]["cases"] == 0
    for wrong in ({}, {"reason": ""}, {"reason": " "}, {"reason": "x\0"}, {"reason": "x", "who": "me"}, {"reason": 7}):
        assert (await district.post(f"{path}/take-back", json=wrong)).status_code == 422, wrong
    for who in (lead, desk):
        assert (await who.post(f"{path}/take-back", json=why)).status_code == 403
    for none in ("excl_none", "a%00b"):
        assert (await district.post(f"{EXCLUSIONS}/{none}/take-back", json=why)).status_code == 404
    both = await asyncio.gather(
        district.post(f"{path}/take-back", json=why),
        (await dispatch.visitor("admin")).post(f"{path}/take-back", json=why),
    )
    assert sorted(one.status_code for one in both) == [200, 409]
    [taken] = [one.json() for one in both if one.status_code == 200]
    assert taken["state"] == "taken_back"
    assert "13800000000" not in str(taken)
    assert taken["taken_back_for"].startswith("复核发现证据不实")
    found = (await desk.get(RATES, params=month)).json()["total"]
    assert (found["cases"], found["excluded"]) == (1, {})
    told = (await desk.get(f"/dispatch/v1/cases/{case['case_id']}")).json()
    assert told["excluded"] is None
    last = told["timeline"][-1]
    assert last["type"] == "case.exclusion_taken_back"
    assert last["text"].startswith("撤销考核剔除（经批准的不合理诉求）：复核发现证据不实")
    assert (await lead.get(EXCLUSIONS, params={"state": "approved"})).json()["items"] == []
    [listed] = (await lead.get(EXCLUSIONS, params={"state": "taken_back"})).json()["items"]
    assert listed["exclusion_id"] == taken["exclusion_id"]
    # It may be asked for again, with better evidence.
    assert (await lead.post(EXCLUSIONS, json=wanted)).status_code == 201


async def test_what_a_rule_leaves_out_stays_out_when_the_grant_is_taken_back(dispatch: Single) -> None:
    """Granted first; then nobody could be reached, which the grant hid."""
    order = Order("ord_1", channel="community_line")
    [case] = await opened(dispatch, order, person="p1")
    desk, district = await dispatch.visitor("duty_desk"), await dispatch.visitor("supervisor")
    wanted = {"case_id": case["case_id"], "ground": "unreasonable", "reason": "要求拆合法房屋", "evidence": ["告知书"]}
    path = f"{EXCLUSIONS}/{(await desk.post(EXCLUSIONS, json=wanted)).json()['exclusion_id']}"
    assert (await district.post(f"{path}/decision", json={"approved": True})).status_code == 200
    await do(desk, case, "sign")
    await do(desk, case, "resolve", measures="已处置", evidence=["photo_before", "photo_after"])
    for _ in range(3):
        await do(desk, case, "callback", reached=False)
        await dispatch.advance(timedelta(days=1))
    taken = await district.post(f"{path}/take-back", json={"reason": "证据不实"})
    assert taken.status_code == 200, taken.text
    told = (await desk.get(f"/dispatch/v1/cases/{case['case_id']}")).json()
    assert told["excluded"] == "unreachable"
    assert "仍按规则剔除" in told["timeline"][-1]["text"]


async def test_refused_is_counted_and_nobody_decides_on_their_own(dispatch: Single) -> None:
    [row] = await opened(dispatch, Order("ord_1"))
    case = row["case_id"]
    admin, district = await dispatch.visitor("admin"), await dispatch.visitor("supervisor")
    wanted = {"case_id": case, "ground": "statutory", "reason": "在诉讼", "evidence": ["受理通知书"]}
    told = (await admin.post(EXCLUSIONS, json=wanted)).json()
    path = f"{EXCLUSIONS}/{told['exclusion_id']}"
    assert (await admin.post(f"{path}/decision", json={"approved": True})).status_code == 403
    assert (await district.post(f"{path}/decision", json={"approved": "yes"})).status_code == 422
    refused = await district.post(f"{path}/decision", json={"approved": False, "note": "没有受理"})
    assert refused.json()["state"] == "refused"
    assert (await admin.post(EXCLUSIONS, json=wanted)).status_code == 409
    assert (await admin.get(f"{EXCLUSIONS}/nothing")).status_code == 404
    pack = await admin.get(f"{RATES}/pack/{case}?for=shelving")
    assert pack.json()["exclusions"][0]["state"] == "refused"
    zipped = await admin.get(f"{RATES}/pack/{case}?format=zip")
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        assert archive.namelist() == ["案件.json", "时间线.txt", "时限.txt", "依据.txt"]
        assert "受理通知书" in archive.read("依据.txt").decode()
    assert (await admin.get(f"{RATES}/pack/none")).status_code == 404


async def test_what_is_left_out_by_rule_is_listed(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1", kind="praise"))
    desk = await dispatch.visitor("duty_desk")
    [one] = (await desk.get(EXCLUSIONS, params={"state": "by_rule"})).json()["items"]
    assert (one["case_id"], one["ground_name"], one["state"]) == (case["case_id"], "表扬", "by_rule")


async def test_a_past_month_keeps_its_formula(dispatch: Single) -> None:
    admin = await dispatch.visitor("admin")
    async with dispatch.service.db.transaction() as tx:
        kept = await formulas.newest(tx)
        assert kept is not None
        assert kept.number == 1
        before = kept.rules.model_copy(update={"formula": "从前的公式", "fair": 0.0})
        old = replace(kept, number=0, since=datetime(2026, 9, 1, tzinfo=UTC), rules=before)
        assert await formulas.keep(tx, old)
        assert not await formulas.keep(tx, old)
    past = (await admin.get(RATES, params={"period": "2026-10"})).json()
    assert past["formula"] == "从前的公式"
    assert past["formula_of"]["current"] is False
    assert (await admin.get(RATES, params={"period": "2026-11"})).json()["formula_of"]["current"] is True
    unknown = (await admin.get(RATES, params={"period": "2026-08"})).json()["formula_of"]
    assert unknown["note"] == "这段时间以前没有留存当时的公式，按现行公式计"


async def test_the_rehearsal_ranks_what_can_still_be_done(dispatch: Single) -> None:
    orders = [Order(f"ord_{n}") for n in range(3)]
    cases = await opened(dispatch, *orders)
    admin = await dispatch.visitor("admin")
    for step in ("sign", "contact"):
        await do(admin, cases[0], step)
    month = (await admin.get(f"{RATES}/rehearsal?date=month")).json()
    assert month["total"]["nothing"]["on_time"]["numerator"] == 0
    assert month["total"]["best"]["on_time"]["numerator"] == month["total"]["best"]["on_time"]["denominator"] == 3
    assert month["total"]["best"]["score"] == 100
    assert month["total"]["worst"]["resolution"]["rate"] == 0
    assert month["formula_of"]["note"] == "就是现行的公式"
    first, *rest = month["movers"]
    assert {first["case_id"]} | {one["case_id"] for one in rest} == {case["case_id"] for case in cases}
    assert [one["do"] for one in first["todo"]] == ["sign", "contact", "resolve", "call"]
    assert [one["do"] for one in month["movers"][-1]["todo"]] == ["resolve", "call"]
    assert first["gain"] > month["movers"][-1]["gain"] > 0
    assert (await admin.get(f"{RATES}/rehearsal")).json()["movers"] == []
    own = await dispatch.visitor("department", unit="ZR-DUTY-5")
    other = await dispatch.visitor("department", unit="ZR-FIRE-1")
    assert len((await own.get(f"{RATES}/rehearsal?date=month")).json()["movers"]) == 3
    assert (await other.get(f"{RATES}/rehearsal?date=month")).json()["items"] == []
    assert (await other.get(f"{RATES}/rehearsal?date=month&unit=ZR-DUTY-5")).json()["items"] == []
    for query in ("date=yesterday", "date=2020", "unit=NOBODY", "limit=0", "date=2026-01-01..2030-01-01"):
        assert (await admin.get(f"{RATES}/rehearsal?{query}")).status_code == 422


async def test_bad_questions_and_strangers(dispatch: Single) -> None:
    admin = await dispatch.visitor("admin")
    for query in (
        "by=colour",
        "period=昨天",
        "period=2026-13",
        "period=9999-12",
        "period=%00",
        "of=%00",
        "period=1900..2100",
        "period=2020-01-01..2026-01-01",
    ):
        for path in (RATES, f"{RATES}/cases"):
            answer = await admin.get(f"{path}?{query}")
            assert answer.status_code == 422
            assert any("\u4e00" <= letter <= "\u9fff" for letter in answer.json()["errors"][0]["detail"])
    for query in ("rate=speed", "part=half", "limit=0"):
        assert (await admin.get(f"{RATES}/cases?{query}")).status_code == 422
    assert (await admin.get(f"{RATES}/cases?cursor=nonsense")).status_code == 400
    assert (await (await dispatch.visitor("auditor")).get(RATES)).status_code == 200
    assert (await (await dispatch.visitor("department", unit="ZR-DUTY")).get(RATES)).status_code == 403
