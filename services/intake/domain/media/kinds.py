"""The kinds of files that are taken, told by their first bytes. A page or a drawing with script in it is none of them."""

import io
import struct
import zipfile
from collections.abc import Mapping

# Media type → file ending: all that is taken.
EXTENSIONS: Mapping[str, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
# (offset, bytes) → type.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"#!AMR\n", "audio/amr"),
    (0, b"#!AMR-WB\n", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
# Major brand of an ISO media file (ISO/IEC 14496-12) → type; any other one that has the box is an mp4.
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3ge6", b"3gg6", b"3g2a"), "video/3gpp"),
    b"qt  ": "video/quicktime",
    **dict.fromkeys(
        (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"), "video/mp4"
    ),
}
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Other names that the same thing goes by.
_ALIASES: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/heif": "image/heic",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/aac": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/3gpp": "video/3gpp",
    "audio/amr-wb": "audio/amr",
    "application/x-pdf": "application/pdf",
}
# What says nothing.
_ANY = ("", "application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded")
# The same container: a recording may carry a film's brand, and the other way round.
_SAME_BOX = frozenset({"audio/mp4", "video/mp4", "video/quicktime", "video/3gpp"})


class BadMedia(ValueError):
    """The message is a sentence that says what to do."""


def checked(content: bytes, told: str) -> str:
    """The type that it is. BadMedia for one that isn't taken, and for one that is not what it was `told` to be."""
    kind = kind_of(content)
    if kind is None:
        raise BadMedia("这种附件不收；请传 JPG、PNG、WEBP、HEIC、MP4、M4A、AMR、PDF、DOCX 或 XLSX")
    said = _ALIASES.get(told.lower(), told.lower())
    if said in _ANY or said == kind:
        return kind
    if said in _SAME_BOX and kind in _SAME_BOX:
        return said
    raise BadMedia(f"附件说自己是 {told[:100]}，内容却是 {kind}；请改正 Content-Type，或换正确的文件")


def kind_of(content: bytes) -> str | None:
    """None for what isn't taken."""
    for offset, signature, kind in _SIGNATURES:
        if content.startswith(signature, offset):
            return kind
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12])
    return _office(content) if content.startswith(b"PK\x03\x04") else None


def _office(content: bytes) -> str | None:
    """Only the names inside are looked at: nothing is inflated. One with macros is not taken."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError, OSError):
        return None
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return next((kind for name, kind in _OFFICE.items() if name in names), None)
