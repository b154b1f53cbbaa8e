"""HTTP in and out of whistles."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

from services.dispatch.domain.whistle.model import CallState, Meet, NodState, WhistleState
from services.dispatch.schemas.cases import EntryOut
from services.dispatch.usecases.whistles.blowing import Wanted
from services.fabric.datum import BadPosition, Crs, check_position, to_wgs84
from services.kit.contracts.payload import Place
from services.kit.fields import near_our_time, or_empty, storable, written
from services.kit.masking import masked
from services.kit.problems import wrong

LONGEST_NOTE = 2000


Words = Annotated[StrictStr, AfterValidator(storable)]
Code = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Note = Annotated[Words, Field(max_length=LONGEST_NOTE), BeforeValidator(or_empty)]
Skill = Annotated[Words, Field(min_length=1, max_length=40)]
Address = Annotated[Words, Field(max_length=300)]
Moment = Annotated[AwareDatetime, BeforeValidator(written), AfterValidator(near_our_time)]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Mark = Annotated[int, Field(strict=True, ge=1, le=5)]


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MeetIn(Body):
    """集合点；`at` 是集合时间，不写就是报到时限之前。"""

    lon: Degrees
    lat: Degrees
    crs: Crs | None = None
    at: Moment | None = None
    address: Address | None = None

    def meet(self) -> Meet:
        lon, lat = position(self.lon, self.lat, self.crs, "/meet")
        return Meet(lon, lat, masked(self.address) if self.address else None, self.at)


class PlaceIn(Body):
    """没有案件时吹哨的地点：坐标、地址，或两样都写。"""

    lon: Degrees | None = None
    lat: Degrees | None = None
    crs: Crs | None = None
    address: Address | None = None

    def place(self) -> Place:
        shown = masked(self.address) if self.address else None
        if self.lon is None and self.lat is None:
            if not shown:
                raise wrong("/place", "请写明地点的 lon 和 lat，或 address")
            return Place(address=shown)
        lon, lat = both(self.lon, self.lat, self.crs, "/place")
        return Place(lon=lon, lat=lat, address=shown)


class BlowIn(Body):
    """吹哨。`units` 不写就叫集合点上各网格的单位和案件的协办。"""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "place": {"lon": 121.4079, "lat": 31.2426, "address": "兰溪路生鲜店"},
                "kind": "joint_enforcement",
                "units": ["ZR-POLICE", "ZR-MARKET"],
                "need": "联合检查夜间卸货",
                "meet": {"lon": 121.4079, "lat": 31.2426},
            }
        }
    )

    kind: Annotated[Code | None, Field(description="哨型，见城市方案；写了 matter 可以不写")] = None
    matter: Annotated[Words | None, Field(max_length=64, description="吹哨事项清单里的哪一项，见 catalogue")] = None
    ground: Annotated[Note, Field(max_length=300, description="吹哨依据；不写用清单或哨型的")] = ""
    skills: Annotated[list[Skill] | None, Field(max_length=20, description="要志愿者有的专长")] = None
    case_id: Code | None = None
    place: PlaceIn | None = None
    units: Annotated[list[Code] | None, Field(max_length=200)] = None
    need: Annotated[Note, Field(description="要各单位做什么")] = ""
    meet: MeetIn | None = None
    report_in_by: Annotated[Moment | None, Field(description="报到时限；不写按哨型算")] = None

    def wanted(self) -> Wanted:
        if (self.case_id is None) == (self.place is None):
            raise wrong("/place", "case_id 和 place 请写且只写一样")
        return Wanted(
            kind=self.kind,
            need=masked(self.need),
            matter=self.matter,
            ground=masked(self.ground),
            skills=tuple(self.skills or ()),
            case_id=self.case_id,
            place=self.place.place() if self.place else None,
            units=tuple(self.units or ()),
            meet=self.meet.meet() if self.meet else None,
            report_in_by=self.report_in_by,
        )


class StepIn(Body):
    """被叫单位、吹哨方或上级的一步。`unit` 不写就是密钥自己的单位。"""

    unit: Code | None = None
    person: Annotated[Words | None, Field(max_length=64, description="经办人；只留在时间线里，不外发")] = None
    lon: Degrees | None = None
    lat: Degrees | None = None
    crs: Crs | None = None
    note: Note = ""
    substitute: Annotated[Code | None, Field(description="替补的单位，只用于 substitute")] = None
    marks: Annotated[dict[Words, Mark] | None, Field(max_length=20, description="1 到 5 分，只用于 evaluate")] = None
    force: Annotated[StrictBool, Field(description="有单位没完成也散哨，只有城运中心能用")] = False

    def position(self) -> tuple[float, float] | None:
        if self.lon is None and self.lat is None:
            return None
        return both(self.lon, self.lat, self.crs, "")


class MeetOut(BaseModel):
    lon: float
    lat: float
    address: str | None
    at: datetime | None


class CallOut(BaseModel):
    """`escalated_to`：到时没有报到，上报给了谁。`released`：已离场，或同意不来。"""

    unit: str
    state: CallState
    late: bool
    reported_at: datetime | None
    escalated_to: list[str]
    vouched: bool
    released: bool
    substitute: str | None
    answered_at: datetime | None
    helper: bool


class NodOut(BaseModel):
    """街道的同意。`waiting` 时还没有叫任何单位，时限也没有开始走；`refused` 的哨是 `cancelled`。"""

    state: NodState
    by: str | None
    at: datetime | None
    note: str
    reminded: int = Field(description="已经催请同意几次")


class PagingOut(BaseModel):
    """呼叫：到第几遍了，隔多少秒一遍，另外呼叫了哪些志愿队。"""

    rounds: int
    every_seconds: float
    volunteers: list[str]


class WhistleOut(BaseModel):
    """`missing` 是还没到的；`second_by` 是上报之后再等到什么时候。`nod` 只有要街道同意的哨才有，等着的 `state` 是 `open`。`ground`
    是吹哨依据，`matter` 是清单里的哪一项，不在清单里的是空。"""

    whistle_id: str
    case_id: str | None
    version: int
    kind: str
    kind_name: str
    state: WhistleState
    need: str
    place: Place
    meet: MeetOut
    blown_by: str
    blown_unit: str | None
    blown_at: datetime
    report_in_by: datetime
    second_by: datetime | None
    calls: list[CallOut]
    missing: list[str]
    matter: str | None
    ground: str
    nod: NodOut | None
    paging: PagingOut | None


class MarksOut(BaseModel):
    by: str | None
    of: str | None
    marks: dict[str, int]
    at: datetime


class MayOut(BaseModel):
    """这把密钥现在能做的。到没到场、写没写全，做的时候再看。"""

    blower: bool = Field(description="算不算吹哨方")
    acts_for: list[str] = Field(description="能替哪些被叫的单位办")
    whistle: list[str] = Field(description="对整个哨")
    units: dict[str, list[str]] = Field(description="对每个单位；没有能做的不列")


class WhistleWhole(WhistleOut):
    may: MayOut
    marks: list[MarksOut]
    warnings: Annotated[list[str], Field(description="吹得对不对还要核对的地方；不拦")]
    timeline: list[EntryOut]


class RoleOut(BaseModel):
    code: str
    name: str


class NamedUnit(BaseModel):
    unit: str
    name: str


class MatterOut(BaseModel):
    """吹哨事项清单的一项。`units` 是在这个点上会叫的单位，没有说在哪里就空着。"""

    code: str
    matter: str
    kind: str
    kind_name: str
    ground: str
    roles: list[RoleOut]
    skills: list[str]
    units: list[NamedUnit]
    fits: bool


class Catalogue(BaseModel):
    """对得上的在前；`proposed` 是最对得上的，都对不上就没有。"""

    items: list[MatterOut]
    proposed: MatterOut | None


class WhistlePage(BaseModel):
    items: list[WhistleOut]
    next: str | None


def both(lon: float | None, lat: float | None, crs: Crs | None, pointer: str) -> tuple[float, float]:
    """Raises Invalid where one of the two is absent."""
    if lon is None or lat is None:
        raise wrong(f"{pointer}/{'lon' if lon is None else 'lat'}", "经纬度缺一个，请补上")
    return position(lon, lat, crs, pointer)


def position(lon: float, lat: float, crs: Crs | None, pointer: str) -> tuple[float, float]:
    """In WGS-84. Raises Invalid for what can't be meant."""
    try:
        check_position(lon, lat)
    except BadPosition as error:
        raise wrong(f"{pointer}/lon", str(error)) from None
    return to_wgs84(lon, lat, crs or "wgs84")
