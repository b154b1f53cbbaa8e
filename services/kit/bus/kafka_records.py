"""From the client's record to ours."""

from typing import Any

from services.kit.bus.port import Record


def to_record(given: Any, prefix: str) -> Record:
    return Record(
        topic=given.topic.removeprefix(prefix),
        partition=given.partition,
        offset=given.offset,
        key=(given.key or b"").decode("utf-8", "replace"),
        value=given.value,
        headers={name: value.decode("utf-8", "replace") for name, value in given.headers},
    )
