"""People over HTTP: what is handed in, and what of it a key is shown."""

from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from services.fabric.people import Person, Posting, person_json
from services.grids.domain.people import Card, Staff, skill_code
from services.grids.models import StoredPerson
from services.grids.moments import Moment, in_order
from services.grids.schemas import Body, Columns, OverlayCode, UnitCode, small
from services.kit.fields import Name, Words

_MOST_CHANNELS = 4_000
Short = Annotated[Name, Field(min_length=1, max_length=40)]


class PostingBody(Body):
    overlay: OverlayCode
    grid: Annotated[Words, Field(min_length=1, max_length=200)]
    role: Short = Field(description="网格长、网格员、下沉人员、楼组长等")
    valid_from: Moment | None = None
    valid_to: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "PostingBody":
        in_order(self.valid_from, self.valid_to)
        return self

    def posting(self) -> Posting:
        return Posting(**self.model_dump())


class PersonBody(Columns):
    """Name, channels, languages and party_member are kept and sent sealed."""

    name: Short
    unit: UnitCode
    role: Short
    channels: dict[str, Any] = Field(default={}, description="phone、email、wecom 等")
    skills: list[Short] = Field(default=[], max_length=50, description="fire 消防、medical 医疗、police 公安，或别的")
    languages: list[Short] = Field(default=[], max_length=20)
    postings: list[PostingBody] = Field(default=[], max_length=100)
    party_member: bool | None = None
    team: UnitCode | None = Field(default=None, description="志愿队的单位编码")

    @field_validator("channels")
    @classmethod
    def _kept(cls, told: dict[str, Any]) -> dict[str, Any]:
        return small(told, _MOST_CHANNELS)

    def staff(self, code: str) -> Staff:
        person = Person(
            code,
            self.unit,
            self.role,
            tuple(sorted({skill_code(skill) for skill in self.skills})),
            self.team,
            tuple(body.posting() for body in self.postings),
        )
        return Staff(person, Card(self.name, self.channels, tuple(self.languages), self.party_member))


class PersonRow(PersonBody):
    code: UnitCode


class PersonPut(PersonBody):
    code: UnitCode | None = Field(default=None, description="不写就是地址里的；写了要和它一样")


def stored_person_json(stored: StoredPerson, card: Card | None) -> dict[str, Any]:
    """`card` None: for a key that may not see it."""
    told = person_json(stored.person)
    shown: dict[str, Any] = card.as_json() if card is not None else {"name": None, "channels": None}
    return {"code": told.pop("code"), **shown, **told, "version": stored.version}
