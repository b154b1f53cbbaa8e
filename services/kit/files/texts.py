"""Bytes to text, in the two encodings that files of this country come in."""

import json

_BROKEN = "\ufffd"


def decoded(raw: bytes) -> str | None:
    """UTF-8 (16 and 32 too, as JSON allows), else GB18030. None when it is neither: GB18030 makes letters of nearly any
    bytes, so a UTF-8 file with a broken letter somewhere must not be taken for it and every name be turned to nonsense."""
    try:
        return raw.decode(json.detect_encoding(raw)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        if _nearly_utf8(raw):
            return None
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return None


def _nearly_utf8(raw: bytes) -> bool:
    """Whether most letters beyond ASCII are sound: of GB18030 read as UTF-8 hardly any is."""
    told = raw.decode("utf-8", "replace")
    broken = told.count(_BROKEN)
    beyond = len(told) - len(told.encode("ascii", "ignore"))
    return beyond - broken > broken
