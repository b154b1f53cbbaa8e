"""The contract's part on events, read from the topics as a subscriber of the bus would."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from services.kit.bus.port import Record
from tests.contract.http.town import NAME, PHONE, SHOP, Json, Town, ok

pytestmark = pytest.mark.timeout(180)
ID_NUMBER = "310107198001011234"
PERSON = f"我叫{NAME}，电话{PHONE}，身份证{ID_NUMBER}，住3号楼302室"
HIDDEN = (NAME, PHONE, ID_NUMBER, "302室")
HEADERS = ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence", "content-type")
OF_A_CASE = ("case_id", "sequence", "state", "class", "level", "concern", "lead", "assists", "place", "clock", "text")
SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas"


@cache
def checker(kind: str) -> Any:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{kind}.json").read_text("utf-8")))


async def lived(town: Town) -> Json:
    """A case with a person's data in every place where somebody may write."""
    case = await town.case(content=f"{PERSON}，生鲜店夜间卸货噪声很大", title=f"{NAME}反映夜间噪声")
    source, desk, lead = await town.source(), await town.desk(), await town.lead(case)
    order = f"/intake/v1/orders/{case['orders'][0]}"
    ok(await source.post(f"{order}/supplement", json={"content": PERSON}))
    ok(await source.post(f"{order}/urge", json={"note": PERSON}))
    said = {"by": NAME, "note": f"已联系{NAME}，电话{PHONE}，{PERSON}"}
    await town.do(lead, case, "sign", "contact", "progress", **said)
    await town.do(desk, case, "urge", **said)
    here = {"lon": case["place"]["lon"], "lat": case["place"]["lat"]}
    whistle = await town.blow(desk, "ZR-POLICE", case_id=case["case_id"], meet=here, need=PERSON)
    police = await town.key("department", "ZR-POLICE")
    for action, more in (("accept", {}), ("report-in", here), ("done", {})):
        ok(await town.step(police, whistle, action, unit="ZR-POLICE", person=NAME, note=PERSON, **more))
    ok(await town.step(desk, whistle, "evaluate", unit="ZR-POLICE", note=PERSON))
    ok(await town.step(desk, whistle, "release", note=PERSON))
    await town.blow(desk, "ZR-FIRE", need=PERSON, place=SHOP | {"address": "兰溪路148弄12号302室"})
    await town.do(lead, case, "resolve", measures=f"已答复{NAME}，{PERSON}", **said)
    return await town.feedback(case, "satisfied", PERSON)


async def test_events_of_all_topics_keep_the_contract(town: Town) -> None:
    case = await lived(town)
    assert case["state"] == "closed"
    records = [*await town.topic("duoge.orders"), *await town.topic("duoge.cases")]
    assert len(records) > 20
    last: dict[tuple[str, str], int] = defaultdict(int)
    seen: set[str] = set()
    for record in records:
        _enveloped(record)
        kind, subject, data = record.headers["ce_type"], record.headers["ce_subject"], json.loads(record.value or b"")
        sequence = int(record.headers["ce_sequence"])
        assert sequence == last[record.topic, subject] + 1, "counting up per subject"
        last[record.topic, subject] = sequence
        checker(kind).validate(data)
        assert record.headers["ce_id"] not in seen
        seen.add(record.headers["ce_id"])
        if kind.startswith("duoge.case."):
            assert set(OF_A_CASE) <= set(data), kind
            assert (data["case_id"], data["sequence"]) == (subject, sequence)
        if kind in ("duoge.case.dispatched.v1", "duoge.case.signed.v1"):
            assert data["clock"]["kind"] == "sign"
        if kind.startswith("duoge.whistle."):
            assert subject == (data["case_id"] or data["whistle_id"])
        for hidden in HIDDEN:
            assert hidden not in (record.value or b"").decode(), (kind, hidden)
    assert ok(await (await town.desk()).get("/dispatch/v1/cases"))["items"]
    for hidden in HIDDEN:
        told = [(entry["type"], entry["text"]) for entry in case["timeline"]]
        assert hidden not in str(told)
        assert hidden not in str(case["summary"] + case["title"])


async def test_a_units_topic_is_its_feed(town: Town) -> None:
    case = await town.case()
    await town.do(await town.lead(case), case, "sign")
    for unit in (case["lead"], case["assists"][0], "ZR-POLICE"):
        records = await town.topic(f"duoge.unit.{unit}")
        feed = await town.feed(unit)
        assert [record.headers["ce_id"] for record in records] == [event["id"] for event in feed]
        for record, event in zip(records, feed, strict=True):
            _enveloped(record)
            assert json.loads(record.value or b"") == event["data"]
            checker(event["type"]).validate(event["data"])


async def test_a_report_is_confidential_to_its_lead(town: Town) -> None:
    secret = "后厨半夜卸货"
    case = await town.case(kind="report", content=f"举报生鲜店{secret}，噪声很大")
    lead, assist = await town.lead(case), await town.key("department", case["assists"][0])
    await town.do(lead, case, "sign")
    await town.do(lead, case, "resolve", measures=f"查实{secret}")
    assert secret in str(await town.feed(case["lead"], case["case_id"]))
    theirs = await town.feed(case["assists"][0], case["case_id"])
    assert theirs
    assert secret not in str(theirs)
    records = await town.topic(f"duoge.unit.{case['assists'][0]}")
    assert secret not in str([record.value.decode() for record in records if record.value])
    for path in (f"/dispatch/v1/cases/{case['case_id']}", f"/console/v1/cases/{case['case_id']}"):
        assert secret in (await lead.get(path)).text
        assert secret not in (await assist.get(path)).text


async def test_pages_without_a_key_show_no_case(town: Town) -> None:
    case = await town.case(content="生鲜店夜间卸货，噪声很大，已持续一周")
    nobody = town.running.visitor.anonymous()
    for path in ("/", f"/cases/{case['case_id']}"):
        answer = await nobody.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
    for path in ("/login", "/wall"):
        answer = await nobody.get(path)
        assert answer.status_code == 200
        assert case["case_id"] not in answer.text
        assert "已持续一周" not in answer.text
    assert (await nobody.get("/console/v1/cases")).status_code == 401
    assert (await (await town.source()).get("/console/v1/cases")).status_code == 403
    stranger = await town.key("department", "OWN-GAS")
    assert (await stranger.get(f"/console/v1/cases/{case['case_id']}")).status_code == 404
    lead = await town.lead(case)
    shown = ok(await lead.get(f"/console/v1/cases/{case['case_id']}"))
    read = await town.read(case["case_id"])
    for field in ("state", "class", "level", "concern", "light", "lead", "assists", "orders"):
        assert shown[field] == read[field], field


def _enveloped(record: Record) -> None:
    for name in HEADERS:
        assert record.headers.get(name), name
    assert record.key == record.headers["ce_subject"]
    assert record.headers["ce_specversion"] == "1.0"
    assert record.headers["content-type"].startswith("application/json")
