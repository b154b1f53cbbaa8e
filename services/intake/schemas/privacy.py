"""Bodies and answers about personal data: search, audit, keys, erasures, and persons' own requests."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.intake.schemas.answers import OrderItem
from services.intake.schemas.bodies import Body
from services.intake.schemas.texts import Said
from services.kit.fields import Words

Reason = Annotated[Said, Field(min_length=1, max_length=2000, description="为什么要看；记入操作记录")]
By = Annotated[Words, Field(min_length=1, max_length=64, description="多人共用一把密钥时，是谁在办")]


class PersonIn(Body):
    """`phone` 怎么写都行：带横线、空格、国家码的都认得。"""

    phone: Annotated[Words, Field(min_length=1, max_length=64)]
    reason: Reason
    by: By | None = None


class ExportIn(PersonIn):
    format: Literal["json", "xlsx"] = "json"


class EraseIn(PersonIn):
    ground: Annotated[
        Literal["asked", "consent_withdrawn", "purpose_done", "unlawful"],
        Field(description="asked 本人要求，consent_withdrawn 撤回同意，purpose_done 目的已实现，unlawful 违法处理"),
    ]


class FoundPage(BaseModel):
    items: list[OrderItem]
    within_30_days: int = Field(description="近 30 天来过几次")
    next: None = None


class AuditItem(BaseModel):
    id: int
    order_id: str | None = Field(description="查号码、导出、删除不针对某一件工单，为 null")
    at: str
    action: str
    by: str
    key_id: str
    role: str
    note: str


class AuditPage(BaseModel):
    items: list[AuditItem]
    next: str | None


class KeysAnswer(BaseModel):
    current: str = Field(description="现在用哪一把加密")
    held: list[str] = Field(description="这个进程有哪几把")
    missing: list[str] = Field(description="库里有内容要用、这个进程却没有的")
    rows: dict[str, int] = Field(description="每把钥匙还管着多少行")
    left: int = Field(description="还没换到当前这把的行数；到 0 才可以丢掉旧钥匙")


class HoldAnswer(BaseModel):
    order_id: str
    held: bool


class ErasureItem(BaseModel):
    day: str
    ground: Literal["retention", "request"]
    part: str
    part_said: str
    rows: int
    ended_from: str = Field(description="删掉的这些，最早是什么时候办结的")
    ended_to: str
    at: str


class ErasurePage(BaseModel):
    items: list[ErasureItem]
    next: str | None


class PersonExport(BaseModel):
    request_id: str
    at: str
    by: str
    orders: list[dict[str, Any]]
    asked: list[dict[str, Any]]


class Postponed(BaseModel):
    order_id: str
    said: str


class CertificateAnswer(BaseModel):
    request_id: str
    at: str
    by: str
    ground: str
    ground_said: str
    erased: list[str]
    postponed: list[Postponed]
    refused: list[Postponed]
    counts: dict[str, int]


class PersonRequestItem(BaseModel):
    request_id: str
    at: str
    kind: Literal["export", "erase"]
    ground: str | None
    by: str
    role: str
    outcome: dict[str, Any]


class PersonRequestPage(BaseModel):
    items: list[PersonRequestItem]
    next: str | None
