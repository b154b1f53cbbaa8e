"""The parts of a profile that say how a whistle is blown and heeded."""

from typing import Literal

from pydantic import Field

from services.fabric.spans import Span
from services.fabric.taxonomy import Part

EscalateTo = Literal["parent", "guided_by", "district"]


class NodReminder(Part):
    """催请同意: so long after it was asked for, a whistle that still waits for the street's nod is told of to those who are
    to answer, `street` its operation centre, `district` the centre above."""

    after: Span
    to: Literal["street", "district"] = "street"


class WhistleRules(Part):
    """`rate_floor`, `rate_ceiling`: 吹哨率, whistles blown by a street to the cases opened on its ground, that are neither
    too few nor too many. `nod_reminders`: in the order in which they come."""

    nod_reminders: tuple[NodReminder, ...] = Field(default=(), max_length=20)
    report_in_metres: float = Field(default=200, gt=0)
    rate_floor: float = Field(ge=0, le=1)
    rate_ceiling: float = Field(ge=0, le=1)
    marks_of_unit: tuple[str, ...]
    marks_of_whistle: tuple[str, ...]


class WhistleKind(Part):
    """哨型. `escalates`: to whom a unit that misses its report-in is escalated, once. `same_day`: the report-in falls
    at closing of the working day on which the accept clock ends, and `report_in` is not used. `pages_all`: on-duty people
    of the called and the volunteers around are paged at once, and again after every `page_every` until somebody answers.
    `volunteers`: it calls volunteer teams where no units are named."""

    code: str
    name: str
    ground: str
    accept: Span | None = None
    report_in: Span
    same_day: bool = False
    escalates: tuple[EscalateTo, ...] = ()
    needs_nod: bool = True
    pages_all: bool = False
    page_every: Span = Span(amount=3, unit="minutes", time="24x7")
    volunteers: bool = False
    second_span: Span | None = None


class WhistleMatter(Part):
    """吹哨事项: a row of the catalogue of matters that justify a whistle; `units` are role codes. It fits a case of one of
    `concerns` (or of a sub-concern of it), and a need in which one of `words` stands. `skills` are asked of volunteers."""

    code: str = ""
    matter: str
    kind: str
    units: tuple[str, ...]
    ground: str
    concerns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.code or self.matter
