"""督办单, 挂账 and 并案 over HTTP: registers that show what was done, whoever does it at the same moment."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from tests.harness.single import Single
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, names, opened, try_to

SLIPS, SHELVED = "/dispatch/v1/slips", "/dispatch/v1/shelved"


async def test_a_slip_from_issue_to_the_end(dispatch: Single) -> None:
    [case, other] = await opened(dispatch, Order("ord_1"), Order("ord_2"))
    desk, district = await dispatch.visitor("duty_desk", unit="ZR-OPS"), await dispatch.visitor("supervisor")
    squad = await dispatch.visitor("department", unit="ZR-DUTY")
    market = await dispatch.visitor("department", unit="ZR-MARKET")
    due = (dispatch.clock.now() + timedelta(days=3)).isoformat()
    shown = await do(desk, case, "supervise", due=due, note="三天内回复")
    assert [(slip["level"], slip["unit"], slip["light"]) for slip in shown["slips"]] == [
        ("street", "ZR-DUTY-5", "green")
    ]
    await do(district, other, "supervise", due=due)
    number = shown["slips"][0]["number"]
    mine = (await squad.get(SLIPS, params={"unit": "ZR-DUTY-5", "state": "issued"})).json()["items"]
    assert {slip["case_id"] for slip in mine} == {case["case_id"], other["case_id"]}
    first = (await desk.get(SLIPS, params={"limit": 1})).json()
    assert len(first["items"]) == 1
    assert first["next"]
    assert (await (await dispatch.visitor("department", unit="OWN-LAMP")).get(SLIPS)).json()["items"] == []
    assert (await market.post(f"{SLIPS}/{number}/close", json={})).status_code == 403
    assert (await squad.post(f"{SLIPS}/no-such-1/reply", json={"note": "x"})).status_code == 404
    assert (await squad.post(f"{SLIPS}/{number}/burn", json={})).status_code == 422
    early = await desk.post(f"{SLIPS}/{number}/summon")
    assert (early.status_code, early.json()["allowed"], early.json()["state"]) == (409, ["reply"], "issued")
    await dispatch.advance(timedelta(days=4))
    late = (await desk.get(SLIPS, params={"overdue": True})).json()["items"]
    assert [slip["light"] for slip in late] == ["red", "red"]
    assert (await desk.post(f"{SLIPS}/{number}/summon", json={"note": "约谈负责人"})).status_code == 200
    assert (await desk.post(f"{SLIPS}/{number}/circulate")).status_code == 200
    assert (await squad.post(f"{SLIPS}/{number}/reply", json={"note": ""})).status_code == 422
    both = await asyncio.gather(*(squad.post(f"{SLIPS}/{number}/reply", json={"note": "已整改"}) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    stale = await desk.post(f"{SLIPS}/{number}/close", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    closed = (await desk.post(f"{SLIPS}/{number}/close")).json()
    assert (closed["state"], closed["overdue"], closed["reply"]) == ("closed", True, "已整改")
    told = await names(dispatch, case["case_id"])
    assert [name for name in told if "slip" in name or name in ("case.summoned", "case.circulated")] == [
        "case.summoned",
        "case.circulated",
        "case.slip_replied",
        "case.slip_closed",
    ]


async def test_the_register_of_what_cannot_be_done_now(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    desk, squad = await dispatch.visitor("duty_desk"), await dispatch.visitor("department", unit="ZR-DUTY")
    await do(squad, case, "sign")
    await do(squad, case, "contact")
    await do(squad, case, "shelve", reason="works")
    assert (await desk.get(SHELVED)).json()["items"] == []
    await do(desk, case, "approve", by="街道副主任")
    [entry] = (await squad.get(SHELVED)).json()["items"]
    assert (entry["shelving"]["reason"], entry["shelving"]["signed_by"]) == ("待工程实施", "街道副主任")
    await dispatch.advance(timedelta(days=31))
    assert (await desk.get(SHELVED)).json()["items"][0]["shelving"]["review_overdue"] is True
    assert (await try_to(squad, case, "review")).status_code == 403
    await do(desk, case, "review", note="春季开工")
    assert (await desk.get(SHELVED)).json()["items"][0]["shelving"]["review_overdue"] is False
    await do(desk, case, "unshelve")
    assert (await desk.get(SHELVED)).json()["items"] == []
    assert "case.overdue" not in await names(dispatch, case["case_id"])


async def test_two_cases_that_turn_out_to_be_one(dispatch: Single) -> None:
    [late, early] = await opened(
        dispatch,
        Order("ord_1"),
        Order("ord_2", more={"source_due": dispatch.clock.now() + timedelta(hours=30)}),
    )
    desk, squad = await dispatch.visitor("duty_desk"), await dispatch.visitor("department", unit="ZR-DUTY")
    due = (dispatch.clock.now() + timedelta(days=9)).isoformat()
    await do(desk, early, "supervise", due=due)
    path = f"{CASES}/{early['case_id']}/merge"
    assert (await squad.post(path, json={"into": late["case_id"]})).status_code == 403
    assert (await desk.post(path, json={"into": "case_none"})).status_code == 422
    assert (await desk.post(path, json={"into": early["case_id"]})).status_code == 422
    assert (await desk.post(path, json={"into": late["case_id"]}, headers={"If-Match": '"1"'})).status_code == 412
    one = (await desk.post(path, json={"into": late["case_id"], "note": "同一家店"})).json()
    assert one["orders"] == ["ord_1", "ord_2"]
    resolve = {clock["kind"]: clock["due"] for clock in one["clocks"]}["resolve"]
    assert resolve == {clock["kind"]: clock["due"] for clock in early["clocks"]}["resolve"]
    assert [slip["place"] for slip in one["slips"]] == [1]
    gone = (await desk.get(f"{CASES}/{early['case_id']}")).json()
    assert (gone["state"], gone["orders"], gone["slips"]) == ("withdrawn", [], [])
    number = one["slips"][0]["number"]
    assert (await squad.post(f"{SLIPS}/{number}/reply", json={"note": "已办"})).json()["case_id"] == late["case_id"]
    again = await desk.post(path, json={"into": late["case_id"]})
    assert (again.status_code, again.json()["code"]) == (409, "merge_refused")
    told = {
        event.subject: event.data for event in await dispatch.events("duoge.cases") if event.name == "case.withdrawn"
    }
    assert told[early["case_id"]]["into"] == late["case_id"]


async def test_two_desks_merge_each_into_the_other(dispatch: Single) -> None:
    [one, two] = await opened(dispatch, Order("ord_1"), Order("ord_2"))
    desk = await dispatch.visitor("duty_desk")
    answers = await asyncio.gather(
        desk.post(f"{CASES}/{one['case_id']}/merge", json={"into": two["case_id"]}),
        desk.post(f"{CASES}/{two['case_id']}/merge", json={"into": one["case_id"]}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_the_last_order_takes_what_was_demanded_with_it(dispatch: Single) -> None:
    """As intake joins it: nothing of the case that it leaves is lost."""
    first, second = Order("ord_1"), Order("ord_2")
    [one, two] = await opened(dispatch, first, second)
    desk = await dispatch.visitor("duty_desk")
    await do(desk, two, "supervise", due=(dispatch.clock.now() + timedelta(days=1)).isoformat())
    await dispatch.publish(second.joined(one["case_id"]))
    whole = (await desk.get(f"{CASES}/{one['case_id']}")).json()
    assert [slip["state"] for slip in whole["slips"]] == ["issued"]
    [slip] = (await desk.get(SLIPS)).json()["items"]
    assert slip["case_id"] == one["case_id"]


async def test_a_confidential_case_and_one_with_an_open_whistle_stay_apart(dispatch: Single) -> None:
    secret, plain, third = Order("ord_1", kind="report"), Order("ord_2"), Order("ord_3")
    cases = await opened(dispatch, secret, plain, third)
    desk = await dispatch.visitor("duty_desk")
    if cases[0]["confidential"]:
        refused = await desk.post(f"{CASES}/{cases[0]['case_id']}/merge", json={"into": cases[1]["case_id"]})
        assert (refused.status_code, refused.json()["code"]) == (409, "merge_refused")
    blown = {"case_id": cases[2]["case_id"], "kind": "daily", "units": ["ZR-FIRE-1"], "need": "到场看看"}
    answer = await desk.post("/dispatch/v1/whistles", json=blown)
    assert answer.status_code == 201, answer.text
    refused = await desk.post(f"{CASES}/{cases[2]['case_id']}/merge", json={"into": cases[1]["case_id"]})
    assert "散哨" in refused.json()["detail"]
    assert (await desk.post(f"{CASES}/{cases[1]['case_id']}/merge", json={"into": cases[2]["case_id"]})).is_success


async def test_the_register_says_what_the_case_says(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    desk = await dispatch.visitor("duty_desk")
    for days in (2, 5):
        await do(desk, case, "supervise", due=(dispatch.clock.now() + timedelta(days=days)).isoformat())
    await dispatch.advance(timedelta(days=3))
    async with dispatch.service.db.reading() as tx:
        query = "SELECT s.number, s.overdue, one->>'overdue' AS said FROM slip s JOIN cases c USING (case_id), "
        query += "jsonb_array_elements(c.course->'slips') AS one WHERE one->>'number' = s.number ORDER BY 1"
        rows = (await tx.execute(text(query))).all()
    assert [(row.overdue, row.said) for row in rows] == [(True, "true"), (False, "false")]
