"""A database of one's own, or one with a broker beside it, gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duoge.embedded.ports import free_port
from duoge.embedded.postgres import EmbeddedPostgres
from tests.servers.kafka import KafkaServer


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


@contextmanager
def servers() -> Iterator[tuple[EmbeddedPostgres, KafkaServer]]:
    """Both run."""
    folder = Path(tempfile.mkdtemp(prefix="duoge-bench-"))
    folder.chmod(0o755)
    postgres, kafka = EmbeddedPostgres(folder, settings={"max_connections": "300"}), KafkaServer()
    try:
        postgres.start()
        kafka.start()
        yield postgres, kafka
    finally:
        kafka.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
