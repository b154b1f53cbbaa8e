"""From the whistle of an emergency to the telephone, through all the services."""

from datetime import timedelta

from tests.harness.whole import system
from tests.integration.notify.receiving import Receiver

FIREMEN = {"FIRE-01": "13800000001", "FIRE-02": "13800000002"}
HERE = {"lon": 121.407887, "lat": 31.242573, "address": "兰溪路生鲜店"}


async def test_the_first_on_duty_then_the_next_until_one_answers(database_url: str, receiver: Receiver) -> None:
    async with system(database_url, more={"sms_gateway": receiver.url}) as town:
        admin, desk = await town.visitor("admin"), await town.visitor("duty_desk", "ZR-OPS")
        people = [
            {"code": code, "name": "值班员", "unit": "ZR-FIRE", "role": "消防员", "channels": {"mobile": number}}
            for code, number in FIREMEN.items()
        ]
        assert (await admin.put("/grids/v1/people", json=people)).status_code == 200
        day = [{"from": "00:00", "to": "00:00", "people": list(FIREMEN)}]
        week = {"weeks": [dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), day)]}
        answer = await admin.put("/grids/v1/rosters/ZR-FIRE", json=week, params={"wait": "true"})
        assert answer.status_code < 300, answer.text
        await town.drain()
        blown = {"kind": "emergency", "units": ["ZR-FIRE"], "need": "楼道电瓶车起火", "place": HERE}
        answer = await desk.post("/dispatch/v1/whistles", json=blown)
        assert answer.status_code == 201, answer.text
        whistle = answer.json()["whistle_id"]
        await town.drain()
        first = (await receiver.until(1))[0].event
        assert (first["person"], first["to"], first["whistle_id"]) == ("FIRE-01", FIREMEN["FIRE-01"], whistle)
        assert "楼道电瓶车起火" in first["text"]
        assert "兰溪路生鲜店报到" in first["text"]
        await town.advance(timedelta(minutes=3))
        calls = await receiver.until(3)
        assert sorted((call.event["round"], call.event["person"]) for call in calls) == [
            (1, "FIRE-01"),
            (2, "FIRE-01"),
            (2, "FIRE-02"),
        ]
        fire = await town.visitor("department", "ZR-FIRE")
        answer = await fire.post(f"/dispatch/v1/whistles/{whistle}/accept", json={"unit": "ZR-FIRE"})
        assert answer.status_code == 200, answer.text
        await town.advance(timedelta(minutes=10))
        sent = (await admin.get("/notify/v1/deliveries", params={"kind": "sms", "state": "delivered"})).json()["items"]
        assert len(sent) == 3
        paged = [call.event for call in receiver.calls if call.event["of"] == "ZR-FIRE"]
        assert len(paged) == 3
