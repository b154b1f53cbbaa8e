"""What the bodies of all events share."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Moment = Annotated[datetime, PlainSerializer(lambda at: at.isoformat(), return_type=str)]
"""RFC 3339 with an offset."""

Light = Literal["green", "yellow", "red"]
CaseClass = Literal["easy", "key", "hard", "emergency"]


class Payload(BaseModel):
    """Frozen; a reader of an older version meets unknown fields and ignores them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Place(Payload):
    """Where, without what would name a household: no room, no building of an estate."""

    lon: float | None = None
    lat: float | None = None
    address: str | None = None
    zone: str | None = None
    grids: dict[str, str] = Field(default_factory=dict, description="overlay → code of the grid")
