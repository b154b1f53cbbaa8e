"""An order's fields as somebody asks about them (explain, examples, simulations), made into a matter."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictStr

from services.dispatch.domain.routing.matter import Matter
from services.fabric.address import AddressMatch, denied, match
from services.fabric.datum import BadPosition, Crs, check_position, to_wgs84
from services.fabric.metric import distance
from services.fabric.resolve import zone_of_address_kind
from services.fabric.snapshot import Fabric
from services.fabric.spoken import lexicon_of
from services.kit.fields import near_our_time, storable

Words = Annotated[StrictStr, AfterValidator(storable)]
Code = Annotated[StrictStr, Field(max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]


class BadAsking(ValueError):
    """A field that can't be meant; `pointer` is its JSON pointer, the message a sentence."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.detail = detail


class Location(BaseModel):
    """Degrees in the datum `crs`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lon: float
    lat: float
    crs: Crs | None = None


class Asking(BaseModel):
    """A whole order may be sent as it is: what routing does not ask for is let pass. Without a concern the words of the text
    choose one; without `emergency` the text is listened to; `at` is now unless said."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Annotated[Words, Field(max_length=200)] | None = None
    content: Annotated[Words, Field(max_length=4000)] | None = None
    concern: Code | None = None
    sub_concern: Code | None = None
    channel: Code | None = None
    kind: Code | None = None
    location: Location | None = None
    lon: float | None = None
    lat: float | None = None
    crs: Crs | None = None
    address: Annotated[Words, Field(max_length=300)] | None = None
    zone: Code | None = None
    grids: dict[Code, Words] | None = None
    emergency: StrictBool | None = None
    level: Code | None = None
    owner: Code | None = None
    at: Annotated[AwareDatetime, AfterValidator(near_our_time)] | None = None

    @property
    def text(self) -> str:
        return "\n".join(part for part in (self.title, self.content) if part)


@dataclass(frozen=True, slots=True)
class Understood:
    """`how` the place was found, with the name of what was found; `by`: who chose the concern."""

    matter: Matter
    how: Literal["coordinates", "address", "content", "grids", "none"]
    place: str | None
    by: Literal["given", "words"]


def understand(fabric: Fabric, asking: Asking) -> Understood:
    """Raises BadAsking."""
    given = _given(fabric, asking)
    profile = fabric.profile
    heard = lexicon_of(profile).read(asking.text, given)
    position = _position(asking)
    named = _named(fabric, asking, position)
    how: Literal["coordinates", "address", "content", "grids", "none"] = "grids" if asking.grids else "none"
    if position is not None:
        how = "coordinates"
    elif named is not None:
        position, how = (named[1].lon, named[1].lat), named[0]
    zone = asking.zone or (zone_of_address_kind(named[1].kind) if named else None)
    matter = Matter(
        concern=heard.concern,
        sub_concern=heard.sub,
        channel=asking.channel,
        kind=asking.kind,
        zone=zone,
        emergency=heard.emergency if asking.emergency is None else asking.emergency,
        text=asking.text,
        lon=position[0] if position else None,
        lat=position[1] if position else None,
        grids=dict(asking.grids or {}),
        level=asking.level,
        owner=asking.owner,
        address=asking.address or "",
    )
    return Understood(matter, how, named[1].name if named else None, "words" if given is None else "given")


def _given(fabric: Fabric, asking: Asking) -> str | None:
    """The code that somebody chose; None where the words of the text choose."""
    profile = fabric.profile
    known = {concern.code for concern in profile.concerns}
    for pointer, code in (("/sub_concern", asking.sub_concern), ("/concern", asking.concern)):
        if code is not None and code not in known and profile.sub(code) is None:
            raise BadAsking(pointer, f"没有“{code}”这个事项，请对照城市方案填写编码")
    if asking.sub_concern and asking.concern and asking.sub_concern.split(".")[0] != asking.concern.split(".")[0]:
        raise BadAsking("/sub_concern", "子项不属于这个事项，请只填一个或改成一致")
    given = asking.sub_concern or asking.concern
    if given is None and not asking.text.strip():
        raise BadAsking("/concern", "事项和内容都没有，请至少填一个")
    return given


def _position(asking: Asking) -> tuple[float, float] | None:
    if asking.location is not None:
        pointer, lon, lat, crs = "/location", asking.location.lon, asking.location.lat, asking.location.crs
    elif asking.lon is not None and asking.lat is not None:
        pointer, lon, lat, crs = "", asking.lon, asking.lat, asking.crs
    elif asking.lon is None and asking.lat is None:
        return None
    else:
        raise BadAsking("/lon" if asking.lon is None else "/lat", "经度和纬度要一起填，请补上")
    try:
        check_position(lon, lat)
        return to_wgs84(lon, lat, crs or "wgs84")
    except BadPosition as error:
        raise BadAsking(pointer, str(error)) from None


def _named(
    fabric: Fabric, asking: Asking, position: tuple[float, float] | None
) -> tuple[Literal["address", "content"], AddressMatch] | None:
    """The place that the words name. Beside coordinates only the address counts, and only near them."""
    limits = fabric.profile.thresholds
    found = match(fabric.gazetteer, asking.address) if asking.address else None
    if found is not None and found.confidence >= limits.triage_address:
        if position is None or distance(*position, found.lon, found.lat) <= limits.mismatch_metres:
            return "address", found
        return None
    if position is not None or not asking.text:
        return None
    said = match(fabric.gazetteer, asking.text)
    if said is None or said.confidence < limits.triage_address or denied(found, said):
        return None
    return "content", said
