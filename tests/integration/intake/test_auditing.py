"""The auditor of intake: every order that was accepted gets into a case."""

import httpx

from tests.harness.single import Single
from tests.integration.intake.made import case_event, order, posted


async def test_an_order_without_a_case_is_found(intake: Single, source: httpx.AsyncClient) -> None:
    [auditor] = intake.service.auditors()
    told = await posted(source, order())
    await intake.drain()
    await auditor.round(0)
    await auditor.round(200)
    assert all(held.holds for held in auditor.held.values())
    await auditor.round(301)
    [found] = auditor.held["orders_have_cases"].found
    assert found[0].about == told["order_id"]
    await intake.publish(case_event("case.opened", "case_1", 1, "open", told["order_id"]))
    await auditor.round(302)
    assert all(held.holds for held in auditor.held.values())
