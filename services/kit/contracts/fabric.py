"""Bodies of `duoge.grids`: the compacted entries of the fabric and the manifest that closes each publication.

An entry's bytes are made by the fabric library and hashed as they stand, so these models only say what a subscriber
may rely on and let the rest through.
"""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from services.kit.contracts.payload import Moment, Payload, Place


class Entry(Payload):
    model_config = ConfigDict(frozen=True, extra="allow")


class FabricPublished(Entry):
    """The manifest: a copy swaps to `version` only when it holds every entry with the hash named here. It also says
    where the version came from: what was done, by the key of this name, from which file, and of how many grids or other
    entries (`counts`: added, changed, removed); `codes` names the first two hundred of each."""

    version: int
    what: str | None = None
    by: str | None = None
    by_key: str | None = None
    overlay: str | None = None
    file: str | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    codes: dict[str, list[str]] = Field(default_factory=dict)


class FabricListed(Entry):
    """A part of the manifest's list: key → hash of its value."""

    version: int
    part: int
    hashes: dict[str, str] = Field(default_factory=dict)


class ProfileChanged(Entry):
    """The city's profile, whole."""

    name: str
    version: int


class GazetteerChanged(Entry):
    """Some of the named places: name, kind, lon, lat, aliases of each, and where there are any, a sixth: `former` names,
    `stretch` of a road [low, high, parity, lon, lat], managing `unit`."""

    places: list[list[Any]] = Field(default_factory=list)


class ComponentsChanged(Entry):
    """Some of the components (部件): code, number of its kind, lon, lat, number of its owner, number of its state, and where
    it has dates, valid_from and valid_to."""

    kinds: list[str] = Field(default_factory=list)
    owners: list[str | None] = Field(default_factory=list)
    states: list[str] = Field(default_factory=list)
    rows: list[list[Any]] = Field(default_factory=list)


class CalendarChanged(Entry):
    """The operator's days of one year: True is worked. `complete`: no published calendar is needed for it."""

    year: int
    complete: bool = False
    days: dict[str, bool] = Field(default_factory=dict)


class GridChanged(Entry):
    """All editions of a grid that are kept, ended ones too; geometry as base64 WKB in WGS-84."""

    overlay: str
    code: str
    editions: list[dict[str, Any]] = Field(default_factory=list)


class UnitChanged(Entry):
    code: str
    name: str


class PersonChanged(Entry):
    """Somebody of the staff. Name, numbers and languages are in `sealed`, opened with the house's key only."""

    code: str
    unit: str
    role: str = ""
    skills: list[str] = Field(default_factory=list)
    team: str | None = None
    postings: list[dict[str, Any]] = Field(default_factory=list)
    sealed: str = ""


class RosterChanged(Entry):
    """All editions of a unit's roster that are kept; people by their codes. `changed`: what is other than before, a
    sentence each; `by`: the name of the key that changed it."""

    unit: str
    editions: list[dict[str, Any]] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    by: str = ""


class RulingChanged(Entry):
    """Who answers for a piece of ownerless ground, by ruling or in the interim: part of the fabric, and followed by
    routing. `shape`: base64 WKB in WGS-84."""

    id: str
    kind: str
    overlays: list[str] = Field(default_factory=list)
    grids: dict[str, list[str]] = Field(default_factory=dict)
    unit: str
    settled: bool = Field(description="ruled for good; else the unit looks after it until then")
    ground: str = ""
    at: Moment
    shape: str | None = None


class GroundRuling(Payload):
    unit: str
    ground: str = Field(description="on what ground it was ruled so")
    at: Moment


class GroundChanged(Payload):
    """An entry of the register of ownerless ground as it is now, under the key `ground/ID`; no part of the fabric, and
    named by no manifest."""

    id: str
    kind: str = Field(
        description="gap, overlap, no_unit: found on the map; bouncing: by returns, repeats, whistles unmet"
    )
    state: Literal["open", "held", "ruled", "closed"]
    place: Place
    overlays: list[str] = Field(default_factory=list)
    grids: dict[str, list[str]] = Field(default_factory=dict, description="overlay → codes of the grids concerned")
    area_m2: float | None = None
    holder: str | None = Field(default=None, description="the unit that looks after it until it is ruled whose it is")
    ruling: GroundRuling | None = None
    first_seen: Moment
    last_seen: Moment
    text: str = Field(description="one Chinese sentence")
    at: Moment
