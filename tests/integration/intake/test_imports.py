"""Registers over HTTP: previewed, taken in once, failed rows handed back."""

import io
import json
import zipfile
from typing import Any

import httpx
from python_calamine import CalamineWorkbook

from tests.harness.single import Single
from tests.integration.intake.test_sources import agreed
from tests.unit.intake.registers.made import HEADER, ROWS, csv, xlsx

PATH = "/intake/v1/imports"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BAD = [4, "昨天", "孙某", "", "兰溪路生鲜店", "垃圾没人收", ""]


async def imported(client: httpx.AsyncClient, raw: bytes, status_code: int = 200, **more: Any) -> Any:
    answer = await client.post(PATH, content=raw, params=more)
    assert answer.status_code == status_code, answer.text
    return answer.json()


async def test_previewed_taken_in_and_nothing_twice(intake: Single, desk: httpx.AsyncClient) -> None:
    raw = xlsx([HEADER, *ROWS, BAD], titles=["来访登记表"])
    seen = await imported(desk, raw, preview="true")
    assert (seen["added"], seen["known"], seen["failures"], seen["rows"]) == (3, 0, 1, 4)
    assert {"header": "反映内容（必填）", "field": "content"} in seen["columns"]
    assert seen["sample"][0]["content"].startswith("每晚")
    assert "赵铁柱" not in json.dumps(seen["sample"], ensure_ascii=False)
    assert (await desk.get("/intake/v1/orders")).json()["items"] == []
    told = await imported(desk, raw)
    assert (told["added"], told["known"], told["failures"]) == (3, 0, 1)
    assert told["failed"][0]["line"] == 6
    assert "昨天 读不出时间" in told["failed"][0]["reasons"][0]
    assert [row["line"] for row in told["taken"]] == [3, 4, 5]
    assert [(await desk.get(row["links"]["receipt"])).status_code for row in told["taken"]] == [200] * 3
    again = await imported(desk, csv([HEADER, *ROWS, BAD], "gb18030"))
    assert (again["added"], again["known"]) == (0, 3)
    assert {row["order_id"] for row in again["taken"]} == {row["order_id"] for row in told["taken"]}
    items = (await desk.get("/intake/v1/orders")).json()["items"]
    assert {one["channel"] for one in items} == {"offline"}
    assert sorted(one["content"] for one in items)[0] == "楼道堆物"


async def test_failed_rows_come_back_as_a_workbook_to_put_right(intake: Single, desk: httpx.AsyncClient) -> None:
    answer = await desk.post(
        PATH, files={"file": ("台账.xlsx", xlsx([HEADER, *ROWS, BAD]), XLSX)}, headers={"Accept": XLSX}
    )
    assert answer.headers["Content-Type"] == XLSX
    assert answer.headers["X-Import-Added"] == "3"
    rows = CalamineWorkbook.from_object(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[0][-1] == "失败原因"
    assert rows[1][1] == "昨天"
    right = [rows[0], [*rows[1][:1], "2026-11-22", *rows[1][2:]]]
    told = await imported(desk, xlsx(right))
    assert (told["added"], told["failures"]) == (1, 0)


async def test_progress(intake: Single, desk: httpx.AsyncClient) -> None:
    rows = [["", "2026-11-20", "", "", "兰溪路生鲜店", f"路灯不亮 {number}", ""] for number in range(1100)]
    answer = await desk.post(PATH, content=csv([HEADER, *rows]), headers={"Accept": "text/event-stream"})
    events = [part.split("\n")[0] for part in answer.text.strip().split("\n\n")]
    assert events == ["event: progress"] * 3 + ["event: answer"]
    last = json.loads(answer.text.strip().split("\n")[-1].removeprefix("data: "))
    assert last["added"] == 1100


async def test_a_number_of_its_own_with_other_words_is_named(intake: Single, desk: httpx.AsyncClient) -> None:
    header = ["工单编号", "反映时间", "诉求内容", "地址"]
    await imported(desk, csv([header, ["A-1", "2026-11-20", "路灯不亮", "兰溪路生鲜店"]]))
    told = await imported(
        desk, csv([header, ["A-1", "2026-11-20", "路灯亮了", "兰溪路生鲜店"], ["A-2", "1999-1-1", "x", ""]])
    )
    assert told["failures"] == 2
    assert "external_id" in told["failed"][0]["reasons"][0]
    assert told["failed"][1]["reasons"][0].startswith("反映时间：")


async def test_what_is_refused(intake: Single, desk: httpx.AsyncClient) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    for raw in (b"", b"nonsense", bomb.getvalue(), b"PK\x03\x04", b"a,b\n1,2"):
        told = await imported(desk, raw, 422)
        assert told["errors"][0]["pointer"] == "/file"
    assert (await imported(desk, xlsx([HEADER]), 422, channel="none"))["errors"][0]["pointer"] == "/channel"
    assert (await (await intake.visitor("auditor")).post(PATH, content=b"x")).status_code == 403
    assert (await imported(desk, xlsx([HEADER])))["rows"] == 0


async def test_a_source_s_quota_holds_here_too(intake: Single) -> None:
    await agreed(intake, "register", per_day=2)
    source = await intake.visitor("source", source="register")
    told = await imported(source, xlsx([HEADER, *ROWS]))
    assert (told["added"], told["failures"]) == (2, 1)
    assert "每天最多 2 张" in told["failed"][0]["reasons"][0]
