"""The parts of a profile about what is shelved, what the law rules, and who may give a matter to whom."""

from typing import Literal

from pydantic import Field

from services.fabric.spans import Span
from services.fabric.taxonomy import CaseClass, Part


class Shelving(Part):
    """挂账: why something may be entered in the register, code → name, and after how long it is looked at again."""

    review: Span = Span(amount=30, unit="days", time="calendar")
    reasons: dict[str, str] = Field(default_factory=dict)


class LegalTerm(Part):
    """法定程序 of a concern or a sub, for one kind of order or for all: its ground in law, and how long the law gives to
    decide; without `term` the law sets none."""

    concern: str
    kind: str | None = None
    name: str
    basis: str
    term: Span | None = None


class Prompting(Part):
    """自动催办, 自动督办: the classes in which a yellow light urges by itself, and those in which the house issues a 督办单 by
    itself when `supervise_at` limits have been missed, to be answered within `answer` where no due time is left."""

    urge: tuple[CaseClass, ...] = ()
    supervise: tuple[CaseClass, ...] = ()
    supervise_at: int = Field(default=2, ge=1)
    answer: Span = Span(amount=1, unit="days")


PartyKind = Literal["community", "grid", "department", "street", "district", "property", "owner", "volunteers"]
ANY_PARTY = "any"


class MayDispatch(Part):
    """派单权限: to which parties one may give a matter; `copy_street`: the street's desk is told. A community is a unit that
    answers for grids on the level of `hold`, a grid one below the street, the street its operation centre."""

    by: PartyKind
    to: tuple[PartyKind | Literal["any"], ...]
    copy_street: bool = False
