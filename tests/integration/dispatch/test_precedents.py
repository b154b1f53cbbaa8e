"""What stands behind the routing table: duties printed on the dispatch, rulings that become precedents and propose rows,
files that come back as they were, and a table tried on the cases there were."""

import asyncio
from typing import Any

from httpx import AsyncClient

from services.dispatch.domain.routing.table import BUILT_IN
from tests.harness.single import Single
from tests.integration.dispatch.story import Order

BASE = "/dispatch/v1"
CASES, RULES, DUTIES, PRECEDENTS = f"{BASE}/cases", f"{BASE}/rules", f"{BASE}/duties", f"{BASE}/precedents"
ASKED = {"concern": "GL-03.shop", "lon": 121.4079, "lat": 31.2426}


async def _opened(dispatch: Single, desk: AsyncClient, order: Order) -> dict[str, Any]:
    await dispatch.publish(order.accepted())
    listed = (await desk.get(CASES)).json()["items"]
    case_id = next(case["case_id"] for case in listed if order.order_id in case["orders"])
    found: dict[str, Any] = (await desk.get(f"{CASES}/{case_id}")).json()
    return found


async def _ruled(dispatch: Single, desk: AsyncClient, name: str, ground: str) -> dict[str, Any]:
    case = await _opened(dispatch, desk, Order(name))
    lead = await dispatch.visitor("department", unit="ZR-DUTY-5")
    at = f"{CASES}/{case['case_id']}/actions"
    back = await lead.post(at, json={"action": "return", "reason": "not_ours", "proposal": "派出所"})
    assert back.status_code == 200, back.text
    done = await desk.post(at, json={"action": "rule", "lead": "ZR-POLICE-4", "ground": ground})
    assert done.status_code == 200, done.text
    return case


async def test_the_duty_is_printed_on_the_dispatch(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk")
    case = await _opened(dispatch, desk, Order("ord_1"))
    ground = case["decision"]["ground"]
    assert "职责清单第 1 版：承办真如责任网格5组，监管" in ground
    assert "执法真如责任网格5组，依据《中华人民共和国噪声污染防治法》" in ground
    dispatched = next(event for event in await dispatch.events("duoge.cases") if event.name == "case.dispatched")
    assert dispatched.data["ground"] == ground
    assert "职责清单第 1 版" in dispatched.data["text"]
    # A newer list is printed on what comes after; what was dispatched stays.
    listed = (await desk.get(DUTIES)).json()
    new = [{"matter": "GL-03", "undertakes": ["role:police"], "article": "新办法第三条"}]
    answer = await desk.put(DUTIES, json=listed | {"duties": new, "note": "试行"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["version"]) == (200, 2), answer.text
    after = (await desk.post(f"{BASE}/explain", json=ASKED)).json()
    assert "职责清单第 2 版：承办真如派出所，依据新办法第三条" in after["ground"]
    assert (await desk.get(f"{CASES}/{case['case_id']}")).json()["decision"]["ground"] == ground
    compared = (await desk.get(f"{DUTIES}/differences", params={"before": 1, "after": 2})).json()
    assert [one["key"] for one in compared["added"]] == ["GL-03/*/*"]


async def test_lists_of_duties_that_are_refused(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk")
    duty = {"matter": "GL-03", "undertakes": ["role:police"]}
    for duties, pointer in (
        ([], "/duties"),
        ([duty | {"matter": "GL-99"}], "/duties/0/matter"),
        ([duty | {"zone": "moon"}], "/duties/0/zone"),
        ([duty | {"owner": "nobody"}], "/duties/0/owner"),
        ([duty | {"enforces": ["unit:NOBODY"]}], "/duties/0/enforces/0"),
        ([duty, duty], "/duties/1/matter"),
        ([duty | {"article": "x\0"}], "/duties/0/article"),
        ([duty | {"code": "1+1"}], "/duties/0/code"),
    ):
        answer = await desk.put(DUTIES, json={"duties": duties})
        assert answer.status_code == 422, duties
        assert answer.json()["errors"][0]["pointer"] == pointer
    other = await dispatch.visitor("department", unit="ZR-POLICE")
    assert (await other.put(DUTIES, json={"duties": [duty]})).status_code == 403
    both = [desk.put(DUTIES, json={"duties": [duty]}, headers={"If-Match": '"1"'}) for _ in range(2)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [200, 412]


async def test_files_come_back_as_they_were(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk")
    for form in ("xlsx", "csv", "json"):
        saved = await desk.get(f"{RULES}/file", params={"format": form})
        assert saved.status_code == 200
        read = await desk.post(f"{RULES}/read", content=saved.content)
        assert read.json()["rows"] == [row.as_json() for row in BUILT_IN.written]
        if form != "json":
            duties = await desk.get(f"{DUTIES}/file", params={"format": form})
            again = await desk.post(f"{DUTIES}/read", content=duties.content)
            assert again.json()["duties"] == (await desk.get(DUTIES)).json()["duties"]
    # A clerk writes names; a cell that can't be is named by line and column.
    table = "规则编号,条件：子项,条件：渠道,主办\na,噪声与油烟扰民·商铺营业噪声,12345 市民服务热线,operation\n"
    read = await desk.post(f"{RULES}/read", content=table.encode("gb18030"))
    assert read.json()["rows"][0]["when"]["sub"] == ["GL-03.shop"], read.text
    bad = await desk.post(f"{RULES}/read", content=table.replace("operation", "=1+1").encode())
    assert (bad.status_code, bad.json()["errors"][0]["line"], bad.json()["errors"][0]["column"]) == (422, 2, "主办")
    assert (await desk.post(f"{RULES}/read", content=b"x" * (11 * 1024 * 1024))).status_code == 413


async def test_three_rulings_the_same_way_propose_a_row(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk")
    first = await _ruled(dispatch, desk, "ord_1", "人为喧哗，治安管理处罚法")
    found = (await desk.get(PRECEDENTS, params={"q": "喧哗", "concern": "GL-03.shop", "unit": "ZR-POLICE-4"})).json()
    assert [one["case_id"] for one in found["items"]] == [first["case_id"]]
    assert (found["items"][0]["target"], found["items"][0]["previous"]) == ("grid:police", "ZR-DUTY-5")
    for params in ({"q": "没有的"}, {"concern": "AQ-01"}, {"unit": "ZR-FIRE"}):
        assert (await desk.get(PRECEDENTS, params=params)).json()["items"] == []
    # A like case comes: its precedent is proposed, in the case and without one.
    like = await _ruled(dispatch, desk, "ord_2", "同上")
    proposed = like["decision"]["alternatives"]
    assert [(one["rule"], one["lead"]) for one in proposed] == [("precedent-1", "ZR-POLICE-4")]
    assert proposed[0]["reason"].startswith("判例：2026-")
    asked = (await desk.post(f"{BASE}/explain", json=ASKED)).json()
    assert [one["rule"] for one in asked["alternatives"]] == ["precedent-2"]
    assert (await desk.get(f"{PRECEDENTS}/proposals")).json()["items"] == []
    await _ruled(dispatch, desk, "ord_3", "三次了")
    [proposal] = (await desk.get(f"{PRECEDENTS}/proposals")).json()["items"]
    assert proposal["text"].startswith("裁定 3 次同向：建议改规则")
    assert (proposal["instead_of"], proposal["row"]["lead"]) == ("GL-03.shop", ["grid:police"])
    # Adopted as it is, it decides, and nothing is proposed any more.
    table = (await desk.get(RULES)).json()
    answer = await desk.put(RULES, json=table | {"rows": [*table["rows"], proposal["row"]], "note": "按判例"})
    assert answer.status_code == 200, answer.text
    assert (await desk.post(f"{BASE}/explain", json=ASKED)).json()["rule"] == proposal["row"]["id"]
    assert (await desk.get(f"{PRECEDENTS}/proposals")).json()["items"] == []
    page = (await desk.get(PRECEDENTS, params={"limit": 2})).json()
    rest = (await desk.get(PRECEDENTS, params={"limit": 2, "cursor": page["next"]})).json()
    assert [one["id"] for one in (*page["items"], *rest["items"])] == [3, 2, 1]
    other = await dispatch.visitor("department", unit="ZR-POLICE")
    assert {one["title"] for one in (await other.get(PRECEDENTS)).json()["items"]} == {""}


async def test_a_table_is_tried_on_the_last_cases(dispatch: Single) -> None:
    desk = await dispatch.visitor("duty_desk")
    for number in range(3):
        await _opened(dispatch, desk, Order(f"ord_{number}"))
    rows = [row.as_json() | ({"lead": ["grid:police"]} if row.id == "GL-03.shop" else {}) for row in BUILT_IN.written]
    tried = (await desk.post(f"{RULES}/simulate", json={"rows": rows, "last": 2})).json()
    assert tried["summary"]["moves"] == [
        {
            "from": "ZR-DUTY-5",
            "from_name": "真如责任网格5组",
            "to": "ZR-POLICE-4",
            "to_name": "真如警务责任区4组",
            "count": 2,
        }
    ]
    assert [item["held_by"] for item in tried["items"]] == ["ZR-DUTY-5"] * 2
    assert (await desk.post(f"{RULES}/simulate", json={"last": 1000})).json()["summary"]["changed"] == 0
    for body in ({"last": 0}, {"last": 10**9}, {"last": 5, "orders": [ASKED]}):
        assert (await desk.post(f"{RULES}/simulate", json=body)).status_code == 422
    # What went live can be compared and taken back.
    await desk.put(RULES, json={"rows": rows, "note": "试"})
    listed = (await desk.get(f"{RULES}/versions")).json()["items"]
    assert [(one["version"], one["note"]) for one in listed] == [(2, "试"), (1, "随软件提供的默认规则")]
    compared = (await desk.get(f"{RULES}/differences", params={"before": 1, "after": 2})).json()
    assert compared["changed"] == [
        {"id": "GL-03.shop", "fields": {"lead": {"before": ["grid:duty", "role:duty"], "after": ["grid:police"]}}}
    ]
    old = (await desk.get(RULES, params={"version": 1})).json()
    back = await desk.put(RULES, json={"rows": old["rows"], "examples": old["examples"], "note": "退回第 1 版"})
    assert back.json()["version"] == 3
    assert (await desk.get(f"{RULES}/differences", params={"before": 1, "after": 3})).json()["changed"] == []
