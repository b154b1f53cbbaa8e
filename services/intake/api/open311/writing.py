"""One answer in both formats of GeoReport: XML without a namespace, and the JSON that follows from it by the Spark
convention (a list's wrapper vanishes, an empty element is null)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from xml.sax.saxutils import escape

from fastapi import Response

from services.fabric.calendar import SHANGHAI

Format = Literal["xml", "json"]
MEDIA_TYPES: Mapping[str, str] = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
# Neither these nor half of a surrogate pair may stand in XML 1.0, however written.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list whose elements are called `item`."""

    item: str
    items: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Document:
    """`value`: None, texts, numbers, truth values, moments, mappings of these, or Listed."""

    root: str
    value: Any

    def written(self, form: str) -> bytes:
        if form == "json":
            return json.dumps(_plain(self.value), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return (_DECLARATION + "".join(_element(self.root, self.value))).encode()


def answer(form: str, document: Document, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(document.written(form), status, dict(headers or {}), media_type=MEDIA_TYPES[form])


def _plain(value: Any) -> Any:
    match value:
        case Listed():
            return [_plain(item) for item in value.items]
        case Mapping():
            return {name: _plain(held) for name, held in value.items()}
        case datetime():
            return _moment(value)
        case "":
            return None
    return value


def _element(name: str, value: Any) -> Iterator[str]:
    match value:
        case None | "":
            yield f"<{name}/>"
            return
        case Listed():
            inner = "".join(part for item in value.items for part in _element(value.item, item))
        case Mapping():
            inner = "".join(part for child, held in value.items() for part in _element(child, held))
        case _:
            inner = escape(_NO_XML.sub("", _text(value)), {"\r": "&#13;"})
    yield f"<{name}>{inner}</{name}>"


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(value)
        case float():
            return f"{value:.7f}".rstrip("0").rstrip(".")
    return str(value)


def _moment(at: datetime) -> str:
    """W3C's profile of ISO 8601, to the second, with an offset."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")
