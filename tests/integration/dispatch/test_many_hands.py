"""Several hands on the same thing at the same moment; the same thing asked for twice; a case of very many entries."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from services.dispatch.repository import record as repository
from tests.harness.single import Single
from tests.integration.dispatch.recorded import keeper_of, unsaid
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, names, opened

WHISTLES = "/dispatch/v1/whistles"


async def test_two_who_saw_the_same_version_and_only_one_acts(dispatch: Single) -> None:
    """Each sees at once what was done, and knows that it was not by him."""
    [case] = await opened(dispatch, Order("ord_1"))
    admin, squad = await dispatch.visitor("admin"), await dispatch.visitor("department", unit="ZR-DUTY")
    path, seen = f"{CASES}/{case['case_id']}", {"If-Match": f'"{case["version"]}"'}
    asked: list[dict[str, Any]] = [{"action": "sign"}, {"action": "transfer", "to": "ZR-DUTY-4"}, {"action": "contact"}]
    answers = await asyncio.gather(
        *(who.post(f"{path}/actions", json=body, headers=seen) for body in asked for who in (admin, squad))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    [done] = [answer.json() for answer in answers if answer.status_code == 200]
    assert {answer.json()["version"] for answer in answers if answer.status_code == 412} == {done["version"]}
    read = (await admin.get(path)).json()
    assert {name for name in done if read[name] != done[name]} <= {
        "allowed",
        "changed_at",
        "dispatched_at",
        "timeline",
        "clocks",
    }
    assert [(line["type"], line["text"]) for line in read["timeline"]] == [
        (line["type"], line["text"]) for line in done["timeline"]
    ]
    assert read["version"] == case["version"] + 1


async def test_an_answer_that_was_lost_is_given_again_whatever_has_happened_since(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    path = f"{CASES}/{case['case_id']}/actions"
    keyed = {"Idempotency-Key": "k1", "If-Match": f'"{case["version"]}"'}
    first = await admin.post(path, json={"action": "sign"}, headers=keyed)
    assert first.status_code == 200
    assert (await admin.post(path, json={"action": "progress"})).status_code == 200
    again = await admin.post(path, json={"action": "sign"}, headers=keyed)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await admin.post(path, json={"action": "progress"}, headers={"Idempotency-Key": "k1"})).status_code == 409
    squad = await dispatch.visitor("department", unit="ZR-DUTY")
    assert (await squad.post(path, json={"action": "urge"}, headers={"Idempotency-Key": "k1"})).status_code == 200
    refused = await admin.post(path, json={"action": "sign"}, headers={"Idempotency-Key": "k2"})
    assert refused.status_code == 409
    # What was refused is not remembered: it may be asked for again when it is allowed.
    assert (await admin.post(path, json={"action": "urge"}, headers={"Idempotency-Key": "k2"})).status_code == 200
    told = await names(dispatch, case["case_id"])
    assert (told.count("case.signed"), told.count("case.urged")) == (1, 2)


async def test_a_person_and_the_clock_at_once(dispatch: Single) -> None:
    """Signed and overdue at the same moment: one after the other, each on what the other left."""
    cases = await opened(dispatch, *(Order(f"ord_{number}") for number in range(8)))
    squad = await dispatch.visitor("department", unit="ZR-DUTY")
    dispatch.clock.advance(timedelta(days=2))
    sweeper = dispatch.service.sweepers()[0]
    asked = [squad.post(f"{CASES}/{case['case_id']}/actions", json={"action": "sign"}) for case in cases]
    answers, _ = await asyncio.gather(asyncio.gather(*asked), sweeper.turn())
    assert {answer.status_code for answer in answers} == {200}
    await dispatch.drain()
    for case in cases:
        found = (await squad.get(f"{CASES}/{case['case_id']}")).json()
        assert [clock["state"] for clock in found["clocks"] if clock["kind"] == "sign"] == ["late"]
        told = await names(dispatch, case["case_id"])
        assert told.count("case.signed") == 1
        assert told.count("case.overdue") <= 3
    assert await unsaid(dispatch) == []


async def test_two_hands_on_one_whistle(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk")
    body = {"kind": "joint_enforcement", "need": "联合检查", "units": ["ZR-POLICE-4", "ZR-MARKET-1"]}
    place = {"place": {"lon": 121.4079, "lat": 31.2426, "address": "兰溪路"}}
    whistle = (await desk.post(WHISTLES, json=body | place)).json()
    police = await dispatch.visitor("department", unit="ZR-POLICE-4")
    path, seen = f"{WHISTLES}/{whistle['whistle_id']}", {"If-Match": f'"{whistle["version"]}"'}
    answers = await asyncio.gather(
        police.post(f"{path}/accept", json={"unit": "ZR-POLICE-4"}, headers=seen),
        desk.post(f"{path}/cancel", json={"note": "不用了"}, headers=seen),
        desk.post(f"{path}/cancel", json={"note": "不用了"}, headers=seen),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    assert await unsaid(dispatch) == []


async def test_two_keepers_number_without_a_gap(dispatch: Single) -> None:
    await opened(dispatch, *(Order(f"ord_{number}") for number in range(5)))
    keeper = keeper_of(dispatch)
    await asyncio.gather(*(keeper.seal() for _ in range(4)))
    async with dispatch.service.db.reading() as tx:
        made = await repository.checkpoints(tx, 0, 100)
    assert [one.number for one in made] == list(range(1, len(made) + 1))
    assert sorted(head.subject for one in made for head in one.heads) == sorted(
        {head.subject for one in made for head in one.heads}
    )


async def test_a_timeline_of_thousands_is_read_in_pages(dispatch: Single) -> None:
    order = Order("ord_1")
    [case] = await opened(dispatch, order)
    await dispatch.publish(*(order.urged() for _ in range(1500)))
    admin = await dispatch.visitor("admin")
    path = f"{CASES}/{case['case_id']}"
    found = (await admin.get(path)).json()
    assert (len(found["timeline"]), found["timeline_before"]) == (1000, 503)
    seen: list[str] = []
    before: int | None = found["timeline_before"]
    while before is not None:
        page = (await admin.get(f"{path}/timeline", params={"before": before, "limit": 200})).json()
        seen = [line["type"] for line in page["items"]] + seen
        before = page["next"]
    assert len(seen) == 502
    assert seen[:3] == ["case.opened", "case.dispatched", "case.urged"]
    stranger = await dispatch.visitor("department", unit="ZR-MARKET-7")
    assert (await stranger.get(f"{path}/timeline")).status_code == 404
    assert (await admin.get(f"{path}/timeline?before=0")).status_code == 422
    async with dispatch.service.db.reading() as tx:
        longest = (await tx.execute(text("SELECT max(octet_length(body)) FROM entry WHERE sequence > 2"))).scalar_one()
    assert longest < 500
