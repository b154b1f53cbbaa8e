"""Returns proposed and answered, 不合理诉求 approved, appeals decided: windows, roles, two at once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.intake.main import build
from services.intake.settings import IntakeSettings
from services.kit.contracts.answers import CallbackAnswered
from services.kit.contracts.envelope import Event
from services.kit.contracts.registry import make
from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single, single
from tests.harness.zhenru import AT
from tests.integration.intake.made import abusive, acted, case_event, last_event, order, posted, read

RETURN: dict[str, Any] = {"reason": "不属本街道", "proposal": "转隔壁街道"}
ASKED: dict[str, Any] = {"reason": "要求拆除合法建筑", "evidence": ["不动产登记证", "https://example.org/1.jpg"]}


async def in_case(intake: Single, client: httpx.AsyncClient, **more: Any) -> str:
    order_id = str((await posted(client, order(**more)))["order_id"])
    await intake.publish(case_event("case.opened", f"case_{order_id}", 1, "open", order_id))
    return order_id


async def test_a_refused_return_is_where_its_case_has_got(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    order_id = await in_case(intake, source)
    told = await acted(desk, order_id, "return", **RETURN)
    assert told["status"] == "returned_to_source"
    assert not {"return/accept", "return/refuse"} & set(told["links"]), "what the desk asked is the source's to answer"
    assert {"return/accept", "return/refuse"} <= set((await read(source, order_id))["links"])
    assert (await last_event(intake, order_id)).data["pending"] is True
    await intake.publish(case_event("case.resolved", f"case_{order_id}", 2, "resolved", order_id, measures="已劝导"))
    assert (await read(source, order_id))["status"] == "returned_to_source"
    assert (await acted(source, order_id, "urge"))["status"] == "returned_to_source"
    after = await acted(source, order_id, "return/refuse", note="就是你们的")
    assert (after["status"], after["reason"], after["said"]) == ("resolved", None, None)
    event = await last_event(intake, order_id)
    assert (event.name, event.data["note"], event.data["status"]) == ("order.return_refused", "就是你们的", "resolved")
    assert (await acted(source, order_id, "return/refuse", 409))["state"] == "resolved"


async def test_the_source_says_no_only_once(source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    order_id = (await posted(source, order()))["order_id"]
    await acted(desk, order_id, "return", **RETURN)
    assert (await acted(source, order_id, "return/refuse"))["status"] == "accepted"
    again = await acted(desk, order_id, "return", 409, **RETURN)
    assert again["code"] == "asked_already"
    assert "return" not in again["allowed"]
    assert {"supplement", "withdraw"} <= set(again["allowed"])


async def test_taken_back_it_is_settled(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    order_id = await in_case(intake, source)
    await acted(desk, order_id, "return", **RETURN)
    assert (await acted(source, order_id, "return/accept"))["status"] == "returned_to_source"
    assert (await last_event(intake, order_id)).name == "order.return_accepted"
    for action in ("urge", "withdraw", "return/refuse"):
        await acted(source, order_id, action, 409)
    items = (await source.get("/intake/v1/requests?kind=return")).json()["items"]
    assert [(one["state"], one["decided_by"]) for one in items] == [("granted", "source-sh12345")]


async def test_withdrawn_while_the_source_thinks(source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    order_id = (await posted(source, order()))["order_id"]
    await acted(desk, order_id, "return", **RETURN)
    assert (await acted(source, order_id, "withdraw"))["status"] == "withdrawn"
    await acted(source, order_id, "return/refuse", 409)
    assert (await source.get("/intake/v1/requests?state=open")).json()["items"] == []


async def test_the_window_does_not_run_over_holidays(database_url: str) -> None:
    """Received the day before the National Day week: two working days end on the ninth of October."""
    before = datetime.fromisoformat("2026-09-30T10:00:00+08:00")
    async with single(build, IntakeSettings, database_url, at=before) as intake:
        source, desk = (
            await intake.visitor("source", source="sh12345"),
            await intake.visitor("duty_desk", unit="ZR-OPS"),
        )
        early, late = [(await posted(source, order(reported_at=before.isoformat())))["order_id"] for _ in range(2)]
        await intake.advance(timedelta(days=8))
        assert (await acted(desk, early, "return", **RETURN))["status"] == "returned_to_source"
        await intake.advance(timedelta(days=4))
        over = await acted(desk, late, "return", 409, **RETURN)
        assert (over["code"], "withdraw" in over["allowed"]) == ("return_window_over", True)


async def test_a_source_that_does_not_answer_is_reminded_every_night(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    order_id = (await posted(source, order()))["order_id"]
    await acted(desk, order_id, "return", **RETURN)
    await intake.advance(timedelta(days=3))
    names = [one.name for one in await intake.events(ORDERS.name) if one.subject == order_id]
    assert names[-3:] == ["order.returned_to_source", "order.told_again", "order.told_again"]
    await acted(source, order_id, "return/refuse")
    await intake.advance(timedelta(days=3))
    assert (await last_event(intake, order_id)).name == "order.return_refused"


async def test_of_two_answers_one_counts(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    order_id = (await posted(source, order()))["order_id"]
    await acted(desk, order_id, "return", **RETURN)
    path = f"/intake/v1/orders/{order_id}/return"
    answers = await asyncio.gather(source.post(f"{path}/accept"), source.post(f"{path}/refuse"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    sequences = [one.sequence for one in await intake.events(ORDERS.name) if one.subject == order_id]
    assert sequences == list(range(1, len(sequences) + 1))


@pytest.mark.parametrize("approved", [True, False])
async def test_unreasonable_is_for_the_supervisor(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient, approved: bool
) -> None:
    order_id = await in_case(intake, source)
    supervisor = await intake.visitor("supervisor", unit="QP")
    await acted(desk, order_id, "unreasonable", **ASKED)
    assert (await acted(desk, order_id, "unreasonable", 409, **ASKED))["code"] == "asked_already"
    decision = "approve" if approved else "refuse"
    await acted(desk, order_id, f"unreasonable/{decision}", 403)
    await intake.publish(case_event("case.closed", f"case_{order_id}", 2, "closed", order_id))
    after = await acted(supervisor, order_id, f"unreasonable/{decision}", note="核实过")
    assert after["status"] == "closed"
    event = await last_event(intake, order_id)
    assert (event.name == "order.excluded") is approved
    if approved:
        assert (event.data["ground"], event.data["whole_case"]) == ("unreasonable", True)
    await acted(supervisor, order_id, f"unreasonable/{decision}", 409)


async def test_a_case_is_excluded_with_the_last_of_its_orders(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    supervisor = await intake.visitor("supervisor", unit="QP")
    ids = [(await posted(source, order(content=f"楼道飞线充电{n}")))["order_id"] for n in range(2)]
    await intake.publish(case_event("case.opened", "case_two", 1, "open", *ids))
    for order_id in ids:
        await acted(desk, order_id, "unreasonable", **ASKED)
    answers = await asyncio.gather(
        *(supervisor.post(f"/intake/v1/orders/{order_id}/unreasonable/approve") for order_id in ids)
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    told = [one.data["whole_case"] for one in await intake.events(ORDERS.name) if one.name == "order.excluded"]
    assert sorted(told) == [False, True]


async def test_an_appeal_is_rejected_by_the_supervisor_alone(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, abusive())
    order_id = told["order_id"]
    await acted(source, order_id, "appeal", reason="确实吵")
    assert (await acted(desk, order_id, "triage", 409, decline="abuse"))["allowed"] == [
        "join",
        "supplement",
        "urge",
        "withdraw",
    ]
    await acted(desk, order_id, "appeal/decide", 403, upheld=False)
    supervisor = await intake.visitor("supervisor", unit="QP")
    after = await acted(supervisor, order_id, "appeal/decide", upheld=False, note="听过录音")
    assert (after["status"], after["reason"]) == ("declined", told["reason"])
    assert after["said"].startswith("经复核，维持原决定。")
    assert (await last_event(intake, order_id)).name == "order.declined"
    assert (await acted(source, order_id, "appeal", 409))["code"] == "asked_already"


async def test_an_appeal_is_upheld(intake: Single, source: httpx.AsyncClient) -> None:
    order_id = (await posted(source, abusive()))["order_id"]
    await acted(source, order_id, "appeal")
    supervisor = await intake.visitor("supervisor", unit="QP")
    after = await acted(supervisor, order_id, "appeal/decide", upheld=True)
    # Its words are no longer against it; what they mean is still to be found out.
    assert (after["status"], after["reason"]) == ("triage", "concern_unclear")


async def test_being_told_again_changes_nothing(intake: Single, source: httpx.AsyncClient) -> None:
    order_id = (await posted(source, order(callback_url="http://127.0.0.1:9/x")))["order_id"]
    assert (await acted(source, order_id, "tell-again"))["status"] == "accepted"
    event = await last_event(intake, order_id)
    assert (event.name, event.data["status"], event.data["callback_url"]) == (
        "order.told_again",
        "accepted",
        "http://127.0.0.1:9/x",
    )


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("unreasonable", {"reason": "x", "evidence": []}),
        ("unreasonable", {"reason": "x\u0000", "evidence": ["y"]}),
        ("unreasonable", {"reason": "x", "evidence": "y"}),
        ("return/refuse", {"note": 1}),
        ("return/accept", {"note": "长" * 2001}),
        ("appeal/decide", {"upheld": "yes"}),
        ("appeal/decide", {}),
    ],
)
async def test_bad_bodies(intake: Single, action: str, body: dict[str, Any]) -> None:
    admin = await intake.visitor("admin")
    order_id = (await posted(admin, order()))["order_id"]
    await acted(admin, order_id, action, 422, **body)


async def test_another_sources_return_is_not_there(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    order_id = (await posted(source, order()))["order_id"]
    await acted(desk, order_id, "return", **RETURN)
    other = await intake.visitor("source", source="other")
    await acted(other, order_id, "return/accept", 404)
    await acted(desk, order_id, "return/accept", 403)
    assert (await other.get("/intake/v1/requests")).json()["items"] == []


def answered(order_id: str, sequence: int, accepted: bool, source: str = "sh12345", reason: str = "") -> Event:
    body = CallbackAnswered(order_id=order_id, source=source, accepted=accepted, reason=reason)
    return make("callback.answered", body, subject=order_id, sequence=sequence, at=AT)


async def test_the_source_may_answer_in_the_body_of_the_callback(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    """Its own orders only, and the first word counts."""
    order_id = await in_case(intake, source)
    await intake.publish(answered(order_id, 1, True))
    assert (await read(source, order_id))["status"] == "in_progress"
    await acted(desk, order_id, "return", **RETURN)
    await intake.publish(answered(order_id, 2, True, source="somebody"))
    assert (await read(source, order_id))["status"] == "returned_to_source"
    await intake.publish(answered(order_id, 3, False, reason="就是你们的"), answered(order_id, 4, True))
    after = await last_event(intake, order_id)
    assert (after.name, after.data["note"]) == ("order.return_refused", "就是你们的")
    assert (await read(source, order_id))["status"] == "in_progress"


async def test_taken_back_in_the_body_of_the_callback(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    order_id = await in_case(intake, source)
    await acted(desk, order_id, "return", **RETURN)
    await intake.publish(answered(order_id, 1, True))
    assert (await last_event(intake, order_id)).name == "order.return_accepted"
