"""`/report`: a resident's or a shop's form."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import metrics
from services.intake.domain import report_form
from services.intake.domain.admission import faults
from services.intake.domain.draft import Draft, GivenPosition, Reporter
from services.intake.domain.media import BadMedia, checked
from services.intake.domain.report_form import Filled
from services.intake.domain.shops import Shop
from services.intake.pages.counter import Counter, counter_of
from services.intake.pages.html import HEADERS, PageRoute, page
from services.intake.reception import Arrival
from services.intake.repository import orders, shops
from services.intake.storage import StoreAway
from services.kit.clock import real_now
from services.kit.ids import new_id
from services.kit.keys import Caller
from services.kit.problems import DifferentBody, Problem

router = APIRouter(route_class=PageRoute)
# Whose orders these are: with it an admin agrees on quotas, and lists show where they came from.
SOURCE = "resident-form"
_DESK = Caller("form", "居民、商户表单", "source", source=SOURCE)
_MOST_FIELDS = 20
_FIELD_BYTES = 64 * 1024
_FAULTS = {"/location/lon": "place", "/location/lat": "place", "/kind": "kind"}
# A field that people don't see and machines fill in.
_TRAP = "website"


@dataclass(frozen=True, slots=True)
class Photo:
    content: bytes
    told: str


@router.get("/report")
async def get_report(request: Request) -> Response:
    counter = counter_of(request)
    counter.office.strangers.look(request)
    asked = request.query_params.get("shop", "").strip()
    shop = await _shop(counter, asked)
    values = {"shop": shop.code, "address": shop.place} if shop else {}
    return _form(request, Filled(values), shop, unknown_shop=bool(asked) and shop is None)


@router.post("/report")
async def post_report(request: Request) -> Response:
    """Sent twice it is one order: the form carries its own number."""
    counter = counter_of(request)
    office = counter.office
    office.strangers.report(request)
    try:
        form = await request.form(max_files=max(1, counter.photos), max_fields=_MOST_FIELDS, max_part_size=_FIELD_BYTES)
    except HTTPException:
        return _form(
            request, Filled({}, {"form": f"这张表读不出来：照片最多 {counter.photos} 张，字数不要太多"}), status=422
        )
    try:
        return await _read(request, counter, form)
    finally:
        await form.close()


async def _read(request: Request, counter: Counter, form: FormData) -> Response:
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    filled = report_form.read(given, counter.office.profile)
    shop = await _shop(counter, filled.text("shop") or "")
    photos = await _photos(form)
    wrong = {**_paper_faults(counter, form), **_photo_faults(counter, photos), **filled.faults}
    if wrong:
        metrics.FORMS.labels("wrong").inc()
        return _form(request, replace(filled, faults=wrong), shop, status=422)
    return await _take(request, counter, filled, shop, photos, str(form["paper"]))


async def _take(
    request: Request, counter: Counter, filled: Filled, shop: Shop | None, photos: Sequence[Photo], written: str
) -> Response:
    office = counter.office
    paper = counter.papers.read(written)
    assert paper is not None
    now = office.clock.now()
    channel = report_form.channel(office.profile, shop is not None)
    draft = _draft(filled, shop, paper.number, channel, now)
    ground = [layer.bounds for layer in office.fabric.overlays.values()] if office.fabric else []
    found = faults(draft, office.profile, now, office.dev, ground)
    if found:
        said = {_FAULTS.get(where, "form"): sentence for where, sentence in found}
        return _form(request, replace(filled, faults=said), shop, status=422)
    try:
        kept = [await office.attic.take(_DESK, photo.content, photo.told) for photo in photos]
    except StoreAway:
        said = {"photos": "照片现在存不了，请先不带照片提交，文字不受影响"}
        return _form(request, replace(filled, faults=said), shop, status=503)
    attachments = office.links.put(tuple({"attachment_id": one.attachment_id} for one in kept))
    fingerprint = office.sealer.fingerprint(_said(filled, photos))
    await office.sources.ready()
    received = await office.reception.take(Arrival(replace(draft, attachments=attachments), fingerprint))
    if isinstance(received, DifferentBody):
        metrics.FORMS.labels("repeated").inc()
        async with office.db.reading() as tx:
            before = await orders.remembered(tx, [(SOURCE, draft.external_id)])
        order_id = before[SOURCE, draft.external_id].order_id
        return RedirectResponse(f"{office.receipts.path(order_id)}?again=1", 303, HEADERS)
    if isinstance(received, Problem):
        raise received
    metrics.FORMS.labels("taken" if received.new else "repeated").inc()
    return RedirectResponse(f"{office.receipts.path(received.order_id)}?new=1", 303, HEADERS)


def _draft(filled: Filled, shop: Shop | None, number: str, channel: str, now: Any) -> Draft:
    reporter = Reporter(
        filled.text("name"), filled.text("phone"), filled.chosen("anonymous"), filled.chosen("confidential")
    )
    address, position = filled.text("address"), filled.position
    if shop is not None and (address is None or address == shop.place):
        address = shop.place
        if position is None and shop.lon is not None and shop.lat is not None:
            position = GivenPosition(shop.lon, shop.lat)
    return Draft(
        order_id=new_id("ord"),
        source=SOURCE,
        external_id=number,
        channel=channel,
        content=filled.text("content") or "",
        reported_at=now,
        position=position,
        address=address,
        reporter=reporter,
        kind=filled.text("kind"),
        extra={"shop": shop.code, "shop_name": shop.name} if shop else {},
    )


def _said(filled: Filled, photos: Sequence[Photo]) -> bytes:
    """What tells whether a form comes again as it was: photos by their content, for each time they get another id."""
    told = {**filled.values, "photos": [sha256(photo.content).hexdigest() for photo in photos]}
    return json.dumps(told, sort_keys=True).encode()


async def _shop(counter: Counter, code: str) -> Shop | None:
    if not code or len(code) > report_form.LONGEST["shop"] or not code.isascii() or not code.isprintable():
        return None
    async with counter.office.db.reading() as tx:
        return await shops.one(tx, code)


async def _photos(form: FormData) -> list[Photo]:
    """A field of files that was left empty comes as one without name and content."""
    files = [file for file in form.getlist("photos") if isinstance(file, UploadFile)]
    photos = [Photo(await file.read(), (file.content_type or "").partition(";")[0].strip().lower()) for file in files]
    return [photo for photo, file in zip(photos, files, strict=True) if photo.content or file.filename]


def _paper_faults(counter: Counter, form: FormData) -> Mapping[str, str]:
    if form.get(_TRAP):
        return {"form": "没有收下。请不要填写隐藏的格子，再提交一次"}
    paper = counter.papers.read(str(form.get("paper") or ""))
    now = real_now()
    if paper is None or counter.papers.too_old(paper, now):
        return {"form": "这张表放得太久了，内容还在，请再提交一次"}
    if counter.papers.too_fast(paper, now):
        return {"form": "提交得太快了，请看一遍再提交"}
    return {}


def _photo_faults(counter: Counter, photos: Sequence[Photo]) -> Mapping[str, str]:
    if len(photos) > counter.photos:
        return {"photos": f"照片最多 {counter.photos} 张" if counter.photos else "现在收不了照片"}
    if sum(len(photo.content) for photo in photos) > counter.photo_bytes:
        return {"photos": f"照片合起来超过 {counter.photo_bytes // 1024 // 1024} MB，请少选几张"}
    for photo in photos:
        try:
            kind = checked(photo.content, photo.told) if photo.content else ""
        except BadMedia as bad:
            return {"photos": str(bad)}
        if not kind.startswith("image/"):
            return {"photos": "这里只收照片"}
    return {}


def _form(
    request: Request, filled: Filled, shop: Shop | None = None, *, unknown_shop: bool = False, status: int = 200
) -> Response:
    """With a paper of its own: what could not be taken was no order."""
    counter = counter_of(request)
    kinds = [(kind.code, kind.name) for kind in counter.office.profile.kinds]
    return page(
        request,
        "report.html",
        status,
        values=filled.values,
        faults=filled.faults,
        shop=shop,
        unknown_shop=unknown_shop,
        kinds=kinds,
        photos=counter.photos,
        photo_bytes=counter.photo_bytes,
        paper=counter.papers.give(real_now()),
        trap=_TRAP,
        longest=report_form.LONGEST,
    )
