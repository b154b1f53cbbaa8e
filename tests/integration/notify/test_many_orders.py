"""Ten thousand report the same: no event grows with them, and at the end every one of their sources hears of it once."""

from typing import Any

from sqlalchemy import text

from services.kit.contracts.cases import listed
from services.kit.contracts.envelope import Event
from tests.integration.notify.conftest import Notify
from tests.integration.notify.stories import Story

MANY = 10_000
# Nobody answers there: what is to be delivered stays as it was written.
NOWHERE = "http://127.0.0.1:9/callback"


def _of(orders: list[str], **more: Any) -> dict[str, Any]:
    return {"orders": listed(orders), "order_count": len(orders), **more}


async def test_ten_thousand_orders_of_one_case(notify: Notify) -> None:
    names = [f"ord_{number:032x}" for number in range(MANY + 1)]
    story = Story("case_01", unit=None)
    steps: list[Event] = [story.tell("case.opened", **_of(names[:1]))]
    steps += [
        story.tell("case.merged", **_of(names[: count + 1], came=[names[count]]), text="并案")
        for count in range(1, MANY + 1)
    ]
    stayed = names[:-1]
    steps.append(story.tell("case.merged", **_of(stayed, went=[names[-1]]), text="拆案"))
    assert max(len(event.value) for event in steps) < 6_000
    for start in range(0, len(names), 2_000):
        part = names[start : start + 2_000]
        await notify.publish(*(Story(name).tell("order.joined", callback_url=NOWHERE) for name in part))
    for start in range(0, len(steps), 2_000):
        await notify.publish(*steps[start : start + 2_000])
    closed = story.tell("case.closed", **_of(stayed))
    await notify.publish(closed)

    async with notify.one.service.db.reading() as tx:
        rows = (
            await tx.execute(
                text(
                    "SELECT receiver, event->>'id' AS id, event->'data'->'orders' AS orders, "
                    "event->'data'->>'order_count' AS count FROM delivery WHERE name = 'case.closed'"
                )
            )
        ).all()
    assert sorted(row.receiver for row in rows) == stayed
    assert {row.id for row in rows} == {closed.id}
    # Nobody learns of the others.
    assert all(row.orders == [row.receiver] and row.count == "1" for row in rows)


async def test_a_source_whose_case_named_all_before_hears_too(notify: Notify) -> None:
    """As it was told before events had a bound."""
    names = [f"ord_{number:032x}" for number in range(60)]
    story = Story("case_01", unit=None)
    await notify.publish(*(Story(name).tell("order.joined", callback_url=NOWHERE) for name in names))
    await notify.publish(story.tell("case.opened", orders=names[:1]))
    await notify.publish(*(story.tell("case.merged", orders=names[:count]) for count in range(2, 60)))
    await notify.publish(story.tell("case.merged", **_of(names, came=[names[-1]])))
    await notify.publish(story.tell("case.closed", **_of(names)))
    async with notify.one.service.db.reading() as tx:
        rows = (await tx.execute(text("SELECT receiver FROM delivery WHERE name = 'case.closed'"))).all()
    assert sorted(row.receiver for row in rows) == names
