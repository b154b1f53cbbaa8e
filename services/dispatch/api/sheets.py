"""Files of rules and duties over HTTP: what comes in is read cell by cell, what goes out opens in a spreadsheet."""

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query, Request, Response

from services.dispatch.domain.routing.files import MEDIA, BadSheet, Form
from services.dispatch.domain.routing.table import BadTable
from services.kit.http.answers import Responses, refusals
from services.kit.problems import Invalid, TooLarge

NO_VERSION = refusals({404: "没有这个版本"})
_FILE = {"schema": {"type": "string", "format": "binary"}}
_FORMS = {kind.partition(";")[0]: _FILE for kind in MEDIA.values()}
SAVED: Responses = {200: {"content": _FORMS}, **NO_VERSION}
SENT = {"requestBody": {"required": True, "content": {"application/octet-stream": _FILE, **_FORMS}}}
Version = Annotated[int | None, Query(ge=1, le=2**53, description="以前的版本，不写就是在用的")]
MOST_BYTES = 10 * 1024 * 1024
_MOST_FAULTS = 200


async def received(request: Request) -> bytes:
    """Raises TooLarge before it is in memory."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise TooLarge("文件超过 10 MB，请只留规则表再传")
        parts.append(part)
    return b"".join(parts)


def named_by(content: bytes, name: str | None) -> str:
    """What the sender says, else what the first bytes say."""
    if name:
        return name
    if content.startswith(b"PK\x03\x04"):
        return "rules.xlsx"
    return "rules.json" if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "rules.csv"


def refused(bad: BadTable) -> Invalid:
    """Each fault with its line and column where the file has them."""
    errors: list[dict[str, Any]]
    if isinstance(bad, BadSheet):
        errors = [
            {
                "pointer": f"/{cell.line}/{cell.column}",
                "detail": f"{cell.said}。",
                "line": cell.line,
                "column": cell.column,
            }
            for cell in bad.cells
        ]
    else:
        errors = [{"pointer": "", "detail": fault} for fault in bad.faults]
    more = f"（共 {len(errors)} 处，先列 {_MOST_FAULTS} 处）" if len(errors) > _MOST_FAULTS else ""
    return Invalid(f"文件里有读不懂的地方，请按 errors 逐格改正后重传{more}", errors=errors[:_MOST_FAULTS])


def attached(content: bytes, form: Form, name: str) -> Response:
    plain = name.encode("ascii", "ignore").decode() or "file"
    disposition = f"attachment; filename=\"{plain}.{form}\"; filename*=UTF-8''{quote(name)}.{form}"
    return Response(content, media_type=MEDIA[form], headers={"Content-Disposition": disposition})


def sentences(found: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"pointer": pointer, "detail": detail} for pointer, detail in found]
