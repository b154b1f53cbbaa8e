"""Events in, rows out; and the same rows again after a rebuild."""

from typing import Any

from sqlalchemy import text

from services.console.workers.read_model import ReadModel
from tests.harness.single import Single
from tests.integration.console.story import HOUR, Story, clock, order


async def _whole_life(console: Single) -> Story:
    story = Story()
    await console.publish(
        order("order.received", "ord_case_a", status="received"),
        order("order.accepted", "ord_case_a", 2),
        *story.opened(),
        story.step("case.signed", HOUR, state="signed", clock=clock("sign", story.at, story.at + 2 * HOUR, "met")),
        story.step("case.contacted", HOUR, state="in_progress"),
        story.step("whistle.blown", HOUR, whistle_state="open"),
        story.step(
            "whistle.reported_in",
            HOUR,
            whistle_state="met",
            calls=[{"unit": "ZR-POLICE-5", "state": "reported_in", "reported_at": story.at.isoformat()}],
        ),
        story.step("case.resolved", HOUR, state="resolved", measures="店家承诺二十二时后不卸货"),
        story.step("case.feedback", HOUR, state="resolved", resolved=True, satisfaction="satisfied"),
        story.step("case.closed", HOUR, state="closed"),
    )
    return story


async def test_a_case_from_its_first_event_to_its_last(console: Single) -> None:
    await _whole_life(console)
    http = await console.visitor("duty_desk")
    listed = (await http.get("/console/v1/cases")).json()
    assert [item["case_id"] for item in listed["items"]] == ["case_a"]
    case = (await http.get("/console/v1/cases/case_a")).json()
    assert case["state"] == "closed"
    assert case["state_name"] == "已结案"
    assert case["title"] == "夜间噪声"
    assert case["lead_name"] == "真如责任网格3组"
    assert case["contacted_in_time"] is True
    assert case["citizen_says_resolved"] is True
    assert case["satisfaction"] == "satisfied"
    assert case["called"] == ["ZR-POLICE-5"]
    assert {each["kind"]: each["state"] for each in case["clocks"]} == {
        "sign": "met",
        "contact": "running",
        "resolve": "running",
    }
    assert [entry["type"] for entry in case["timeline"]][:4] == [
        "order.received",
        "order.accepted",
        "case.opened",
        "case.dispatched",
    ]
    assert case["timeline"][0]["step"] == "走访调研"
    assert case["timeline"][-1]["step"] == "跟踪问效"
    assert case["whistles"][0]["calls"][0]["unit_name"] == "真如警务责任区5组"
    assert case["order_details"][0]["channel_name"] == "12345 市民服务热线"


async def test_rebuilding_gives_the_same_and_sends_nothing(console: Single) -> None:
    await _whole_life(console)
    await console.publish(*Story("case_b").opened())
    before = await _dump(console)
    assert len(before["cases"]) == 2
    admin = await console.visitor("admin")
    assert (await admin.post("/console/v1/rebuild")).status_code == 202
    await console.drain()
    assert await _dump(console) == before
    assert await _outbox(console) == 0
    more = Story("case_c")
    await console.publish(*more.opened())
    assert len((await _dump(console))["cases"]) == 3


async def test_a_rebuild_in_the_middle_of_traffic_skips_nothing(console: Single) -> None:
    """Events that come in between the reset and the new subscription are not taken for the beginning."""
    await console.publish(*(event for n in range(40) for event in Story(f"case_{n}").opened()))
    admin = await console.visitor("admin")
    for n in range(40, 60):
        if n % 5 == 0:
            assert (await admin.post("/console/v1/rebuild")).status_code == 202
        await console.publish(*Story(f"case_{n}").opened())
    assert len((await _dump(console))["cases"]) == 60


async def test_a_member_that_reads_on_after_a_rebuild_is_told_so(console: Single) -> None:
    """Two processes: the one that was not asked keeps its position until it notices; its batch must not count."""
    await console.publish(*Story("case_a").opened())
    model = next(worker for worker in console.service.consumers() if isinstance(worker, ReadModel))
    async with console.service.db.transaction() as tx:
        await tx.execute(text("UPDATE building SET number = number + 1"))
        await tx.execute(text("TRUNCATE cases, orders, whistles, timeline"))
        await tx.execute(text("UPDATE inbox_offset SET next_offset = 0"))
        await tx.execute(text("DELETE FROM inbox_key"))
    await console.publish(*Story("case_b").opened())
    assert model.state().ok
    assert {row["case_id"] for row in (await _dump(console))["cases"]} == {"case_a", "case_b"}


async def test_the_same_events_twice_change_nothing(console: Single) -> None:
    events = Story().opened()
    await console.publish(*events)
    before = await _dump(console)
    await console.publish(*events)
    assert await _dump(console) == before


async def test_only_an_admin_rebuilds(console: Single) -> None:
    desk = await console.visitor("duty_desk")
    assert (await desk.post("/console/v1/rebuild")).status_code == 403


async def _dump(console: Single) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    async with console.service.db.reading() as tx:
        for table in ("cases", "orders", "whistles", "timeline"):
            rows = (await tx.execute(text(f"SELECT * FROM {table}"))).all()
            plain = [{key: value for key, value in row.items() if key != "written"} for row in rows]
            found[table] = sorted(plain, key=str)
    return found


async def _outbox(console: Single) -> int:
    async with console.service.db.reading() as tx:
        return int((await tx.execute(text("SELECT count(*) FROM outbox"))).scalar_one())
