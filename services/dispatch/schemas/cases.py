"""HTTP in and out of cases."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from services.dispatch.domain.lifecycle import Action
from services.fabric.model import UNIT_CODE
from services.kit.fields import near_our_time, storable, written


def _as_list(given: object) -> object:
    """A single piece need not stand in a list."""
    return [] if given is None else [given] if isinstance(given, str | dict) else given


def _trimmed(words: str) -> str:
    return storable(words).strip()


Words = Annotated[str, Field(max_length=2000), AfterValidator(_trimmed)]
Short = Annotated[str, Field(max_length=100), AfterValidator(_trimmed)]
Code = Annotated[str, Field(pattern=f"^{UNIT_CODE}$")]
Time = Annotated[AwareDatetime, BeforeValidator(written), AfterValidator(near_our_time)]


class Evidence(BaseModel):
    """`kind` as the profile's evidence rules name it; `url` says where it lies. As an order's attachment, with a
    `media_type` and no kind, it is a photo or a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Short | None = None
    url: Annotated[str, Field(max_length=500), AfterValidator(_trimmed)] = ""
    media_type: Short | None = None

    def told(self) -> str:
        kind = self.kind or ("photo" if (self.media_type or "").startswith("image/") else "file")
        return f"{kind}:{self.url}" if self.url else kind


class Asked(BaseModel):
    """One action on a case. `by` is whoever does it, `unit` for whom (城运中心 may name one); the other fields belong to
    single actions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Action = Field(description="见状态表")
    by: Short | None = Field(default=None, description="经办人，只留在台账里")
    unit: Code | None = Field(default=None, description="以哪个单位的名义；城运中心可以指定")
    note: Words = ""
    reason: Words | None = Field(default=None, description="return：退单理由的编码；别的动作：说明")
    proposal: Words | None = Field(default=None, description="return：建议由谁办")
    lead: Code | None = Field(default=None, description="rule：指定的主办单位")
    ground: Words | None = Field(default=None, description="rule：依据")
    to: Code | None = Field(default=None, description="transfer：转给谁")
    until: Time | None = Field(default=None, description="extend、defer：到什么时候")
    basis: Words | None = Field(default=None, description="statutory：法律依据")
    measures: Words | None = Field(default=None, description="resolve、explain：采取的措施或不能办的原因")
    evidence: Annotated[
        list[Annotated[str, Field(max_length=600), AfterValidator(_trimmed)] | Evidence],
        Field(
            max_length=50, description="resolve：附的材料，如 photo_after，或 photo_after:地址，或 url 和 media_type"
        ),
        BeforeValidator(_as_list),
    ] = Field(default_factory=list)
    due: Time | None = Field(default=None, description="supervise：督办期限")
    passed: bool = Field(default=True, description="verify、recheck：是否通过")
    order_id: Short | None = Field(default=None, description="callback：回访哪张工单")
    reached: bool = Field(default=True, description="callback：是否联系上")
    resolved: bool | None = Field(default=None, description="callback：市民认为是否解决")
    satisfaction: Literal["satisfied", "fair", "dissatisfied"] | None = Field(default=None, description="callback")

    @property
    def attached(self) -> list[str]:
        told = (one if isinstance(one, str) else one.told() for one in self.evidence)
        return [one for one in told if one]


class ClockOut(BaseModel):
    kind: str
    started: datetime
    due: datetime
    state: str
    provisional: bool = Field(description="所在年份的日历还没有公布，先按平日算，公布后重算")


class DecisionOut(BaseModel):
    rule: str
    version: int
    reason: str
    ground: str
    alternatives: list[dict[str, str]]
    fallback: bool


class EntryOut(BaseModel):
    at: datetime
    type: str
    text: str
    by: str | None
    unit: str | None


class CaseOut(BaseModel):
    case_id: str
    version: int
    state: str
    case_class: str = Field(serialization_alias="class")
    level: str
    concern: str
    sub_concern: str | None
    title: str
    summary: str
    channel: str
    kind: str | None
    confidential: bool
    light: str
    lead: str | None
    assists: list[str]
    called: list[str]
    orders: list[str]
    place: dict[str, object]
    fabric_version: int
    opened_at: datetime
    dispatched_at: datetime
    changed_at: datetime
    clocks: list[ClockOut]
    decision: DecisionOut
    excluded: str | None
    recurrences: int = Field(description="结案后不久又被反映的次数")
    request: dict[str, object] | None


class CaseWithTimeline(CaseOut):
    timeline: list[EntryOut] = Field(description="最后一千条")
    timeline_before: int | None = Field(description="还有更早的：用 …/timeline?before= 接着看")


class TimelinePage(BaseModel):
    items: list[EntryOut]
    next: int | None = Field(description="更早的一页用它作 before")


class CasePage(BaseModel):
    items: list[CaseOut]
    next: str | None
