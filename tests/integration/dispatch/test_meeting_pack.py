"""会商材料: each case that waits, with its story, what was ruled of its like, and what lies on the table; 举报 without words."""

from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from tests.harness.single import Single
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, opened
from tests.integration.dispatch.test_follow_up import done, ours

PACK = "/dispatch/v1/meetings/pack"


async def _ruled(dispatch: Single, desk: AsyncClient, name: str) -> dict[str, Any]:
    [case] = await opened(dispatch, Order(name))
    squad = await dispatch.visitor("department", unit="ZR-DUTY-5")
    await do(squad, case, "return", reason="not_ours", proposal="派出所")
    return await do(desk, case, "rule", lead="ZR-POLICE-4", ground="人为喧哗，治安管理处罚法")


async def _not_content_twice(dispatch: Single, desk: AsyncClient, order: Order) -> dict[str, Any]:
    case = await done(dispatch, order)
    squad = await dispatch.visitor("department", unit="ZR-DUTY-5")
    await do(desk, case, "callback", resolved=False)
    await do(squad, case, "sign")
    await do(squad, case, "resolve", measures="再次劝导", evidence=["photo_after"])
    return await do(desk, case, "callback", resolved=True, satisfaction="dissatisfied")


async def test_a_pack_holds_what_a_meeting_needs(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk", unit="ZR-OPS")
    assert (await desk.get(PACK)).json() == {"items": [], "next": None}
    rulings = [await _ruled(dispatch, desk, f"ruled_{n}") for n in range(3)]
    case = await _not_content_twice(dispatch, desk, ours("ord_1"))
    whistle = {"case_id": case["case_id"], "kind": "daily", "units": ["QP-ECO"], "need": "测噪声"}
    assert (await desk.post("/dispatch/v1/whistles", json=whistle)).status_code == 201
    [item] = (await desk.get(PACK)).json()["items"]
    assert (item["case_id"], item["waits_for"], item["order_count"]) == (case["case_id"], "street", 1)
    assert item["summary"].startswith("兰溪路生鲜店")
    assert ("综合网格", "G4") in [(one["overlay"], one["code"]) for one in item["grids"]]
    assert item["story"][0]["type"] == "case.opened"
    assert item["story_before"] == 0
    [ruling] = item["rulings"]
    assert (ruling["case_id"], ruling["lead"]) == (rulings[-1]["case_id"], "ZR-POLICE-4")
    assert ruling["said"].startswith("判例：2026-11-")
    assert item["proposal"]["text"].startswith("裁定 3 次同向")
    assert any(said.startswith("日常哨等报到，普陀区生态环境局还没有到") for said in item["on_the_table"])
    assert any("督办单第1号要在" in said for said in item["on_the_table"])
    # Whoever has a part in it reads it too, without the change of the table that is not theirs to make.
    squad = await dispatch.visitor("department", unit="ZR-DUTY-5")
    [theirs] = (await squad.get(PACK)).json()["items"]
    assert (theirs["case_id"], theirs["proposal"]) == (case["case_id"], None)
    assert (await (await dispatch.visitor("department", unit="ZR-FIRE")).get(PACK)).json()["items"] == []
    for role in ("source", "volunteer"):
        assert (await (await dispatch.visitor(role)).get(PACK)).status_code == 403
    for asked in ({"limit": 0}, {"limit": 51}, {"cursor": "x"}):
        assert (await desk.get(PACK, params=asked)).status_code in (400, 422), asked


async def test_what_was_told_in_confidence_is_not_printed(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk", unit="ZR-OPS")
    await _not_content_twice(dispatch, desk, ours("ord_1", confidential=True, kind="report"))
    [item] = (await desk.get(PACK)).json()["items"]
    assert item["title"] == "举报件"
    assert item["kept_back"].startswith("举报件，只由主办单位")
    assert (item["summary"], item["address"], item["grids"], item["story"]) == ("", None, [], [])
    assert "卸货" not in str(item)


async def test_pages_follow_each_other(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk", unit="ZR-OPS")
    cases = []
    for number in range(3):
        cases.append((await _not_content_twice(dispatch, desk, ours(f"ord_{number}")))["case_id"])
        await dispatch.advance(timedelta(minutes=1))
    first = (await desk.get(PACK, params={"limit": 2})).json()
    rest = (await desk.get(PACK, params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["case_id"] for one in (*first["items"], *rest["items"])] == cases
    assert rest["next"] is None


async def test_what_fits_a_case_is_shown_with_it(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk", unit="ZR-OPS")
    [early] = await opened(dispatch, Order("early"))
    path = f"{CASES}/{early['case_id']}/precedents"
    assert (await desk.get(path)).json() == {"items": [], "proposal": None}
    ruled = [await _ruled(dispatch, desk, f"ruled_{n}") for n in range(3)]
    found = (await desk.get(path)).json()
    [one] = found["items"]
    assert (one["case_id"], one["here"], one["here_name"]) == (ruled[-1]["case_id"], "ZR-POLICE-4", one["lead_name"])
    assert found["proposal"]["row"]["lead"] == ["grid:police"]
    # A case's own ruling is none of its precedents: the ones before it are.
    [before] = (await desk.get(f"{CASES}/{ruled[-1]['case_id']}/precedents")).json()["items"]
    assert before["case_id"] == ruled[-2]["case_id"]
    squad = await dispatch.visitor("department", unit="ZR-DUTY-5")
    told = (await squad.get(path)).json()
    assert (len(told["items"]), told["proposal"]) == (1, None)
    stranger = await dispatch.visitor("department", unit="ZR-FIRE")
    for case_id in (early["case_id"], "case_none", "a%00b"):
        assert (await stranger.get(f"{CASES}/{case_id}/precedents")).status_code == 404, case_id
    assert (await (await dispatch.visitor("volunteer")).get(path)).status_code == 403
