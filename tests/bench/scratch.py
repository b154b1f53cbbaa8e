"""A database of one's own, gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duoge.embedded.ports import free_port
from duoge.embedded.postgres import EmbeddedPostgres


@contextmanager
def scratch() -> Iterator[str]:
    """Its URL."""
    folder = Path(tempfile.mkdtemp(prefix="duoge-bench-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder, free_port(), settings={"shared_buffers": "512MB", "effective_cache_size": "2GB"})
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
