"""A row of the routing table: conditions and results, as an operator writes them."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.dispatch.domain.routing.asking import Asking
from services.fabric.taxonomy import CaseClass, Part

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
GridCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}:[^\x00]{1,100}$")]
Sentence = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=500)]
Word = Annotated[str, StringConstraints(pattern=r"^[^\x00]+$", min_length=1, max_length=50)]
# A list must fit the cell of a spreadsheet.
Codes = Annotated[tuple[Code, ...], Field(max_length=500)]
Words = Annotated[tuple[Word, ...], Field(max_length=500)]
_TARGET = r"(operation|owner|estate:property|(grid|unit|role|owner):[A-Za-z0-9_-]{1,64})"
Target = Annotated[str, StringConstraints(pattern=f"^{_TARGET}$")]
OneOf = Annotated[str, StringConstraints(pattern=rf"^{_TARGET}(\|{_TARGET})*$", max_length=500)]


class When(Part):
    """Conditions; every one that is given must hold, one value of its list being enough. `grid` is `overlay:code`; `unit`
    a unit with a grid at the place; `owner` the role of the owner, `property` where a property company has the place;
    `component` the kind (or family) of the thing that the inventory has there; `inside_wall` what the ground says;
    `hours` are `HH:MM-HH:MM` in Shanghai, past midnight where the end is the smaller; `words` stand in the text, `unless`
    don't."""

    category: Codes = ()
    concern: Codes = ()
    sub: Codes = ()
    channel: Codes = ()
    kind: Codes = ()
    zone: Codes = ()
    level: Codes = ()
    grid: Annotated[tuple[GridCode, ...], Field(max_length=200)] = ()
    unit: Codes = ()
    owner: Codes = ()
    component: Codes = ()
    inside_wall: bool | None = None
    emergency: bool | None = None
    hours: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")] | None = None
    words: Words = ()
    unless: Words = ()

    @property
    def names_matter(self) -> bool:
        return bool(self.category or self.concern or self.sub)

    def takes(self, category: str, concern: str, sub: str) -> bool:
        """Whether the kind of trouble is one of the row's, whatever else it asks."""
        return (
            (not self.category or category in self.category)
            and (not self.concern or concern in self.concern)
            and (not self.sub or sub in self.sub)
        )


class Row(Part):
    """`lead`: targets in order, the first that exists at the place leads. `assists`: each a target, or several with `|`
    of which the first that exists is taken. `class`, `level`: instead of the profile's class and of the lead's own level;
    `clocks`: the class by whose clocks it runs, where that is another; `whistle`: the kind to blow at once."""

    id: Code
    priority: int = Field(default=100, ge=0, le=100_000)
    title: Sentence = ""
    when: When = When()
    lead: tuple[Target, ...] = Field(min_length=1, max_length=20)
    assists: tuple[OneOf, ...] = Field(default=(), max_length=40)
    case_class: CaseClass | None = Field(default=None, alias="class")
    level: Code | None = None
    clocks: CaseClass | None = None
    whistle: Code | None = None
    ground: Sentence = ""

    def as_json(self) -> dict[str, Any]:
        """As it is written: without what is left open."""
        body = self.model_dump(mode="json", exclude_defaults=True)
        return {
            "id": self.id,
            "priority": self.priority,
            **{k: v for k, v in body.items() if k not in ("id", "priority")},
        }


class Example(Part):
    """A golden case that a table must pass to become live: an order's fields, and who must lead it."""

    matter: Asking
    lead: Code
    assists: tuple[Code, ...] | None = None
    name: Sentence = ""

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)
