"""Attachments: uploaded, named by orders, looked at by whoever may, and cleared away."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.intake.main import build
from services.intake.settings import IntakeSettings
from services.intake.storage import Bucket, Credentials, StoreAway
from services.kit.clock import real_now
from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single, single
from tests.integration.intake.made import order, posted, read
from tests.servers.s3proxy import S3Server
from tests.unit.intake import media

PATH = "/intake/v1/attachments"


@pytest_asyncio.fixture
async def intake(database_url: str, tmp_path: Path) -> AsyncIterator[Single]:
    more: dict[str, object] = {"intake_store": f"file://{tmp_path}/attic", "intake_attachment_limit": 100_000}
    async with single(build, IntakeSettings, database_url, more=more) as one:
        yield one


async def uploaded(client: httpx.AsyncClient, content: bytes = b"", kind: str = "image/jpeg") -> dict[str, Any]:
    answer = await client.post(PATH, content=content or media.jpeg(), headers={"Content-Type": kind})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_uploaded_named_by_an_order_and_looked_at(intake: Single, source: httpx.AsyncClient) -> None:
    told = await uploaded(source)
    assert (told["media_type"], told["size"]) == ("image/jpeg", len(media.jpeg()))
    form = await source.post(PATH, files={"file": ("照片.png", media.png(), "image/png")})
    assert form.status_code == 201, form.text
    body = order(
        attachments=[{"attachment_id": told["attachment_id"]}, {"attachment_id": form.json()["attachment_id"]}]
    )
    made = await posted(source, body)
    assert (await posted(source, body, 200))["order_id"] == made["order_id"]
    shown = (await read(source, made["order_id"]))["attachments"]
    assert [one["media_type"] for one in shown] == ["image/jpeg", "image/png"]
    accepted = [event for event in await intake.events(ORDERS.name) if event.name == "order.accepted"][-1]
    assert accepted.data["attachments"] == [one["url"] for one in shown]
    looked = await source.get(shown[0]["url"])
    assert looked.status_code == 200
    assert looked.headers["Content-Type"] == "image/jpeg"
    assert looked.headers["X-Content-Type-Options"] == "nosniff"
    assert looked.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in looked.headers["Content-Security-Policy"]
    assert media.POSITION not in looked.content


async def test_who_may_look(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    told = await uploaded(source)
    plain, linked = f"{PATH}/{told['attachment_id']}", told["url"]
    unit = await intake.visitor("department", unit="ZR-DUTY-3")
    assert (await unit.get(plain)).status_code == 404
    assert (await unit.get(linked)).status_code == 200
    assert (await unit.get(re.sub("link=.", "link=x", linked))).status_code == 404
    assert (await (await intake.visitor("source", source="other")).get(plain)).status_code == 404
    assert (await intake.visitor.anonymous().get(linked)).status_code == 401
    assert (await source.get(f"{plain}?original=true")).status_code == 403
    assert (await desk.get(f"{plain}?original=true")).status_code == 422
    assert (await desk.get(f"{plain}?original=true&reason=%20")).status_code == 422
    original = await desk.get(f"{plain}?original=true&reason=核对拍摄地点，打过13800000000")
    assert original.content == media.jpeg()
    supervisor = await intake.visitor("supervisor")
    [entry] = (await supervisor.get("/intake/v1/audit?action=original")).json()["items"]
    assert entry["role"] == "duty_desk"
    assert "核对拍摄地点" in entry["note"]
    assert plain.rpartition("/")[2] in entry["note"]
    assert "13800000000" not in entry["note"]
    for wrong in ("att_1", "att_" + "0" * 32, "..%2f..%2fetc"):
        assert (await desk.get(f"{PATH}/{wrong}")).status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status_code"),
    [
        (b"<svg onload=alert(1)>", "image/svg+xml", 422),
        (b"<html><script>1</script>", "image/png", 422),
        (media.png(), "image/jpeg", 422),
        (b"", "image/jpeg", 422),
        (media.jpeg() + b"x" * 100_000, "image/jpeg", 413),
        (b"x" * 200_000, "image/jpeg", 413),
    ],
)
async def test_what_is_refused(
    intake: Single, source: httpx.AsyncClient, content: bytes, kind: str, status_code: int
) -> None:
    answer = await source.post(PATH, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status_code, answer.text
    assert (await (await intake.visitor("auditor")).post(PATH, content=media.jpeg())).status_code == 403


async def test_forms_that_are_none(intake: Single, source: httpx.AsyncClient) -> None:
    broken = await source.post(PATH, content=b"nonsense", headers={"Content-Type": "multipart/form-data"})
    assert broken.status_code == 400, broken.text
    assert (await source.post(PATH, files={"other": ("a.png", media.png())})).status_code == 422
    assert (await source.post(PATH, data={"file": "text"}, files={"x": b""})).status_code == 422


async def test_an_order_can_name_only_its_source_s_own(intake: Single, source: httpx.AsyncClient) -> None:
    theirs = await uploaded(await intake.visitor("source", source="other"))
    for wrong in (theirs["attachment_id"], "att_" + "0" * 32):
        answer = await source.post("/intake/v1/orders", json=order(attachments=[{"attachment_id": wrong}]))
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == "/attachments/0/attachment_id"
    batch = await source.post(
        "/intake/v1/orders/batch",
        json=[order(), order(attachments=[{"attachment_id": theirs["attachment_id"]}]), order()],
    )
    assert [one["status_code"] for one in batch.json()["items"]] == [201, 422, 201]
    for body in ({}, {"attachment_id": "x"}, {"url": "https://a.example/b"}, {**theirs, "size": 1}):
        assert (await source.post("/intake/v1/orders", json=order(attachments=[body]))).status_code == 422


async def test_what_no_order_uses_is_cleared_away(intake: Single, source: httpx.AsyncClient, tmp_path: Path) -> None:
    used, unused = await uploaded(source), await uploaded(source)
    await posted(source, order(attachments=[{"attachment_id": used["attachment_id"]}]))
    await intake.advance(timedelta(days=8))
    late = await uploaded(source)
    await swept(intake)
    assert (await source.get(used["url"])).status_code == 200
    assert (await source.get(unused["url"])).status_code == 404
    assert (await source.get(late["url"])).status_code == 200
    assert names_in(tmp_path) == {used["attachment_id"], late["attachment_id"]}


async def test_clearing_and_an_order_at_the_same_moment(intake: Single, source: httpx.AsyncClient) -> None:
    told = [await uploaded(source) for _ in range(6)]
    await intake.advance(timedelta(days=8))
    bodies = [order(attachments=[{"attachment_id": one["attachment_id"]}]) for one in told]
    answers = await asyncio.gather(
        *(source.post("/intake/v1/orders", json=body) for body in bodies), swept(intake), return_exceptions=False
    )
    await swept(intake)
    for one, answer in zip(told, answers, strict=False):
        assert answer is not None
        assert answer.status_code in (201, 422), answer.text
        assert (await source.get(one["url"])).status_code == (200 if answer.status_code == 201 else 404)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("att_*")}


async def swept(intake: Single) -> None:
    """The rounds of the keeper, as its worker makes them."""
    attic = next(worker for worker in intake.service.workers if worker.name == "intake.attachments")
    while await attic.turn():
        pass


async def test_a_bucket_holds_them_as_well(database_url: str, s3_server: S3Server) -> None:
    more: dict[str, object] = {
        "intake_store": f"s3://{s3_server.bucket}/duo ge",
        "intake_store_endpoint": s3_server.endpoint,
        "intake_store_access_key": s3_server.access_key,
        "intake_store_secret_key": s3_server.secret_key,
    }
    async with single(build, IntakeSettings, database_url, more=more) as intake:
        source = await intake.visitor("source", source="s")
        told = await uploaded(source)
        assert s3_server.held() == {f"duo ge/{told['attachment_id']}"}
        shown = await source.get(told["url"])
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        await intake.advance(timedelta(days=8))
        await swept(intake)
        assert s3_server.held() == set()


async def test_a_bucket_that_refuses_us_tells_nobody_why(database_url: str, s3_server: S3Server) -> None:
    more: dict[str, object] = {
        "intake_store": f"s3://{s3_server.bucket}/",
        "intake_store_endpoint": s3_server.endpoint,
        "intake_store_access_key": s3_server.access_key,
        "intake_store_secret_key": "another-secret",
    }
    async with single(build, IntakeSettings, database_url, more=more) as intake:
        source = await intake.visitor("source", source="s")
        refused = await source.post(PATH, content=media.jpeg(), headers={"Content-Type": "image/jpeg"})
        assert (refused.status_code, refused.json()["code"]) == (503, "store_away")
        assert "secret" not in refused.text
    assert s3_server.held() == set()


async def test_every_key_and_every_mistake(s3_server: S3Server) -> None:
    """`none` of an attachment is not the answer of a bucket that isn't there or a clock that is an hour off."""
    right = Credentials(s3_server.access_key, s3_server.secret_key)

    def bucket(name: str = s3_server.bucket, credentials: Credentials = right, late: timedelta = timedelta()) -> Bucket:
        return Bucket(s3_server.endpoint, name, "照片 1+2~(x)/", credentials, lambda: real_now() - late)

    there = bucket()
    await there.put("att_1", b"one" * 100_000, "video/mp4")
    await there.put("att_1", b"two" * 100_000, "video/mp4")
    assert await there.get("att_1") == b"two" * 100_000
    assert await there.get("att_2") is None
    await there.delete("att_1")
    await there.delete("att_1")
    assert await there.get("att_1") is None
    for wrong in (
        bucket(credentials=Credentials(s3_server.access_key, "guessed")),
        bucket(credentials=Credentials("nobody", s3_server.secret_key)),
        bucket(late=timedelta(hours=1)),
        bucket("no-such-bucket"),
    ):
        with pytest.raises(StoreAway):
            await wrong.put("att_3", b"x", "image/jpeg")
        with pytest.raises(StoreAway):
            await wrong.get("att_3")
        await wrong.close()
    await there.close()


async def test_without_a_store_nothing_is_taken(database_url: str) -> None:
    async with single(build, IntakeSettings, database_url) as intake:
        source = await intake.visitor("source", source="s")
        answer = await source.post(PATH, content=media.jpeg(), headers={"Content-Type": "image/jpeg"})
        assert answer.status_code == 503
        assert "DUOGE_INTAKE_STORE" in answer.json()["detail"]
