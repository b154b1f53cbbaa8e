"""A district's model beside the words: put in use without a restart, heard, fallen back from; and what the desk corrected."""

import asyncio
import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.domain.learned.modelfile import dumped
from services.intake.learner import Learner
from services.intake.main import build
from services.intake.repository import learning
from services.intake.settings import IntakeSettings
from tests.harness.single import Single, single
from tests.harness.zhenru import AT
from tests.integration.intake.made import NAME, PHONE, acted, case_event, order, posted, read, unclear
from tests.unit.intake.learned_made import made_model

RAW = dumped(made_model())
OTHER_RAW = dumped(made_model({"GL-03": "噪声与油烟扰民", "CS-01": "乱停乱放", "FW-01": "食品安全与消费维权"}))
STRANGE_RAW = dumped(made_model({"GL-03": "城管局", "CS-01": "交警支队", "FW-01": "食药监局"}))
HUMS = "石泉路嗡嗡声又来了"


async def _put(client: httpx.AsyncClient, raw: bytes, status_code: int = 200) -> dict[str, Any]:
    answer = await client.put("/intake/v1/model", content=raw, headers={"Content-Type": "application/octet-stream"})
    assert answer.status_code == status_code, answer.text
    return dict(answer.json())


async def _classified(client: httpx.AsyncClient, text: str, **more: Any) -> dict[str, Any]:
    made = await posted(client, order(content=text, **more))
    return dict((await read(client, made["order_id"]))["classified"])


async def test_a_model_is_put_in_use_and_heard_at_once(intake: Single, source: httpx.AsyncClient) -> None:
    admin = await intake.visitor("admin")
    before = await _classified(source, HUMS)
    assert (before["by"], before["model"]) == ("words", None)
    told = await _put(admin, RAW)
    assert told["from"] == "upload"
    assert told["scores"]["n"] > 0
    assert (told["labels_known"], told["labels_unknown"]) == (3, [])
    after = await _classified(source, HUMS)
    assert (after["concern"], after["by"], after["model"]) == ("GL-03", "model", told["version"])
    assert after["confidence"] >= 0.5
    assert after["words"]
    assert all(word in HUMS for word in after["words"])
    shown = (await admin.get("/intake/v1/model")).json()
    assert shown["last_day"]["by_model"] == 1
    assert datetime.fromisoformat(shown["since"]) == AT


async def test_what_it_is_not_sure_of_is_read_by_words(intake: Single, source: httpx.AsyncClient) -> None:
    await _put(await intake.visitor("admin"), RAW)
    found = await _classified(source, "有住户飞线充电,从六楼挂下来")
    assert (found["concern"], found["by"]) == ("GL-01", "words")


async def test_no_model_silences_a_cry(intake: Single, source: httpx.AsyncClient) -> None:
    await _put(await intake.visitor("admin"), RAW)
    for text in ("楼道着火了,嗡嗡声整夜不断睡不着", "有人要跳楼,车子横在路口过不去"):
        made = await posted(source, order(content=text))
        assert made["status"] == "accepted"
        assert (await read(source, made["order_id"]))["classified"]["emergency"]


async def test_it_is_taken_out_again(intake: Single, source: httpx.AsyncClient) -> None:
    admin = await intake.visitor("admin")
    first = await _put(admin, RAW)
    second = await _put(admin, OTHER_RAW)
    assert second["labels_known"] == 3
    assert [one["version"] for one in second["past"]] == [first["version"]]
    gone = (await admin.delete("/intake/v1/model")).json()
    assert (gone["version"], gone["from"]) == (None, None)
    assert [one["version"] for one in gone["past"]] == [second["version"], first["version"]]
    assert (await _classified(source, HUMS))["by"] == "words"


@pytest.mark.parametrize("raw", [b"", b"{}", RAW[:-100], STRANGE_RAW])
async def test_what_is_no_model_of_ours_is_refused(intake: Single, raw: bytes) -> None:
    admin = await intake.visitor("admin")
    told = await _put(admin, raw, 422)
    assert "模型" in told["detail"]
    assert (await admin.get("/intake/v1/model")).json()["version"] is None


async def test_only_an_admin_changes_it(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    await _put(desk, RAW, 403)
    assert (await desk.delete("/intake/v1/model")).status_code == 403
    assert (await source.get("/intake/v1/model")).status_code == 403
    assert (await source.get("/intake/v1/corrections")).status_code == 403
    assert (await desk.get("/intake/v1/model")).status_code == 200


async def test_two_that_put_one_at_once_leave_one_in_use(intake: Single) -> None:
    admin = await intake.visitor("admin")
    await asyncio.gather(_put(admin, RAW), _put(admin, OTHER_RAW), _put(admin, RAW))
    shown = (await admin.get("/intake/v1/model")).json()
    assert shown["version"] is not None
    assert len(shown["past"]) == 2


async def test_another_process_follows(intake: Single) -> None:
    other = Learner(intake.service.db, None)
    await other.follow()
    assert other.current is None
    told = await _put(await intake.visitor("admin"), RAW)
    await other.follow()
    assert other.current is not None
    assert other.current.about.version == told["version"]


async def test_a_file_is_used_until_one_is_uploaded(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "model.npz"
    file.write_bytes(OTHER_RAW)
    async with single(build, IntakeSettings, database_url, more={"intake_model": file}) as intake:
        admin = await intake.visitor("admin")
        assert (await admin.get("/intake/v1/model")).json()["from"] == "file"
        assert (await _put(admin, RAW))["from"] == "upload"
        assert (await admin.delete("/intake/v1/model")).json()["from"] == "file"
        learner = Learner(intake.service.db, file)
        await learner.follow()
        first = learner.current
        file.write_bytes(b"broken")
        await learner.follow()
        assert first is not None
        assert learner.current is None
        file.write_bytes(RAW)
        await learner.follow()
        assert learner.current is not None


async def test_what_the_desk_corrects_is_kept_for_the_next_training(intake: Single, desk: httpx.AsyncClient) -> None:
    source = await intake.visitor("source", source="sh12345")
    said = f"=有人违停，嗡嗡声又来了,我叫{NAME},电话{PHONE}"
    made = await posted(source, unclear(content=said, reporter={"name": NAME, "phone": PHONE}))
    await acted(desk, made["order_id"], "triage", address="兰溪路生鲜店", concern="GL-03")
    (line,) = (await desk.get("/intake/v1/corrections")).text.splitlines()
    told = json.loads(line)
    assert (told["order_id"], told["concern"][:5], told["by_role"]) == (made["order_id"], "GL-03", "duty_desk")
    assert (told["was"], told["was_by"]) == ("CS-01.carriageway", "words")
    assert "嗡嗡声" in told["content"]
    assert NAME not in line
    assert PHONE not in line
    sheet = (await desk.get("/intake/v1/corrections?format=csv")).text
    (row,) = csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff")))
    assert row["content"].startswith("'=")
    assert (await desk.get(f"/intake/v1/corrections?after={told['id']}")).text == ""


async def test_a_correction_goes_with_its_order(intake: Single, desk: httpx.AsyncClient) -> None:
    source = await intake.visitor("source", source="sh12345")
    made = await posted(source, unclear())
    await acted(desk, made["order_id"], "triage", address="兰溪路生鲜店", concern="GL-03")
    async with intake.service.db.transaction() as tx:
        assert len(await learning.corrections(tx, 0, 10)) == 1
        await tx.driver.execute("DELETE FROM orders WHERE order_id = $1", made["order_id"])
        assert await learning.corrections(tx, 0, 10) == []


async def test_rulings_are_learned_from(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    """The unit responsible in the end, of what is settled; who got it wrongly first is told beside it."""
    ruled = (await posted(source, order(content=f"=楼道堆物没人管，联系{NAME} {PHONE}")))["order_id"]
    done = (await posted(source, order(content="路灯坏了三天")))["order_id"]
    hand = (await posted(source, order(content="垃圾没有清运")))["order_id"]
    for number, order_id in enumerate((ruled, done, hand)):
        await intake.publish(case_event("case.opened", f"case_{number}", 1, "open", order_id))
    first = {"previous": "ZR-DUTY-3", "lead": "ZR-POLICE"}
    await intake.publish(
        case_event("case.ruled", "case_0", 2, "dispatched", ruled, **first),
        case_event("case.ruled", "case_0", 3, "dispatched", ruled, previous="ZR-POLICE", lead="ZR-MARKET"),
        case_event("case.resolved", "case_1", 2, "resolved", done, measures="已修"),
    )
    answer = await desk.get("/intake/v1/ledger?format=csv")
    rows = {row["order_id"]: row for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))}
    assert set(rows) == {ruled, done}
    assert (rows[ruled]["lead"], rows[ruled]["ruled"], rows[ruled]["lead_before"]) == ("ZR-MARKET", "True", "ZR-POLICE")
    assert (rows[done]["lead"], rows[done]["ruled"], rows[done]["lead_before"]) == ("ZR-DUTY-3", "False", "")
    assert rows[ruled]["content"].startswith("'=")
    assert PHONE not in answer.text
    assert NAME not in answer.text
    lines = [json.loads(line) for line in (await desk.get("/intake/v1/ledger")).text.splitlines()]
    assert {line["order_id"]: line["lead"] for line in lines} == {ruled: "ZR-MARKET", done: "ZR-DUTY-3"}
    assert (await source.get("/intake/v1/ledger")).status_code == 403
