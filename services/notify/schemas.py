"""Bodies in and out."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.kit.contracts.registry import TYPES
from services.notify.domain.filters import Filter
from services.notify.models import DeliveryRow, Subscription


def _short_name(given: object) -> object:
    """An event's whole type will do as well: `duoge.case.signed.v1`."""
    if not isinstance(given, str) or not given.startswith("duoge."):
        return given
    return re.sub(r"\.v\d{1,3}$", "", given).removeprefix("duoge.")


Pattern = Annotated[str, Field(pattern=r"^(\*|[a-z]{1,20}\.(\*|[a-z_]{1,40}))$"), BeforeValidator(_short_name)]
Code = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f\x7f]{1,128}$")]
UnitCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
NAMES = tuple(name for name in TYPES if name.startswith(("case.", "whistle.")))


class FilterIn(BaseModel):
    """空列表表示都要。`types` 如 `case.dispatched`、`duoge.case.dispatched.v1`、`whistle.*`；`grids` 如 `DU3`、`duty/DU3`。"""

    model_config = ConfigDict(extra="forbid")
    types: list[Pattern] = Field(default_factory=list, max_length=100)
    concerns: list[Code] = Field(default_factory=list, max_length=100)
    grids: list[Code] = Field(default_factory=list, max_length=1000)

    def as_filter(self) -> Filter:
        return Filter(tuple(self.types), tuple(self.concerns), tuple(self.grids))


class SubscriptionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: UnitCode
    kind: Literal["webhook", "email", "sms", "wecom"]
    target: str = Field(min_length=1, max_length=2048)
    secret: str | None = Field(default=None, max_length=200, description="whsec_ 开头；不给就生成一个")
    filter: FilterIn = Field(default_factory=FilterIn)


class SubscriptionOut(BaseModel):
    id: str
    subscription_id: str = Field(description="同 id")
    unit: str
    kind: str
    target: str
    filter: FilterIn
    state: str = Field(description="active 有效；gone 对方答复 410，已停用")
    created_at: datetime
    created_by: str


class SubscriptionMade(SubscriptionOut):
    secret: str = Field(description="核对签名用，只在这里给一次")


class DeliveryOut(BaseModel):
    id: str
    delivery_id: str = Field(description="同 id")
    kind: str
    receiver: str = Field(description="订阅编号；来源回调时是工单编号；应急呼叫时是 吹哨编号/第几遍/人员或单位编码")
    subject: str
    unit: str | None
    source: str | None
    target: str
    event_id: str
    type: str
    state: str
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    next_at: datetime | None


def subscription_out(subscription: Subscription) -> dict[str, Any]:
    wanted = subscription.filter
    return SubscriptionOut(
        id=subscription.id,
        subscription_id=subscription.id,
        unit=subscription.unit,
        kind=subscription.kind,
        target=subscription.target,
        filter=FilterIn(types=list(wanted.types), concerns=list(wanted.concerns), grids=list(wanted.grids)),
        state=subscription.state,
        created_at=subscription.created_at,
        created_by=subscription.created_by,
    ).model_dump(mode="json")


def delivery_out(row: DeliveryRow) -> dict[str, Any]:
    return DeliveryOut(
        id=row.id,
        delivery_id=row.id,
        kind=row.kind,
        receiver=row.receiver,
        subject=row.subject,
        unit=row.unit,
        source=row.source,
        target=row.target,
        event_id=row.event_id,
        type=row.name,
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
        next_at=row.next_at,
    ).model_dump(mode="json")
