"""Zip archives and gzip, inflated with an eye on how much comes out."""

import io
import lzma
import struct
import zipfile
import zlib

from services.kit.files.bad import BadFile

MOST_INFLATED = 512 * 1024 * 1024
MOST_RATIO = 200
# Below this the ratio says nothing: a table of blanks is small either way.
HARMLESS = 16 * 1024 * 1024
MOST_ENTRIES = 1000
_PIECE = 1024 * 1024
# All that the library raises for what is damaged: offsets before the file's beginning, fields cut short, streams of nonsense.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(NotImplementedError, RuntimeError, EOFError, OSError, ValueError),
)


class Archive:
    """Of all that is read from it no more comes out than the limit; BadFile says so before it is in memory."""

    def __init__(self, raw: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except _DAMAGED as error:
            raise BadFile("压缩包打不开，请重新压缩后再导入。") from error
        self._packed = len(raw)
        self._left = MOST_INFLATED
        self.names = [info.filename for info in self._zip.infolist() if not info.is_dir()]
        if len(self.names) > MOST_ENTRIES:
            raise BadFile(f"压缩包里有 {len(self.names)} 个文件，请只放要导入的那一个。")

    def find(self, ending: str) -> list[str]:
        """Names with this ending; what a Mac adds of its own is none of the sender's."""
        return [
            name
            for name in self.names
            if name.lower().endswith(ending) and not name.startswith("__MACOSX/") and "/." not in f"/{name}"
        ]

    def read(self, name: str) -> bytes:
        try:
            with self._zip.open(name) as entry:
                out = bytearray()
                while piece := entry.read(_PIECE):
                    out += piece
                    self._left -= len(piece)
                    check(len(out), self._packed, self._left)
                return bytes(out)
        except BadFile:
            raise
        except _DAMAGED as error:
            raise BadFile(f"压缩包里的 {shown(name)} 解不开（加了密或已损坏），请重新压缩后再导入。") from error


def gunzipped(raw: bytes) -> bytes:
    machine, out, rest = zlib.decompressobj(31), bytearray(), raw
    try:
        while not machine.eof and rest:
            out += machine.decompress(rest, _PIECE)
            rest = machine.unconsumed_tail
            check(len(out), len(raw), MOST_INFLATED - len(out))
    except zlib.error as error:
        raise BadFile("压缩文件解不开，请重新压缩后再导入。") from error
    if not machine.eof:
        raise BadFile("压缩文件不完整，请重新传一次。")
    return bytes(out)


def check(inflated: int, packed: int, left: int) -> None:
    if left < 0:
        raise BadFile(f"压缩包解开后超过 {MOST_INFLATED // 1024 // 1024} MB，没有导入；请拆成几个文件。")
    if inflated > HARMLESS and inflated > MOST_RATIO * packed:
        raise BadFile("压缩包解开后大得不合常理，没有导入；请检查文件。")


def shown(name: str) -> str:
    """Names that Windows wrote in GBK without saying so, as they were meant."""
    try:
        return name.encode("cp437").decode("gbk")
    except UnicodeError:
        return name
