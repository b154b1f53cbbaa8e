"""What is agreed with a source, in and out."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, field_validator, model_validator

from services.intake.domain.fieldmap import OURS
from services.intake.domain.sources import FieldRule, Source
from services.intake.schemas.bodies import Body
from services.intake.schemas.texts import Code, WebAddress
from services.kit.fields import OBJECT, TEXT, Words, storable_all, text_or_object

Quota = Annotated[int, Field(ge=1, le=10_000_000)]
_EXAMPLE: dict[str, Any] = {
    "name": "市民服务热线",
    "channel": "hotline_12345",
    "per_minute": 600,
    "per_day": 20000,
    "fields": {
        "external_id": "工单编号",
        "content": "内容描述",
        "address": "诉求地址",
        "reported_at": {"path": "工单生成时间", "format": "%Y-%m-%d %H:%M:%S"},
        "source_urgency": "工单类别",
        "kind": {"path": "工单类型", "values": {"投诉举报类": "complaint", "咨询类": "consult"}},
    },
    "callback_url": "https://12345.example.cn/duoge",
    "sandbox": False,
}


_Path = Annotated[Words, Field(min_length=1, max_length=300), TEXT]


class FieldIn(Body):
    path: Annotated[Words, Field(min_length=1, max_length=300, description="点分路径，或 JSON Pointer")]
    values: Annotated[dict[str, Any], Field(max_length=500, description="他们的值 → 我们的值")] = Field(
        default_factory=dict
    )
    format: Annotated[Words, Field(min_length=2, max_length=64, description="strptime 的日期格式")] | None = None

    @field_validator("values")
    @classmethod
    def _storable(cls, values: dict[str, Any]) -> dict[str, Any]:
        storable_all(values)
        return values

    def rule(self) -> FieldRule:
        return FieldRule(self.path, self.values, self.format)


class SourceIn(Body):
    """和一个来源的约定。"""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    name: Annotated[Words, Field(max_length=128)] = ""
    channel: Annotated[Code | None, Field(description="工单没写渠道时用")] = None
    per_minute: Annotated[Quota | None, Field(description="每分钟最多多少张；不填不限")] = None
    per_day: Annotated[Quota | None, Field(description="每天最多多少张；不填不限")] = None
    fields: Annotated[
        dict[str, Annotated[Annotated[FieldIn, OBJECT] | _Path, Discriminator(text_or_object)]],
        Field(max_length=len(OURS), description="我们的字段 → 它在来源内容里的位置；其余字段收进 extra"),
    ] = Field(default_factory=dict)
    callback_url: Annotated[WebAddress | None, Field(description="工单没写回调地址时用")] = None
    sandbox: Annotated[bool, Field(description="沙箱：照常判断、答复、回调，但不触及任何真实单位")] = False

    @model_validator(mode="after")
    def _known_fields(self) -> "SourceIn":
        unknown = sorted(set(self.fields) - OURS)
        if unknown:
            raise ValueError(f"没有 {'、'.join(unknown)[:200]} 这些字段，可用的是 {'、'.join(sorted(OURS))}")
        return self

    def source(self, source: str) -> Source:
        fields = {ours: FieldRule(rule) if isinstance(rule, str) else rule.rule() for ours, rule in self.fields.items()}
        return Source(
            source,
            self.name,
            self.channel,
            self.per_minute,
            self.per_day,
            fields,
            self.callback_url,
            self.sandbox,
        )


class SourceAnswer(BaseModel):
    source: str
    version: int
    name: str
    channel: str | None
    per_minute: int | None
    per_day: int | None
    fields: dict[str, dict[str, Any]]
    callback_url: str | None
    sandbox: bool


class SourceList(BaseModel):
    items: list[SourceAnswer]
    next: None
