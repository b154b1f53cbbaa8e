"""Event type → use case. The registry listens to nobody: what it knows is handed in by authorities over HTTP."""

from collections.abc import Mapping

from services.kit.consumer import Handle

HANDLERS: Mapping[str, Handle] = {}
