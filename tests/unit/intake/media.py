"""Made files: the smallest that a reader takes for what they are."""

import io
import struct
import zipfile
import zlib


def exif(order: str = ">", turned: int = 6) -> bytes:
    """Upright or not, and a position: 31° 14' 33" N."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    head = mark + struct.pack(f"{order}I", 8)
    entries = struct.pack(f"{order}H", 2)
    entries += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    entries += struct.pack(f"{order}HHII", 0x8825, 4, 1, 38) + bytes(4)
    gps = struct.pack(f"{order}H", 1) + struct.pack(f"{order}HHII", 2, 5, 3, 56) + bytes(4)
    return head + entries + gps + struct.pack(f"{order}6I", 31, 1, 14, 1, 33, 1)


POSITION = struct.pack(">6I", 31, 1, 14, 1, 33, 1)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body


def jpeg(order: str = ">", turned: int = 6) -> bytes:
    jfif = _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    xmp = _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>exif:GPSLatitude</x>")
    scan = _segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\0\x34"
    told = _segment(0xE1, b"Exif\0\0" + exif(order, turned))
    return b"\xff\xd8" + jfif + told + xmp + _segment(0xFE, b"made by me") + scan + b"\xff\xd9"


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png() -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"eXIf", exif()) + pixels + _chunk(b"IEND", b"")


def webp() -> bytes:
    body = b"WEBP"
    for name, content in ((b"VP8X", bytes([0x0C]) + bytes(9)), (b"VP8 ", b"12345"), (b"EXIF", exif())):
        body += name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(brand: bytes = b"isom") -> bytes:
    place = _box(b"udta", _box(b"\xa9xyz", b"\0\x12\x15\xc7+31.2425+121.4078/"))
    return _box(b"ftyp", brand + bytes(4)) + _box(b"moov", _box(b"mvhd", bytes(100)) + place) + _box(b"mdat", b"film")


def heic() -> bytes:
    return _box(b"ftyp", b"heic" + bytes(4)) + _box(b"meta", bytes(20)) + _box(b"mdat", b"\0\0\0\6Exif\0\0" + exif())


def office(part: str = "word/document.xml", *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n"
AMR = b"#!AMR\n\x3c"
