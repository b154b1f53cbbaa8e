"""Who may ask for what, and what comes of bad questions."""

from datetime import timedelta

import httpx
import pytest

from tests.harness.single import Single
from tests.harness.zhenru import AT
from tests.integration.console.story import HOUR, Story, clock, order


async def _ids(http: httpx.AsyncClient, **asked: str) -> list[str]:
    answer = await http.get("/console/v1/cases", params=asked)
    assert answer.status_code == 200, answer.text
    return sorted(item["case_id"] for item in answer.json()["items"])


async def _three(console: Single) -> None:
    """case_a led by the duty squad in grid G4, case_b by the market in G5, case_c a tip-off led by the market in G4."""
    place = {"address": "桃浦路", "grids": {"comprehensive": "G5"}}
    await console.publish(
        *Story("case_a", AT - 3 * HOUR).opened(),
        *Story("case_b", AT - 2 * HOUR).opened(
            lead="ZR-MARKET-2", assists=[], place=place, title="预付卡不退款", light="red", **{"class": "easy"}
        ),
        *Story("case_c", AT - HOUR).opened(
            lead="ZR-MARKET-1", assists=["ZR-DUTY-3"], kind="report", confidential=True, title="某店回收地沟油"
        ),
    )


async def test_each_role_sees_its_own(console: Single) -> None:
    await _three(console)
    for role in ("admin", "duty_desk", "supervisor", "auditor"):
        assert await _ids(await console.visitor(role)) == ["case_a", "case_b", "case_c"]
    assert await _ids(await console.visitor("department", "ZR-MARKET")) == ["case_a", "case_b", "case_c"]
    assert await _ids(await console.visitor("department", "ZR-DUTY")) == ["case_a", "case_c"]
    assert await _ids(await console.visitor("department", "QP-POLICE")) == ["case_a"]
    assert await _ids(await console.visitor("department", "ZR-FIRE")) == []
    assert await _ids(await console.visitor("grid_chief", "ZR-G5")) == ["case_b"]
    assert await _ids(await console.visitor("grid_chief", "ZR-G4")) == ["case_a", "case_c"]
    assert await _ids(await console.visitor("department")) == []
    fire = await console.visitor("department", "ZR-FIRE")
    assert (await fire.get("/console/v1/cases/case_a")).status_code == 404
    assert (await fire.get("/console/v1/summary")).json()["states"] == {}


async def test_a_whistle_opens_the_case_to_those_called(console: Single) -> None:
    story = Story()
    fire = await console.visitor("department", "ZR-FIRE")
    calls = [{"unit": "ZR-FIRE-1", "state": "called"}]
    await console.publish(*story.opened(), story.step("whistle.blown", HOUR, whistle_state="open", calls=calls))
    assert await _ids(fire) == ["case_a"]
    assert (await fire.get("/console/v1/summary")).json()["whistles"] == {"open": 1}


async def test_a_tip_off_is_told_to_its_lead_alone(console: Single) -> None:
    await _three(console)
    lead = await console.visitor("department", "ZR-MARKET")
    assert (await lead.get("/console/v1/cases/case_c")).json()["title"] == "某店回收地沟油"
    assist = await console.visitor("department", "ZR-DUTY")
    answer = (await assist.get("/console/v1/cases/case_c")).json()
    assert "地沟油" not in str(answer)
    assert (answer["summary"], answer["timeline"], answer["orders"]) == ("", [], [])
    assert "地沟油" not in (await assist.get("/console/v1/cases")).text
    assert await _ids(assist, q="地沟油") == []
    assert await _ids(lead, q="地沟油") == ["case_c"]


async def test_a_source_has_no_place_here(console: Single) -> None:
    answer = await (await console.visitor("source", source="sh12345")).get("/console/v1/cases")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_console")
    assert (await console.visitor.anonymous().get("/console/v1/cases")).status_code == 401


async def test_filters_and_pages(console: Single) -> None:
    await _three(console)
    http = await console.visitor("duty_desk")
    assert await _ids(http, light="red") == ["case_b"]
    assert await _ids(http, **{"class": "easy"}) == ["case_b"]
    assert await _ids(http, unit="ZR-DUTY-3") == ["case_a", "case_c"]
    assert await _ids(http, grid="G5") == ["case_b"]
    assert await _ids(http, grid="PO5") == ["case_a", "case_c"]
    assert await _ids(http, q="预付卡") == ["case_b"]
    assert await _ids(http, q="%") == []
    assert await _ids(http, q="case_b") == ["case_b"]
    assert await _ids(http, state="closed") == []
    first = (await http.get("/console/v1/cases", params={"limit": 2})).json()
    assert [item["case_id"] for item in first["items"]] == ["case_c", "case_b"]
    rest = (await http.get("/console/v1/cases", params={"limit": 2, "cursor": first["next"]})).json()
    assert ([item["case_id"] for item in rest["items"]], rest["next"]) == (["case_a"], None)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"state": "gone"}, 422),
        ({"light": "blue"}, 422),
        ({"q": "a\x00b"}, 422),
        ({"unit": "\x00"}, 422),
        ({"q": "x" * 101}, 422),
        ({"limit": "0"}, 422),
        ({"cursor": "nonsense"}, 400),
        ({"cursor": "WzEsMl0"}, 400),
    ],
)
async def test_bad_questions(console: Single, asked: dict[str, str], status: int) -> None:
    answer = await (await console.visitor("duty_desk")).get("/console/v1/cases", params=asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_not_there(console: Single) -> None:
    http = await console.visitor("duty_desk")
    for path in ("/console/v1/cases/none", "/console/v1/cases/a%00b", "/console/v1/nothing", "/nothing"):
        answer = await http.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "not_found"
    assert (await http.get("/console/v1/rebuild")).status_code == 405
    assert (await http.get("/console/v1/summary", params={"period": "soon"})).status_code == 422


async def test_the_rates_of_a_period(console: Single) -> None:
    """Four cases due today: solved and liked, solved late, open and overdue, a consultation that is left out."""
    start = AT.replace(hour=1)

    def told(case_id: str, **given: str) -> tuple[Story, list]:  # type: ignore[type-arg]
        story = Story(case_id, start)
        first = story.opened(**given)
        clocks = [
            clock("contact", start, start + 2 * HOUR),
            clock("resolve", start, start + 6 * HOUR),
        ]
        first[1] = Story(case_id, start, 1, story.now).step("case.dispatched", state="dispatched", clocks=clocks)
        return story, first

    good, events = told("case_good")
    events += [
        good.step("case.contacted", HOUR, state="in_progress"),
        good.step("case.resolved", HOUR, state="resolved"),
        good.step("case.feedback", HOUR, resolved=True, satisfaction="satisfied"),
    ]
    late, more = told("case_late")
    events += [
        *more,
        late.step("case.contacted", 3 * HOUR, state="in_progress"),
        late.step("case.explained", 5 * HOUR, state="explained"),
        late.step("case.called_back", HOUR, resolved=None, satisfaction=None),
        late.step("case.called_back", HOUR, resolved=False, satisfaction="fair"),
    ]
    events += told("case_over")[1] + told("case_asked", kind="consult", excluded="consult")[1]
    # 经批准的不合理诉求: granted, which later events need not say again.
    beyond, more = told("case_beyond")
    events += [*more, beyond.step("case.excluded", HOUR, excluded="unreasonable"), beyond.step("case.progressed", HOUR)]
    await console.publish(*events)
    http = await console.visitor("duty_desk")
    rates = (await http.get("/console/v1/summary", params={"period": "day"})).json()["rates"]
    got = {code: (each["numerator"], each["denominator"]) for code, each in rates["rates"].items()}
    assert got == {"response": (1, 3), "resolution": (1, 2), "satisfaction": (1.5, 2)}
    assert (rates["on_time"]["numerator"], rates["on_time"]["denominator"]) == (1, 3)
    assert rates["excluded"] == {"consult": 1, "unreasonable": 1}
    assert rates["rates"]["response"]["small_sample"] is True
    assert rates["rates"]["response"]["formula"] == "按时先行联系的件数 ÷ 应先行联系的件数"
    before = (await http.get("/console/v1/summary", params={"period": "2026-10"})).json()["rates"]
    assert before["rates"]["response"]["value"] is None


async def test_counts_by_state_and_light(console: Single) -> None:
    await _three(console)
    story = Story("case_d", AT - 5 * HOUR)
    await console.publish(*story.opened(), story.step("case.closed", HOUR, state="closed"))
    summary = (await (await console.visitor("duty_desk")).get("/console/v1/summary")).json()
    assert summary["states"] == {"dispatched": 3, "closed": 1}
    assert summary["lights"] == {"green": 2, "yellow": 0, "red": 1}
    assert summary["now"] == console.clock.now().isoformat()


async def test_the_whole_is_not_ready_while_four_services_lack(console: Single) -> None:
    http = console.visitor.anonymous()
    assert (await http.get("/healthz")).json() == {"status": "alive"}
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json()["problems"]) >= {"intake", "grids", "dispatch", "notify"}
    assert (await http.get("/console/healthz")).status_code == 200
    assert (await http.get("/console/readyz")).status_code == 200
    assert "console_events_total" in (await http.get("/metrics")).text


async def test_the_wall_tells_what_may_be_told(console: Single) -> None:
    for case_id, given in (
        ("case_a", {"summary": "兰溪路148弄12号302室夜里很吵"}),
        ("case_b", {"kind": "report", "confidential": True, "summary": "回收地沟油"}),
        ("case_c", {"summary": "<script>alert(1)</script>"}),
    ):
        story = Story(case_id)
        await console.publish(
            *story.opened(**given),
            story.step("case.resolved", HOUR, state="resolved", measures="已劝导,联系 13800000000"),
            story.step("case.feedback", HOUR, satisfaction="satisfied"),
            story.step("case.closed", HOUR, state="closed"),
        )
    await console.publish(*Story("case_open").opened(summary="还在办的事"))
    wall = await console.visitor.anonymous().get("/wall")
    assert wall.status_code == 200
    assert "兰溪路148弄夜里很吵" in wall.text
    for secret in ("302室", "地沟油", "<script>alert", "13800000000", "还在办的事"):
        assert secret not in wall.text
    assert "满意" in wall.text
    assert (await console.visitor.anonymous().get("/wall", params={"after": "nonsense"})).status_code == 400


async def test_the_wall_turns_its_pages(console: Single) -> None:
    events = []
    for number in range(35):
        story = Story(f"case_{number:02}", AT + timedelta(minutes=number))
        events += [*story.opened(summary=f"第{number:02}件"), story.step("case.closed", state="closed")]
    await console.publish(*events)
    http = console.visitor.anonymous()
    first = (await http.get("/wall")).text
    assert "第34件" in first
    assert "第04件" not in first
    older = first.split("/wall?after=")[1].split('"')[0]
    assert "第04件" in (await http.get("/wall", params={"after": older})).text


async def test_an_order_without_a_case_waits_in_the_model(console: Single) -> None:
    await console.publish(order("order.accepted", "ord_case_z"))
    await console.publish(*Story("case_z").opened())
    case = (await (await console.visitor("duty_desk")).get("/console/v1/cases/case_z")).json()
    assert case["timeline"][0]["type"] == "order.accepted"
    assert case["order_details"][0]["title"] == "夜间噪声"
