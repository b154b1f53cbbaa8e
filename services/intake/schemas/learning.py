"""The model in use and the corrections, as the API's page describes them."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class LastDay(BaseModel):
    orders: int = Field(description="最近一天受理判断过的工单")
    heard: int = Field(description="其中模型有把握的")
    by_model: int = Field(description="其中按模型定的")


class PastModel(BaseModel):
    version: str
    about: dict[str, Any]
    since: str
    until: str | None
    by: str


class ModelAnswer(BaseModel):
    """在用的自学模型；没有就全按词判断，各项为 null。"""

    version: str | None
    from_: Literal["upload", "file"] | None = Field(alias="from", description="upload 上传的，file 设置里指的文件")
    since: str | None
    by: str | None
    trained_at: str | None
    rows: int | None
    label: str | None
    scores: dict[str, float] | None = Field(description="训练时留出检验的成绩：n、top1、top3、macro_f1")
    labels_known: int
    labels_unknown: list[str] = Field(description="模型里有、城市方案里没有的标签，不采用")
    last_day: LastDay
    past: list[PastModel] = Field(description="以前用过的")


class CorrectionItem(BaseModel):
    """值班台把一张工单定成了什么。`content` 已隐去个人信息。"""

    id: int
    order_id: str
    at: str
    content: str
    was: str | None
    was_by: str | None
    confidence: float | None
    model: str | None
    concern: str
    by_name: str
    by_role: str


class LedgerItem(BaseModel):
    """一张工单最后由谁承办。`content` 已隐去个人信息。"""

    order_id: str
    reported_at: str
    channel: str
    kind: str | None
    title: str
    content: str
    address: str | None
    concern: str | None
    sub_concern: str | None
    lead: str = Field(description="最后承办的单位")
    ruled: bool = Field(description="是裁定的")
    lead_before: str | None = Field(description="裁定以前在谁那里")
