"""Bytes to text, in the two encodings that files of this country come in."""

import json


def decoded(raw: bytes) -> str | None:
    """UTF-8 (16 and 32 too, as JSON allows), else GB18030, which takes many bytes that are none of it: hence the second.
    None when it is neither."""
    for encoding in (json.detect_encoding(raw), "gb18030"):
        try:
            return raw.decode(encoding).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    return None
