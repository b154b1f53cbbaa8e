"""HTTP in and out of cases."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field

from services.dispatch.domain.lifecycle import Action
from services.dispatch.schemas.followed import MeetingOut, RectificationOut
from services.fabric.model import UNIT_CODE
from services.kit.contracts.payload import CaseClass
from services.kit.fields import OBJECT, TEXT, near_our_time, storable, text_or_object, written


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


_Told = Annotated[str, Field(max_length=600), AfterValidator(_trimmed), TEXT]


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
    to: Code | None = Field(default=None, description="transfer：转给谁；assign：分给谁")
    case_class: CaseClass | None = Field(default=None, alias="class", description="reclassify：改成哪一类")
    concern: Short | None = Field(default=None, description="reclassify：改成哪个事项或子项")
    need: Words | None = Field(default=None, description="assign：请这个单位办什么")
    part_done: bool = Field(default=False, description="progress：协办单位自己的一份办完了")
    unfinished: Words | None = Field(default=None, description="resolve、explain：分办的还没办完，为什么可以先办结")
    result: Words | None = Field(default=None, description="progress：法定程序的结果，如受理、不予受理、立案")
    until: Time | None = Field(
        default=None, description="extend、defer：到什么时候；shelve、review：下次复核的日期，不填按方案"
    )
    basis: Words | None = Field(default=None, description="statutory：法律依据")
    measures: Words | None = Field(default=None, description="resolve、explain：采取的措施或不能办的原因")
    evidence: Annotated[
        list[Annotated[_Told | Annotated[Evidence, OBJECT], Discriminator(text_or_object)]],
        Field(
            max_length=50, description="resolve：附的材料，如 photo_after，或 photo_after:地址，或 url 和 media_type"
        ),
        BeforeValidator(_as_list),
    ] = Field(default_factory=list)
    due: Time | None = Field(default=None, description="supervise：督办期限")
    level: Literal["street", "district", "city"] | None = Field(
        default=None, description="supervise：哪一级的督办单；不填，区里签发的是区级，其余街道级"
    )
    passed: bool = Field(default=True, description="verify、recheck：是否通过")
    order_id: Short | None = Field(default=None, description="callback：回访哪张工单")
    reached: bool = Field(default=True, description="callback：是否联系上")
    resolved: bool | None = Field(default=None, description="callback：市民认为是否解决")
    satisfaction: Literal["satisfied", "fair", "dissatisfied"] | None = Field(default=None, description="callback")

    @property
    def attached(self) -> list[str]:
        told = (one if isinstance(one, str) else one.told() for one in self.evidence)
        return [one for one in told if one]


class MergeAsked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    into: Short = Field(description="并入哪个案件")
    by: Short | None = Field(default=None, description="经办人，只留在台账里")
    note: Words = ""


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


class SlipOut(BaseModel):
    number: str
    case_id: str
    place: int = Field(description="这个案件的第几号")
    level: str
    issuer: str
    unit: str | None = Field(description="被督办的单位")
    said: str
    state: str
    light: str
    overdue: bool
    issued_at: datetime
    due: datetime | None
    reply: str
    replied_at: datetime | None
    closed_at: datetime | None = Field(description="销号")
    summoned_at: datetime | None = Field(description="约谈")
    circulated_at: datetime | None = Field(description="通报")
    allowed: list[str] = Field(default_factory=list, description="在一个案件里看时：这把密钥现在能对它做的")


class PartOut(BaseModel):
    unit: str
    state: Literal["helping", "owed", "done"] = Field(description="协办、分办未完、办完")
    asked: str
    said: str
    done_at: datetime | None


class ShelvingOut(BaseModel):
    since: datetime
    reason: str
    signed_by: str = Field(description="签字的领导")
    office: str
    review_due: datetime | None
    review_overdue: bool
    reviewed_at: datetime | None


class ProcedureOut(BaseModel):
    since: datetime
    name: str
    basis: str
    term: str
    due: datetime | None
    overdue: bool
    result: str
    result_at: datetime | None


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
    slips: list[SlipOut] = Field(description="督办单")
    parts: list[PartOut] = Field(description="协办各单位的一份")
    shelving: ShelvingOut | None = Field(description="挂账")
    procedure: ProcedureOut | None = Field(description="法定程序")
    verifier: str | None = Field(description="办结后由谁核查")
    waits_for_meeting: str | None = Field(description="等哪种会商：street 街道会商，study 疑难件会诊")
    meetings: list[MeetingOut] = Field(description="会商结果")
    rectifications: list[RectificationOut] = Field(description="整改通知")


class CaseWithTimeline(CaseOut):
    timeline: list[EntryOut] = Field(description="最后一千条")
    timeline_before: int | None = Field(description="还有更早的：用 …/timeline?before= 接着看")
    allowed: list[str] = Field(description="这把密钥现在能做的动作")


class TimelinePage(BaseModel):
    items: list[EntryOut]
    next: int | None = Field(description="更早的一页用它作 before")


class CasePage(BaseModel):
    items: list[CaseOut]
    next: str | None
