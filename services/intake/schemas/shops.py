"""Shops in and out."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain.shops import SHOP_CODE, Shop
from services.intake.schemas.bodies import Body, Location
from services.kit.fields import Words

MOST_SHOPS = 5000
_Name = Annotated[Words, Field(min_length=1, max_length=128, pattern=r"\S")]


class ShopIn(Body):
    """一户一码的一户。"""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "ZR-0138",
                "name": "兰溪路生鲜店",
                "address": "兰溪路138号",
                "location": {"lon": 121.4079, "lat": 31.2426, "crs": "wgs84"},
                "guarantees": ["包卫生", "包绿化", "包秩序", "包设施", "包立面"],
            }
        }
    )

    code: Annotated[str, Field(pattern=f"^{SHOP_CODE}$", description="门上的码")]
    name: _Name
    address: Annotated[Words, Field(min_length=1, max_length=300, pattern=r"\S")]
    location: Annotated[Location | None, Field(description="不填就按地址找")] = None
    guarantees: Annotated[
        list[Annotated[Words, Field(min_length=1, max_length=64)]], Field(max_length=20, description="门前五包")
    ] = Field(default_factory=list)


class ShopAnswer(BaseModel):
    code: str
    name: str
    address: str
    lon: float | None = Field(description="WGS-84")
    lat: float | None
    guarantees: list[str]
    report: str = Field(description="印进二维码的网址，前面加上本系统的地址")
    version: int


class ShopPage(BaseModel):
    items: list[ShopAnswer]
    next: str | None


class ShopsPut(BaseModel):
    new: int
    changed: int
    same: int


def shown(shop: Shop) -> dict[str, object]:
    return {
        "code": shop.code,
        "name": shop.name,
        "address": shop.address,
        "lon": shop.lon,
        "lat": shop.lat,
        "guarantees": list(shop.guarantees),
        "report": f"/report?shop={shop.code}",
        "version": shop.version,
    }
