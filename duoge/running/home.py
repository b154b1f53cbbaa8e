"""What a whole system keeps in its folder beside the database: two secrets and where its clock stands."""

import contextlib
import os
import secrets
from pathlib import Path


def kept_secret(folder: Path, name: str, given: str | None) -> str:
    """`given` if there is one, else the one kept in the folder (made at the first start, readable by its owner only)."""
    if given:
        return given
    file = folder / name
    if not file.exists():
        fresh = folder / f"{name}.{secrets.token_hex(4)}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(36))
            out.flush()
            os.fsync(out.fileno())
        # Whole or not at all, and never over one that another start has made meanwhile.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
    return file.read_text().strip()
