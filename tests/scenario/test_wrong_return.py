"""An order is returned though it is ours: the 12345 says no, and it is worked on to the end within its time."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.kit.clock import SHANGHAI
from tests.harness.whole import system

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
ORDER: dict[str, Any] = {
    "external_id": "SH12345-20261123-000777",
    "channel": "hotline_12345",
    "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "reported_at": "2026-11-23T08:15:00+08:00",
    "location": {"lon": 121.407887, "lat": 31.242573},
    "source_due": "2026-11-26T17:00:00+08:00",
}


def _ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json()


@pytest.mark.timeout(240)
async def test_a_wrong_return_is_refused_and_worked_on_to_the_end(database_url: str) -> None:
    async with system(database_url, at=MONDAY) as town:
        source, desk = await town.visitor("source", source="sh12345"), await town.visitor("duty_desk", "ZR-OPS")
        order_id = _ok(await source.post("/intake/v1/orders", json=ORDER))["order_id"]
        await town.drain()
        path = f"/intake/v1/orders/{order_id}"
        case_id = _ok(await source.get(path))["case_id"]
        body = {"reason": "不属本街道", "proposal": "转长征镇"}
        assert _ok(await desk.post(f"{path}/return", json=body))["status"] == "returned_to_source"
        await town.drain()

        async def case() -> dict[str, Any]:
            return dict(_ok(await desk.get(f"/dispatch/v1/cases/{case_id}")))

        kept = await case()
        assert kept["state"] == "dispatched"
        squad = await town.visitor("department", kept["lead"])

        async def act(who: httpx.AsyncClient, action: str, **more: Any) -> None:
            _ok(await who.post(f"/dispatch/v1/cases/{case_id}/actions", json={"action": action} | more))
            await town.drain()

        await act(squad, "sign")
        await act(squad, "contact")
        await town.advance(timedelta(days=1))
        told = _ok(await source.post(f"{path}/return/refuse", json={"note": "地点在贵街道"}))
        assert told["status"] == "in_progress"
        await town.drain()
        evidence = ["photo:before", "photo:after", "note:visit"]
        await act(squad, "resolve", measures="店家承诺二十二时后不卸货", evidence=evidence)
        await act(desk, "verify", note="到场核查")
        _ok(await source.post(f"{path}/feedback", json={"resolved": True, "satisfaction": "satisfied", "comment": ""}))
        await town.drain()
        ended = await case()
        assert ended["state"] == "closed"
        resolve = next(clock for clock in ended["clocks"] if clock["kind"] == "resolve")
        assert resolve["state"] == "met"
        assert datetime.fromisoformat(resolve["due"]) == datetime.fromisoformat(ORDER["source_due"])
        order = _ok(await source.get(path))
        assert (order["status"], order["satisfaction"]) == ("closed", "satisfied")
        steps = [line["type"] for line in order["progress"]]
        assert (
            steps.index("order.returned_to_source") < steps.index("order.return_refused") < steps.index("case.closed")
        )
