"""Attachments: sent before the order that names them, and looked at by whoever has to do with it."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from services.intake.api.office import AnyCaller, At
from services.intake.api.uploads import upload_described, uploaded
from services.intake.domain.lifecycle import REPORTERS
from services.intake.domain.media import EXTENSIONS
from services.intake.errors import no_attachment, no_reason, originals_for_the_desk
from services.intake.schemas.answers import AttachmentAnswer
from services.intake.schemas.texts import Said
from services.intake.usecases.deskwork import look_at_original
from services.kit.http.answers import Responses, refusals
from services.kit.http.auth import allow
from services.kit.keys import SEE_ALL, Caller

router = APIRouter(tags=["附件"])
Reporter = Annotated[Caller, Depends(allow(*REPORTERS))]
_ID = re.compile(r"att_[0-9a-f]{32}")
_ORIGINALS = frozenset({"admin", "duty_desk", "supervisor"})
_FILE = {"schema": {"type": "string", "format": "binary"}}
_BYTES: Responses = {200: {"description": "附件的内容", "content": dict.fromkeys(EXTENSIONS, _FILE)}}


@router.post(
    "/attachments",
    summary="上传附件",
    status_code=201,
    response_model=AttachmentAnswer,
    openapi_extra=upload_described(*EXTENSIONS),
)
async def post_attachment(request: Request, office: At, caller: Reporter) -> JSONResponse:
    """表单里的 file，或者请求体就是文件。看内容定类型：JPG、PNG、GIF、WEBP、HEIC、MP4、MOV、3GP、M4A、MP3、AMR、WAV、
    PDF、DOCX、XLSX；说的和内容不一致的退回。来单时在 attachments 里填 attachment_id；没有工单用到的过几天就删。"""
    upload = await uploaded(request)
    one = await office.attic.take(caller, upload.content, upload.told)
    url = office.links.url(one.attachment_id)
    told = {
        "attachment_id": one.attachment_id,
        "url": url,
        "media_type": one.media_type,
        "size": one.size,
        "sha256": one.sha256,
    }
    return JSONResponse(told, 201, {"Location": url})


@router.get(
    "/attachments/{attachment_id}",
    summary="看附件",
    response_class=Response,
    responses={**_BYTES, **refusals({404: "没有这个附件，或者这把密钥看不到", 422: "看原件没有写理由"})},
)
async def get_attachment(
    attachment_id: str,
    office: At,
    caller: AnyCaller,
    link: Annotated[str | None, Query(max_length=64, description="工单或案件里给的网址自带")] = None,
    original: Annotated[bool, Query(description="连同照片里的时间、地点、机型；duty_desk、supervisor、admin")] = False,
    reason: Annotated[Said | None, Query(max_length=500, description="看原件要写明理由，记入操作记录")] = None,
) -> Response:
    """照片去掉了拍摄地点等信息。上传它的来源、城运中心和区里看得到；其他单位用工单、案件里给的网址。"""
    one = await office.attic.find(attachment_id) if _ID.fullmatch(attachment_id) else None
    if one is None:
        raise no_attachment()
    if not (caller.role in SEE_ALL or one.source == caller.speaks_for or office.links.proves(one.attachment_id, link)):
        raise no_attachment()
    if original and caller.role not in _ORIGINALS:
        raise originals_for_the_desk()
    if original:
        if reason is None:
            raise no_reason()
        async with office.db.transaction() as tx:
            await look_at_original(tx, office.sealer, caller, one.attachment_id, reason, office.clock.now())
    content = await office.attic.give(one, original)
    if content is None:
        raise no_attachment()
    name = f"{one.attachment_id}.{EXTENSIONS[one.media_type]}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store" if original else "private, max-age=86400",
    }
    return Response(content, media_type=one.media_type, headers=headers)
