"""Open311's writing calls: with a key. What is posted goes the way of every order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from services.intake.api.office import Office, checked_id
from services.intake.api.open311 import views
from services.intake.api.open311.door import (
    Asked,
    At,
    Door,
    Form,
    admit_reporter,
    form_of,
    origin_of,
    shown,
    told,
    understood,
)
from services.intake.api.open311.writing import answer
from services.intake.api.uploads import Upload
from services.intake.domain.admission import Fault, faults
from services.intake.domain.draft import Draft
from services.intake.domain.open311 import answers, drafting, taxonomy
from services.intake.domain.open311.drafting import Posted
from services.intake.domain.open311.naming import whole_name
from services.intake.domain.open311.standing import MEANING, meaning_of
from services.intake.reception import Arrival
from services.intake.schemas.open311 import RequestIn, UpdateIn
from services.intake.usecases.commands import Command
from services.intake.usecases.open311 import Update, update
from services.intake.usecases.receiving import Received
from services.kit.ids import new_id
from services.kit.keys import Caller
from services.kit.masking import masked
from services.kit.problems import Problem, wrong, wrong_all

router = APIRouter(tags=["Open311"], responses=told() | {200: shown()}, default_response_class=Response)
_CALLED = {"/location/lon": "/long", "/location/lat": "/lat"}
Texts = Mapping[str, Sequence[str]]


def _form(model: type[RequestIn] | type[UpdateIn]) -> dict[str, Any]:
    schema = model.model_json_schema()
    schema["properties"] = {name: {"type": "string"} for name in ("api_key", "jurisdiction_id", *schema["properties"])}
    parts = {**schema, "properties": {**schema["properties"], "media": {"type": "string", "format": "binary"}}}
    content = {"application/x-www-form-urlencoded": {"schema": schema}, "multipart/form-data": {"schema": parts}}
    return {"requestBody": {"required": True, "content": content}}


@router.post("/requests.{form}", summary="报单", openapi_extra=_form(RequestIn))
async def post_request(form: Asked, request: Request, door: At) -> Response:
    """要 api_key。当场答 service_request_id；同一来源、同一 attribute[external_id]、同样内容只收一次。
    照片可以一起传：multipart/form-data，文件放在 media。"""
    given = await form_of(request)
    caller = await _admitted(request, door, given)
    body = understood(RequestIn, _texts(given.texts, "media_url"))
    await door.office.sources.ready()
    draft = _draft(door, caller, body, _attributes(given.texts))
    fingerprint = door.office.sealer.fingerprint(drafting.canonical(draft, [file.content for file in given.files]))
    arrival = Arrival(await _with_files(door.office, caller, draft, given.files), fingerprint)
    received = await door.office.reception.take(arrival)
    if isinstance(received, Problem):
        raise received
    notice = _notice(door.office, received, origin_of(request))
    return answer(form, views.posted(received.order_id, notice, body.account_id))


@router.post("/servicerequestupdates.{form}", summary="反映人的更新", openapi_extra=_form(UpdateIn))
async def post_update(form: Asked, request: Request, door: At) -> Response:
    """要 api_key。办理中的算补充，CANCELLED 是撤回；办结以后，OPEN 是没有解决，FIXED、CLOSED 是已经解决。
    同一 update_id 只收一次。"""
    given = await form_of(request)
    caller = await _admitted(request, door, given)
    body = understood(UpdateIn, _texts(given.texts, "media_url"))
    meaning = meaning_of(body.status)
    if meaning is None:
        raise wrong("/status", f"没有这种状态，请用 {'、'.join(one.upper() for one in MEANING)} 之一")
    office = door.office
    command = Command(checked_id(body.service_request_id), caller, office.clock.now())
    told = Update(body.update_id, meaning, _words(body), office.sealer.fingerprint(to_json(body.model_dump())))
    async with office.db.transaction() as tx:
        await update(tx, office.outbox, office.sealer, command, told)
    return answer(form, views.updated(body.update_id, command.order_id))


async def _admitted(request: Request, door: Door, given: Form) -> Caller:
    """The key first: whoever has none is told nothing else."""
    query = request.query_params
    caller = await admit_reporter(request, *(key for key in given.texts.get("api_key", ())), query.get("api_key"))
    for jurisdiction in (*given.texts.get("jurisdiction_id", ()), query.get("jurisdiction_id")):
        door.check(jurisdiction)
    return caller


def _draft(door: Door, caller: Caller, body: RequestIn, attributes: Mapping[str, list[str]]) -> Draft:
    office, profile = door.office, door.office.profile
    concern = door.concern(body.service_code)
    asked = taxonomy.attributes(profile, concern)
    found: list[Fault] = answers.faults(asked, attributes)
    if found:
        raise wrong_all(found)
    posted = Posted(
        lon=body.long,
        lat=body.lat,
        media=[drafting.linked(url) for url in body.media_url],
        **body.model_dump(exclude={"service_code", "lat", "long", "media_url"}),
    )
    now = office.clock.now()
    read = answers.read(asked, attributes)
    agreed = office.sources.of(caller.speaks_for)
    draft = drafting.draft_of(posted, concern, read, profile, new_id("ord"), agreed, now)
    ground = [layer.bounds for layer in office.fabric.overlays.values()] if office.fabric else []
    found = faults(draft, profile, now, office.dev, ground)
    if found:
        raise wrong_all((_CALLED.get(pointer, pointer), detail.replace("lon ", "long ")) for pointer, detail in found)
    return draft


async def _with_files(office: Office, caller: Caller, draft: Draft, files: Sequence[Upload]) -> Draft:
    """Stored before the order that names them, and only once nothing else of it is wrong."""
    stored = [await office.attic.take(caller, file.content, file.told) for file in files]
    added = ({"attachment_id": one.attachment_id, "media_type": one.media_type} for one in stored)
    return replace(draft, attachments=(*draft.attachments, *office.links.put(tuple(added))))


def _notice(office: Office, received: Received, origin: str) -> str:
    """What becomes of it, as its last step says, and where its reporter can follow it: no other field of the answer could
    carry that, and whoever reads it on his telephone knows no other part of the address."""
    order = received.order
    if order is None:
        return "这件工单已按期限删除"
    said = order.said or (order.steps[-1].text if order.steps else "已收到")
    return f"{said.rstrip('。')}。凭回执看办到哪里：{origin}{office.receipts.path(order.order_id)}"


def _texts(given: Texts, *lists: str) -> dict[str, Any]:
    """Arguments that are texts; those in `lists` with every value that is not empty."""
    texts = {name: [value for value in values if value] for name, values in given.items()}
    return {
        name.removesuffix("[]"): values if name.removesuffix("[]") in lists else values[0]
        for name, values in texts.items()
        if values
    }


def _attributes(given: Texts) -> dict[str, list[str]]:
    """`attribute[code]=v` and `attribute[code][]=v`; empty ones are absent."""
    found: dict[str, list[str]] = {}
    for name, values in given.items():
        if name.startswith("attribute[") and "]" in name:
            code = name.removeprefix("attribute[").split("]")[0]
            texts = [value for value in values if value.strip()]
            if len(code) <= 64 and texts:
                found.setdefault(code, []).extend(texts)
    return found


def _words(body: UpdateIn) -> str:
    """Without the name and number of whoever wrote them, who need not be the reporter."""
    name = whole_name(body.first_name, body.last_name)
    words = masked((body.description or "").strip(), (name,) if name else (), (body.phone,) if body.phone else ())
    links = "".join(f"\n附件：{url}" for url in body.media_url)
    return f"{words}{links}".strip()
