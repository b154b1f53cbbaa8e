"""Answers, as the API's page describes them."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from services.intake.usecases.reporting import Satisfaction
from services.kit.contracts.orders import OrderStatus


class OrderAnswer(BaseModel):
    """现在的状态。`links` 是这把密钥接着能做的事。"""

    order_id: str
    external_id: str
    status: OrderStatus
    reason: str | None = Field(description="稳定的代码；没有则为 null")
    said: str | None = Field(description="给反映人看的一句话：为什么，去哪里")
    case_id: str | None = Field(description="立案之后才有")
    links: dict[str, str]


class Located(BaseModel):
    how: Literal["coordinates", "address", "content", "desk", "unclear", "none"]
    confidence: float
    lon: float | None
    lat: float | None
    name: str | None
    zone: str | None
    inside: bool
    grids: dict[str, str] = Field(description="图层 → 网格编码")
    edges: dict[str, str] = Field(description="不在格子里面的图层：boundary 压线，nearest 就近")
    address_mismatch: bool = Field(description="坐标和地址对不上")
    mismatch_metres: int | None
    fabric_version: int


class KindGuess(BaseModel):
    kind: str
    confidence: float
    words: list[str]


class Classified(BaseModel):
    concern: str
    sub_concern: str | None
    category: str
    confidence: float
    words: list[str] = Field(description="依据的词")
    by: Literal["words", "model", "source", "desk"]
    emergency: bool
    handed_over: bool
    guess: str | None
    model: str | None = Field(description="有把握的自学模型的版本")
    class_: Literal["easy", "key", "hard", "emergency"] | None = Field(
        alias="class", description="易办、重点、疑难、应急"
    )
    urgency: Literal["normal", "pressing", "urgent"] | None = Field(description="一般、次紧急、紧急")
    reasons: list[str] = Field(description="为什么是这一类、这么急")
    kind_guess: KindGuess | None = Field(default=None, description="原话看着像哪种诉求类型，把握多大，依据哪些词")


class ProgressLine(BaseModel):
    at: str
    step: str = Field(description="五步闭环里的哪一步")
    text: str
    unit: str | None
    type: str


class AttachmentShown(BaseModel):
    url: str = Field(description="上传的附件是本系统的路径，带着看它的凭据")
    media_type: str
    attachment_id: str | None = Field(default=None, description="上传的才有")


class AttachmentAnswer(BaseModel):
    attachment_id: str
    url: str
    media_type: str
    size: int = Field(description="字节")
    sha256: str


class OrderItem(OrderAnswer):
    """工单；文字都已隐去个人信息。"""

    version: int
    source: str
    channel: str
    kind: str | None
    title: str
    content: str
    address: str | None
    reported_at: str
    received_at: str
    changed_at: str
    source_urgency: str | None
    source_due: str | None
    repeat_of: str | None
    supervised: bool
    anonymous: bool
    confidential: bool
    attachments: list[AttachmentShown]
    sandbox: bool = Field(description="沙箱来源的工单，不触及任何真实单位")
    located: Located | None
    classified: Classified | None
    satisfaction: Satisfaction | None
    recurs: str | None = Field(description="不久前结案、又被反映的那件案件")


class Calls(BaseModel):
    """同一来电人近来的工单数；不含举报件，不显示号码。"""

    within_30_days: int
    said: str


class OrderWhole(OrderItem):
    progress: list[ProgressLine]
    calls: Calls | None = Field(description="只给城运中心和督导员；匿名的、查不到的为 null")


class OrderPage(BaseModel):
    items: list[OrderItem]
    next: str | None


class BatchItem(BaseModel):
    index: int
    status_code: int
    order_id: str | SkipJsonSchema[None] = None
    links: dict[str, str] | SkipJsonSchema[None] = Field(default=None, description="receipt 是给反映人的回执")
    problem: dict[str, Any] | SkipJsonSchema[None] = None


class BatchAnswer(BaseModel):
    items: list[BatchItem]


class RevealedAnswer(BaseModel):
    name: str | None
    phone: str | None
    address: str | None
    content: str
    attachments: list[str] = Field(description="附件链接，含别处隐去的")


class EntryItem(BaseModel):
    at: str
    action: str
    by: str
    role: str
    note: str


class EntryPage(BaseModel):
    items: list[EntryItem]
    next: str | None
