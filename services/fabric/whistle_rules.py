"""The parts of a profile that say how a whistle is blown and heeded."""

from typing import Literal

from pydantic import Field

from services.fabric.spans import Span
from services.fabric.taxonomy import Part

EscalateTo = Literal["parent", "guided_by", "district"]


class WhistleRules(Part):
    report_in_metres: float = Field(default=200, gt=0)
    rate_floor: float = Field(ge=0, le=1)
    rate_ceiling: float = Field(ge=0, le=1)
    marks_of_unit: tuple[str, ...]
    marks_of_whistle: tuple[str, ...]


class WhistleKind(Part):
    """哨型. `escalates`: to whom a unit that misses its report-in is escalated, once. `same_day`: the report-in falls
    at closing of the working day on which the accept clock ends, and `report_in` is not used."""

    code: str
    name: str
    ground: str
    accept: Span | None = None
    report_in: Span
    same_day: bool = False
    escalates: tuple[EscalateTo, ...] = ()
    needs_nod: bool = True
    pages_all: bool = False
    second_span: Span | None = None


class WhistleMatter(Part):
    """A row of the catalogue of matters that justify a whistle; `units` are role codes."""

    matter: str
    kind: str
    units: tuple[str, ...]
    ground: str
