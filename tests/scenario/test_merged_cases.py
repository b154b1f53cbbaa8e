"""两件其实是一件: the desk merges whole cases, and both reporters follow the one that goes on."""

import httpx
import pytest

from tests.harness.whole import system

_SAID = (("E-1", "兰溪路生鲜店每晚十一点后卸货,噪声很大"), ("E-2", "兰溪路路灯灯杆倾斜,怕倒下来"))


def ok(answer: httpx.Response) -> dict[str, object]:
    assert answer.is_success, answer.text
    return dict(answer.json())


@pytest.mark.timeout(300)
async def test_both_reporters_follow_the_case_that_goes_on(database_url: str) -> None:
    async with system(database_url) as town:
        source = await town.visitor("source", None, "sh12345")
        desk = await town.visitor("duty_desk", "ZR-OPS")
        orders = [
            ok(
                await source.post(
                    "/intake/v1/orders",
                    json={
                        "external_id": external_id,
                        "channel": "hotline_12345",
                        "content": content,
                        "reported_at": "2026-11-23T08:15:00+08:00",
                        "location": {"lon": 121.407887, "lat": 31.242573},
                    },
                )
            )["order_id"]
            for external_id, content in _SAID
        ]
        await town.drain()
        one, two = [ok(await source.get(f"/intake/v1/orders/{order_id}"))["case_id"] for order_id in orders]
        assert one
        assert two
        assert one != two
        ok(await desk.post(f"/dispatch/v1/cases/{two}/merge", json={"into": one, "note": "同一处"}))
        await town.drain()
        for order_id in orders:
            told = ok(await source.get(f"/intake/v1/orders/{order_id}"))
            assert (told["case_id"], told["status"]) == (one, "in_progress")
        for action, more in (
            ("sign", {}),
            ("resolve", {"measures": "已处置", "evidence": ["photo_before", "photo_after"]}),
        ):
            ok(await desk.post(f"/dispatch/v1/cases/{one}/actions", json={"action": action, **more}))
        await town.drain()
        assert {ok(await source.get(f"/intake/v1/orders/{order_id}"))["status"] for order_id in orders} == {"resolved"}
