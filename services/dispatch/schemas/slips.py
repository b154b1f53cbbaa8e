"""HTTP in and out of slips and of the register of what is shelved."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.dispatch.schemas.cases import ShelvingOut, Short, SlipOut, Words


class SlipAsked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Short | None = Field(default=None, description="经办人，只留在台账里")
    note: Words = Field(default="", description="reply：办理情况；refuse：为什么退回；别的：说明")


class SlipTitled(SlipOut):
    title: str


class SlipWithVersion(SlipTitled):
    version: int = Field(description="案件的版本，办下一步时用作 If-Match")


class SlipPage(BaseModel):
    items: list[SlipTitled]
    next: str | None


class ShelvedOut(BaseModel):
    case_id: str
    title: str
    concern: str
    lead: str | None
    case_class: str = Field(serialization_alias="class")
    opened_at: datetime
    shelving: ShelvingOut | None


class ShelvedPage(BaseModel):
    items: list[ShelvedOut]
    next: str | None
