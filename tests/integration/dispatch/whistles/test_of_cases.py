"""Whistles and the case they are blown for: one order of events, one lock, one timeline."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from services.dispatch.models import Case
from services.dispatch.repository import cases as repository
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.whistles.at_once import at_once
from services.kit.outbox import Outbox
from tests.harness.zhenru import zhenru
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.whistles.house import HERE, House

CASES = "/dispatch/v1/cases"


async def opened(house: House) -> str:
    """From an order, as routing opens it."""
    await house.one.publish(Order("ord_1").accepted())
    (case,) = (await house.desk.get(CASES)).json()["items"]
    return str(case["case_id"])


async def case_of(house: House, case_id: str) -> dict[str, Any]:
    answer = await house.desk.get(f"{CASES}/{case_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def sequences(house: House, case_id: str) -> list[int]:
    return [event.sequence for event in await house.one.events("duoge.cases") if event.subject == case_id]


async def test_the_called_see_the_case_until_the_whistle_is_over(house: House) -> None:
    case_id = await opened(house)
    gas = await house.unit("OWN-GAS")
    assert (await gas.get(f"{CASES}/{case_id}")).status_code == 404
    whistle = await house.blow("OWN-GAS", case_id=case_id)
    other = await house.blow("OWN-LAMP", case_id=case_id)
    assert (await case_of(house, case_id))["called"] == ["OWN-GAS", "OWN-LAMP"]
    assert (await gas.get(f"{CASES}/{case_id}")).status_code == 200
    await house.by(house.desk, whistle, "cancel")
    assert (await gas.get(f"{CASES}/{case_id}")).status_code == 404
    assert (await case_of(house, case_id))["called"] == ["OWN-LAMP"]
    await house.by(house.desk, other, "cancel")
    assert (await case_of(house, case_id))["called"] == []


async def test_the_lead_may_be_called_and_the_timeline_is_one(house: House) -> None:
    case_id = await opened(house)
    lead = (await case_of(house, case_id))["lead"]
    whistle = await house.blow(lead, case_id=case_id)
    await house.comes(whistle, lead)
    types = [line["type"] for line in (await case_of(house, case_id))["timeline"]]
    assert types == ["case.opened", "case.dispatched", "whistle.blown", "whistle.reported_in", "whistle.met"]
    assert [line["type"] for line in (await house.read(whistle))["timeline"]] == types[2:]


async def test_case_and_whistle_are_worked_on_at_once_without_a_gap(house: House) -> None:
    case_id = await opened(house)
    units = ("ZR-POLICE", "ZR-MARKET", "ZR-FIRE", "ZR-CITYLOOK")
    whistles = [await house.blow(*units, case_id=case_id) for _ in range(2)]
    for unit in units:
        await house.unit(unit)

    async def urge() -> httpx.Response:
        return await house.desk.post(f"{CASES}/{case_id}/actions", json={"action": "urge"})

    work = [house.act(whistle, "report-in", unit, **HERE) for whistle in whistles for unit in units]
    answers = await asyncio.gather(*work, *(urge() for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    found = await sequences(house, case_id)
    assert found == list(range(1, len(found) + 1))
    assert len(found) == 2 + 2 + 8 + 2 + 4


async def test_deadlines_of_case_and_whistle_fall_due_together(house: House) -> None:
    case_id = await opened(house)
    whistle = await house.blow("ZR-POLICE", case_id=case_id)
    await house.one.advance(timedelta(days=10))
    found = await sequences(house, case_id)
    assert found == list(range(1, len(found) + 1))
    told = await house.names(whistle)
    assert told.count(("whistle.escalated", "ZR-POLICE")) == 1
    assert told.count(("whistle.exhausted", None)) == 1


async def test_a_confidential_case_is_not_named_to_others(house: House) -> None:
    await house.one.publish(Order("ord_1").accepted(confidential=True))
    (case,) = (await house.desk.get(CASES)).json()["items"]
    whistle = await house.blow("ZR-POLICE", case_id=case["case_id"])
    police = await house.unit("ZR-POLICE")
    assert (await police.get(f"{CASES}/{case['case_id']}")).status_code == 404
    assert (await house.by(police, whistle, "accept")).status_code == 200


async def test_routing_blows_at_once(house: House) -> None:
    """Lead and assists are called to the place, in the record that opened the case."""
    case_id = await opened(house)
    async with house.one.service.db.transaction() as tx:
        (case,) = await repository.locked(tx, [case_id])
        record = Record(house.one.clock.now())
        record.known(case)
        told = at_once(zhenru(), record, [_deciding(case, "emergency")])
        await told.store(tx)
        await record.write(tx, Outbox(lambda: None))
        assert not at_once(zhenru(), record, [_deciding(case, None), _deciding(case, "unknown")]).whistles
    (whistle,) = (await house.desk.get("/dispatch/v1/whistles", params={"case_id": case_id})).json()["items"]
    assert [call["unit"] for call in whistle["calls"]] == [case.lead, *case.assists]
    assert whistle["blown_unit"] == "ZR-OPS"
    await house.one.advance(timedelta(minutes=30))
    assert all(call["state"] == "missing" for call in (await house.read(whistle))["calls"])


def _deciding(case: Case, kind: str | None) -> Case:
    return replace(case, decision=replace(case.decision, whistle=kind))


async def test_whistles_of_a_withdrawn_case_are_called_off_with_the_reason(house: House) -> None:
    """Open, met and still waiting for the street's nod: none is left, and those called are told."""
    order = Order("ord_1")
    await house.one.publish(order.accepted())
    (case,) = (await house.desk.get(CASES)).json()["items"]
    case_id = str(case["case_id"])
    waited = await house.blow("OWN-GAS", "OWN-LAMP", case_id=case_id)
    met = await house.blow("ZR-POLICE", case_id=case_id)
    await house.comes(met, "ZR-POLICE")
    chief = await house.one.visitor("grid_chief", unit="ZR-G4")
    body = {"kind": "daily", "units": ["QP-ECO"], "need": "查油烟", "case_id": case_id}
    asked = (await chief.post("/dispatch/v1/whistles", json=body)).json()
    await house.one.publish(order.withdrawn())
    after = await case_of(house, case_id)
    assert (after["state"], after["called"]) == ("withdrawn", [])
    read = [await house.read(one) for one in (waited, met, asked)]
    assert [one["state"] for one in read] == ["cancelled", "released", "cancelled"]
    assert [one["timeline"][-1]["text"] for one in read] == [
        "市民撤回，撤案；哨随案撤，不必再到场",
        "市民撤回，撤案；哨随案散，到场的请收队",
        "市民撤回，撤案；哨随案撤，不必再到场",
    ]
    assert {one["timeline"][-1]["by"] for one in read} == {"系统"}
    told = (await house.told(waited))[-1]
    assert (told.name, [call["unit"] for call in told.data["calls"]]) == ("whistle.cancelled", ["OWN-GAS", "OWN-LAMP"])
    numbers = await sequences(house, case_id)
    assert numbers == list(range(1, len(numbers) + 1))
    # What falls due afterwards finds nothing to do.
    before = len(await house.one.events("duoge.cases"))
    await house.one.advance(timedelta(days=3))
    assert len(await house.one.events("duoge.cases")) == before


async def test_a_case_that_loses_its_last_order_to_another_calls_its_whistle_off(house: House) -> None:
    one, two = Order("ord_1"), Order("ord_2")
    await house.one.publish(one.accepted())
    (first,) = (await house.desk.get(CASES)).json()["items"]
    whistle = await house.blow("OWN-GAS", case_id=first["case_id"])
    await house.one.publish(two.accepted())
    second = next(each for each in (await house.desk.get(CASES)).json()["items"] if each["case_id"] != first["case_id"])
    await house.one.publish(one.joined(second["case_id"]))
    read = await house.read(whistle)
    assert read["state"] == "cancelled"
    assert read["timeline"][-1]["text"] == f"并入案件 {second['case_id']}；哨随案撤，不必再到场"
    # Whoever was called while the case goes on with other orders stays called.
    three = Order("ord_3")
    await house.one.publish(three.joined(second["case_id"]))
    kept = await house.blow("OWN-GAS", case_id=second["case_id"])
    await house.one.publish(three.withdrawn())
    assert (await house.read(kept))["state"] == "open"


async def test_a_merge_takes_along_what_still_waits_for_the_nod(house: House) -> None:
    for name in ("ord_1", "ord_2"):
        await house.one.publish(Order(name).accepted())
    ends, stays = (await house.desk.get(CASES)).json()["items"]
    chief = await house.one.visitor("grid_chief", unit="ZR-G4")
    body = {"kind": "daily", "units": ["QP-ECO"], "need": "查油烟", "case_id": ends["case_id"]}
    asked = (await chief.post("/dispatch/v1/whistles", json=body)).json()
    answer = await house.desk.post(f"{CASES}/{ends['case_id']}/merge", json={"into": stays["case_id"]})
    assert answer.status_code == 200, answer.text
    read = await house.read(asked)
    assert read["state"] == "cancelled"
    assert read["timeline"][-1]["text"].startswith(f"并入案件 {stays['case_id']}；")
