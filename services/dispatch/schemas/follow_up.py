"""Bodies of follow-up: meetings held, orders to put right, and looks at them."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.dispatch.models import MeetingKind
from services.dispatch.schemas.cases import Code, Short, Time, Words


def _said(words: str) -> str:
    if not words:
        raise ValueError("不能是空的，请写明")
    return words


Said = Annotated[Words, AfterValidator(_said)]
Name = Annotated[Short, AfterValidator(_said)]


class _Deed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Short | None = Field(default=None, description="经办人，只留在台账里")
    unit: Code | None = Field(default=None, description="以哪个单位的名义；城运中心可以指定")


class MeetingIn(_Deed):
    """一次会商的结果。"""

    kind: MeetingKind | None = Field(
        default=None, description="street 街道会商，study 疑难件会诊；不写就是在等的那一种"
    )
    held_at: Time = Field(description="什么时候开的")
    units: Annotated[list[Code], Field(min_length=1, max_length=50, description="到会的单位")]
    decision: Said = Field(description="会上定了什么")
    owner: Code | None = Field(default=None, description="由谁落实，不写就是主办")
    due: Time = Field(description="什么时候前落实")


class Spot(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    address: Short | None = None


class Subject(BaseModel):
    """商铺或工地，不写人。"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    shop_code: Short | None = Field(default=None, description="一户一码")


class RectifyIn(_Deed):
    """整改通知：为一个案件，或为一个地点（同时立案）。"""

    case_id: Short | None = None
    place: Spot | None = Field(default=None, description="还没有案件时：在哪里")
    concern: Short | None = Field(default=None, description="还没有案件时：事项或子项编码")
    subject: Subject
    orders: Said = Field(description="要整改什么")
    due: Time

    @model_validator(mode="after")
    def _one_of_both(self) -> "RectifyIn":
        if (self.case_id is None) == (self.place is None):
            raise ValueError("case_id 和 place 请填一个")
        if self.place is not None and not self.concern:
            raise ValueError("按地点开整改通知要写明事项，请填 concern")
        return self


class CheckIn(_Deed):
    """复查。没有整改到位的，写 due 再限期，或写 to 移交执法。"""

    passed: bool
    found: Words = Field(default="", description="看到的情况")
    due: Time | None = None
    to: Code | None = Field(default=None, description="移交给哪个执法单位")

    @model_validator(mode="after")
    def _what_follows(self) -> "CheckIn":
        if self.passed and (self.due or self.to):
            raise ValueError("已经整改到位，不用再写 due 或 to")
        if not self.passed and (self.due is None) == (self.to is None):
            raise ValueError("没有整改到位：再限期请填 due，移交执法请填 to，填一个")
        return self
