"""Bodies of `duoge.grids`: the compacted entries of the fabric and the manifest that closes each publication.

An entry's bytes are made by the fabric library and hashed as they stand, so these models only say what a subscriber
may rely on and let the rest through.
"""

from typing import Any

from pydantic import ConfigDict, Field

from services.kit.contracts.payload import Payload


class Entry(Payload):
    model_config = ConfigDict(frozen=True, extra="allow")


class FabricPublished(Entry):
    """The manifest: a copy swaps to `version` only when it holds every entry with the hash named here."""

    version: int


class GridChanged(Entry):
    """All editions of a grid that have not ended; geometry as base64 WKB in WGS-84."""

    overlay: str
    code: str
    editions: list[dict[str, Any]] = Field(default_factory=list)


class UnitChanged(Entry):
    code: str
    name: str


class RosterChanged(Entry):
    unit: str
