"""升级 is for a stated reason."""

from tests.harness.single import Single
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import do, opened, try_to


async def test_a_climb_says_why(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    squad = await dispatch.visitor("department", unit="ZR-DUTY-5")
    for empty in ({}, {"reason": ""}, {"reason": "  "}, {"note": ""}):
        refused = await try_to(squad, case, "climb", **empty)
        assert refused.status_code == 422, empty
        assert refused.json()["errors"] == [
            {"pointer": "/reason", "detail": "升级要写明原因：为什么这一级办不了，请填 reason"}
        ]
    up = await do(squad, case, "climb", reason="要区里协调供电单位")
    assert "要区里协调供电单位" in up["timeline"][-1]["text"]
