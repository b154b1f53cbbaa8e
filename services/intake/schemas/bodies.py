"""Bodies in. Unknown keys are refused; what a source wants to keep besides goes into `extra`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from services.fabric.datum import Crs
from services.intake.domain.draft import Draft, GivenPosition, Reporter
from services.intake.schemas.texts import (
    LONGEST_CONTENT,
    Code,
    Extra,
    LinkAddress,
    Moment,
    Name,
    Note,
    Said,
    WebAddress,
)
from services.intake.usecases.reporting import Satisfaction
from services.kit.fields import Words


class Body(BaseModel):
    """Strict: a number is no text, `yes` is no truth value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Location(Body):
    """Degrees in the datum `crs`."""

    lon: float
    lat: float
    crs: Crs | None = "wgs84"

    def position(self) -> GivenPosition:
        return GivenPosition(self.lon, self.lat, self.crs or "wgs84")


class ReporterIn(Body):
    """诉求人：匿名的，姓名和电话不保存。"""

    name: Annotated[Words, Field(max_length=64)] | None = None
    phone: Annotated[Words, Field(max_length=64)] | None = None
    anonymous: bool | None = False
    confidential: bool | None = False

    def reporter(self) -> Reporter:
        return Reporter(self.name or None, self.phone or None, bool(self.anonymous), bool(self.confidential))


class AttachmentIn(Body):
    """先上传的填 `attachment_id`；放在别处的填 `url` 和 `media_type`。"""

    attachment_id: Annotated[str, Field(pattern=r"^att_[0-9a-f]{32}$")] | None = None
    url: Annotated[LinkAddress | None, Field(validate_default=True)] = None
    media_type: Annotated[
        Annotated[str, Field(max_length=127, pattern=r"^[A-Za-z0-9.+_-]+/[A-Za-z0-9.+_-]+$")] | None,
        Field(validate_default=True),
    ] = None

    @field_validator("url", "media_type")
    @classmethod
    def _one_of_two(cls, value: str | None, info: ValidationInfo) -> str | None:
        """What is uploaded needs neither; what lies elsewhere both. Nothing more is said where the id itself is wrong."""
        uploaded = info.data.get("attachment_id", value) is not None
        if "attachment_id" in info.data and uploaded == (value is not None):
            raise ValueError(
                "有 attachment_id 就不填这一项" if uploaded else "缺这一项，请补上；先上传的填 attachment_id"
            )
        return value

    def plain(self) -> dict[str, str]:
        told = {"url": self.url, "media_type": self.media_type, "attachment_id": self.attachment_id}
        return {name: value for name, value in told.items() if value is not None}


class OrderIn(Body):
    """一张工单。"""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "external_id": "SH12345-20261123-000123",
                "channel": "hotline_12345",
                "title": "夜间噪声",
                "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
                "reported_at": "2026-11-23T08:15:00+08:00",
                "location": {"lon": 121.4079, "lat": 31.2426, "crs": "wgs84"},
                "address": "兰溪路生鲜店",
                "reporter": {"name": "张三", "phone": "13800000000", "anonymous": False, "confidential": False},
                "kind": "complaint",
            }
        }
    )

    external_id: Annotated[Name, Field(description="来源自己的编号；同号同文只算一张")]
    channel: Annotated[Code, Field(description="渠道编码，见城市方案")]
    content: Annotated[Said, Field(min_length=1, max_length=LONGEST_CONTENT, description="原话")]
    reported_at: Annotated[Moment, Field(description="反映时间，带时区；2000 年以后，至多比现在晚一天")]
    title: Annotated[Words, Field(max_length=200)] | None = None
    location: Annotated[Location | None, Field(description="坐标优先于地址，两者相差太远会标出")] = None
    address: Annotated[Words, Field(max_length=300)] | None = None
    reporter: ReporterIn | None = None
    kind: Annotated[Code | None, Field(description="诉求类型编码，见城市方案")] = None
    concern: Annotated[Words, Field(max_length=64, description="来源认定的事项；城市方案里没有的不采用")] | None = None
    source_urgency: Annotated[Words, Field(max_length=32)] | None = None
    source_due: Annotated[Moment | None, Field(description="来源的办结时限")] = None
    repeat_of: Annotated[Name | None, Field(description="重复反映的是哪张工单")] = None
    supervised: bool | None = False
    attachments: Annotated[list[AttachmentIn] | None, Field(max_length=50)] = None
    callback_url: Annotated[WebAddress | None, Field(description="办理结果回调到这里")] = None
    extra: Annotated[Extra | None, Field(description="来源自己的字段，密封保存，不外传")] = None

    def draft(self, order_id: str, source: str) -> Draft:
        return Draft(
            order_id=order_id,
            source=source,
            external_id=self.external_id,
            channel=self.channel,
            content=self.content,
            reported_at=self.reported_at,
            title=self.title or None,
            position=self.location.position() if self.location else None,
            address=self.address or None,
            reporter=self.reporter.reporter() if self.reporter else Reporter(),
            kind=self.kind,
            concern=self.concern,
            source_urgency=self.source_urgency or None,
            source_due=self.source_due,
            repeat_of=self.repeat_of,
            supervised=bool(self.supervised),
            attachments=tuple(one.plain() for one in self.attachments or ()),
            callback_url=self.callback_url,
            extra=self.extra or {},
        )


class SupplementIn(Body):
    content: Annotated[Said, Field(min_length=1, max_length=LONGEST_CONTENT)]


class ReasonIn(Body):
    reason: Annotated[Said, Field(min_length=1, max_length=2000)]


class WithdrawIn(Body):
    reason: Note = ""


class AppealIn(Body):
    reason: Note = ""


class UrgeIn(Body):
    note: Note = ""


class FeedbackIn(Body):
    resolved: bool
    satisfaction: Satisfaction
    comment: Note = ""
    rework: Annotated[bool, Field(description="来源要求重办，不管市民怎么说；结案以后也可以")] = False


class TriageIn(Body):
    """人工研判：补上地点、事项，或者给出不予受理的情形。"""

    location: Location | None = None
    address: Annotated[Words, Field(min_length=1, max_length=300)] | None = None
    concern: Code | None = None
    decline: Annotated[Code | None, Field(description="不予受理情形的编码")] = None
    note: Note = ""


class NoteIn(Body):
    note: Note = ""


class UnreasonableIn(Body):
    """报批不合理诉求：理由，和佐证（说明或材料的网址）。"""

    reason: Annotated[Said, Field(min_length=1, max_length=2000)]
    evidence: Annotated[list[Annotated[Said, Field(min_length=1, max_length=500)]], Field(min_length=1, max_length=20)]


class AppealDecidedIn(Body):
    """`upheld`：申诉成立，重新受理；否则维持不予受理。"""

    upheld: bool
    note: Note = ""


class AcknowledgeIn(Body):
    """回执：对方的接收编号或接收人说明。"""

    receipt: Annotated[Said, Field(min_length=1, max_length=200)]


class ListedIn(Body):
    """来源清单的一行：按来源自己的写法。"""

    external_id: Name
    status: Annotated[Words, Field(max_length=64)] | None = None
    satisfaction: Annotated[Words, Field(max_length=64)] | None = None
    changed_at: Annotated[Words, Field(max_length=64)] | None = None


class JoinIn(Body):
    case_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class ReturnIn(Body):
    reason: Annotated[Said, Field(min_length=1, max_length=2000)]
    proposal: Note = ""
