"""A file of boundaries as it is sent: the registry reads every format itself. Only a Shapefile that lies about in pieces is
put together first."""

import io
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def read_borders(file: Path) -> bytes:
    """`police.shp` goes as a zip with its neighbours of the same stem; anything else as it lies there."""
    if file.suffix.lower() != ".shp":
        return file.read_bytes()
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for part in sorted(file.parent.iterdir()):
            if part.stem == file.stem and part.suffix.lower() in _PARTS:
                archive.write(part, part.name)
    return out.getvalue()
