"""What is to be routed: the kind of trouble, the place, and how it came in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.fabric.taxonomy import CaseClass


@dataclass(frozen=True, slots=True)
class Matter:
    """`concern` and `sub_concern` are codes of the profile; a sub alone is enough in either. `lon`, `lat` are degrees of
    WGS-84; with them the ground is read anew from the fabric, without them by `grids` (overlay → code). `emergency`: intake heard
    a cry that is meant, or somebody said so. `level` and `owner` are told only where they are known: the rung of the ladder
    that raises the matter, and the role of whoever owns the thing (权属). `address` is where it is in words; `least` the class that the source's marks ask for."""

    concern: str
    sub_concern: str | None = None
    category: str | None = None
    channel: str | None = None
    kind: str | None = None
    zone: str | None = None
    emergency: bool = False
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    grids: Mapping[str, str] = field(default_factory=dict)
    confidential: bool = False
    level: str | None = None
    owner: str | None = None
    address: str = ""
    least: CaseClass | None = None
