"""Images without what they tell of whoever made them: where, when, with which device. Which way up they stand is kept.

What can't be read is left as it is: such a file shows nothing to those who look for it either.
"""

import struct
from collections.abc import Callable, Iterator, Mapping

_ORIENTATION = 0x0112
_EXIF = b"Exif\0\0"
# https://www.w3.org/TR/png-3/, 11.3: text and Exif; all that paints the image stays.
_PNG_TELLING = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_TELLING = frozenset({b"EXIF", b"XMP "})
_WEBP_FLAGS = 0b00001100  # Exif and XMP, in the first byte of VP8X
_MOVIE_TELLING = frozenset({b"udta", b"meta", b"uuid"})


def stripped(content: bytes, kind: str) -> bytes:
    strip = _STRIPS.get(kind)
    if strip is None:
        return content
    try:
        return strip(content)
    except (struct.error, IndexError, ValueError):
        return content


def _jpeg(content: bytes) -> bytes:
    out = bytearray(content[:2])
    turned = 1
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # padding
            place += 1
            continue
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if length < 2 or place + 2 + length > len(content):
            raise ValueError
        segment = content[place : place + 2 + length]
        place += 2 + length
        if marker == 0xE1 and segment[4:10] == _EXIF:
            turned = _orientation(segment[10:])
        # APP1 (Exif, XMP), APP13 (captions) and comments tell; APP0, APP2 (colours) and APP14 paint.
        if marker not in (0xE1, 0xED, 0xFE):
            out += segment
        if marker == 0xDA:
            break
    if turned != 1:
        out[2:2] = _turned(turned)
    return bytes(out) + content[place:]


def _orientation(tiff: bytes) -> int:
    """1 to 8, as Exif numbers them; 1 is upright."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    start = struct.unpack_from(f"{order}I", tiff, 4)[0]
    for entry in range(struct.unpack_from(f"{order}H", tiff, start)[0]):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
        if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:
            return int(value)
    return 1


def _turned(value: int) -> bytes:
    """An APP1 that says nothing else."""
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, _ORIENTATION, 3, 1, value, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(_EXIF) + len(tiff)) + _EXIF + tiff


def _png(content: bytes) -> bytes:
    out = bytearray(content[:8])
    place = 8
    while place + 12 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        whole = content[place : place + 12 + length]
        if whole[4:8] not in _PNG_TELLING:
            out += whole
        place += 12 + length
        if whole[4:8] == b"IEND":
            break
    return bytes(out)


def _webp(content: bytes) -> bytes:
    out = bytearray()
    place = 12
    while place + 8 <= len(content):
        name, length = content[place : place + 4], int.from_bytes(content[place + 4 : place + 8], "little")
        whole = bytearray(content[place : place + 8 + length + length % 2])
        if name == b"VP8X":
            whole[8] &= 0xFF ^ _WEBP_FLAGS
        if name not in _WEBP_TELLING:
            out += whole
        place += 8 + length + length % 2
    return b"RIFF" + struct.pack("<I", 4 + len(out)) + b"WEBP" + bytes(out)


def _movie(content: bytes) -> bytes:
    """Boxes that tell of the place (`udta` and such, inside `moov`) become free room: nothing moves."""
    out = bytearray(content)
    for start, end, name in _boxes(content, 0, len(content)):
        if name == b"moov":
            for inner, inner_end, inner_name in _boxes(content, start, end):
                if inner_name in _MOVIE_TELLING:
                    out[inner - 4 : inner] = b"free"
                    out[inner:inner_end] = bytes(inner_end - inner)
    return bytes(out)


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """(start of what is in it, its end, name) of each box between."""
    while start + 8 <= end:
        size, head = int.from_bytes(content[start : start + 4], "big"), 8
        name = content[start + 4 : start + 8]
        if size == 1:
            size, head = int.from_bytes(content[start + 8 : start + 16], "big"), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        yield start + head, start + size, name
        start += size


def _heic(content: bytes) -> bytes:
    """The Exif stands somewhere among the data: its pointer to the place is made to point at nothing."""
    out = bytearray(content)
    place = content.find(_EXIF)
    while place >= 0:
        _blot_position(out, place + len(_EXIF))
        place = content.find(_EXIF, place + 1)
    return bytes(out)


def _blot_position(out: bytearray, tiff: int) -> None:
    order = {b"II": "<", b"MM": ">"}.get(bytes(out[tiff : tiff + 2]))
    if order is None:
        return
    start = tiff + struct.unpack_from(f"{order}I", out, tiff + 4)[0]
    for entry in range(min(200, struct.unpack_from(f"{order}H", out, start)[0])):
        at = start + 2 + 12 * entry
        tag, _, _, value = struct.unpack_from(f"{order}HHII", out, at)
        if tag == 0x8825:
            count = min(40, struct.unpack_from(f"{order}H", out, tiff + value)[0])
            _blot_rationals(out, tiff, tiff + value + 2, count, order)
            out[tiff + value : tiff + value + 2 + 12 * count] = bytes(2 + 12 * count)


def _blot_rationals(out: bytearray, tiff: int, entries: int, count: int, order: str) -> None:
    """Degrees, minutes and seconds stand elsewhere than the entries that name them."""
    for entry in range(count):
        _, kind, number, value = struct.unpack_from(f"{order}HHII", out, entries + 12 * entry)
        if kind == 5 and number <= 8 and tiff + value + 8 * number <= len(out):
            out[tiff + value : tiff + value + 8 * number] = bytes(8 * number)


_STRIPS: Mapping[str, Callable[[bytes], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/heic": _heic,
    "video/mp4": _movie,
    "video/quicktime": _movie,
    "video/3gpp": _movie,
    "audio/mp4": _movie,
}
