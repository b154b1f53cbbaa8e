"""A file in a request: as the body itself, or as the `file` of a form."""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from services.kit.problems import wrong

_BYTES: dict[str, Any] = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Upload:
    """`told`: the media type that was said, without parameters; empty for none."""

    content: bytes
    told: str


def upload_described(*kinds: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads one."""
    form = {"type": "object", "required": ["file"], "properties": {"file": _BYTES}}
    raw = {kind: {"schema": _BYTES} for kind in ("application/octet-stream", *kinds)}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}, **raw}}}


async def uploaded(request: Request) -> Upload:
    told = _plain(request.headers.get("content-type"))
    if told != "multipart/form-data":
        return Upload(await request.body(), told)
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise wrong("/file", "表单里没有文件，请放在 file 这一项")
        return Upload(await file.read(), _plain(file.content_type))


def _plain(media_type: str | None) -> str:
    return (media_type or "").partition(";")[0].strip().lower()
