"""What a whole system keeps in its folder beside the database: two secrets and where its clock stands."""

import os
import secrets
from pathlib import Path


def kept_secret(folder: Path, name: str, given: str | None) -> str:
    """`given` if there is one, else the one kept in the folder (made at the first start, readable by its owner only)."""
    if given:
        return given
    file = folder / name
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(36))
    return file.read_text().strip()
