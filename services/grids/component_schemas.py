"""Components as the registry takes and gives them over HTTP."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from services.fabric.component_kinds import Kinds
from services.fabric.components import STATES, Component
from services.fabric.datum import Crs
from services.grids.domain.inventory import Told
from services.grids.models import StoredComponent
from services.grids.moments import Moment, in_order
from services.grids.schemas import Columns, Degrees
from services.kit.fields import Words

COMPONENT_CODE = r"[^\s/\\?#%\x00-\x1f]{1,64}"
ComponentCode = Annotated[Words, Field(pattern=f"^{COMPONENT_CODE}$")]


class ComponentBody(Columns):
    """`kind`, `owner`, `state`: a code or a name."""

    kind: Annotated[Words, Field(max_length=60)] | None = Field(
        default=None, description="类别的编码或名称；不写就看 16 位国标编码"
    )
    lon: Degrees
    lat: Degrees
    crs: Crs | None = None
    owner: Annotated[Words, Field(max_length=200)] | None = Field(default=None, description="权属单位的编码或名称")
    state: Annotated[Words, Field(max_length=20)] | None = Field(default=None, description="、".join(STATES.values()))
    valid_from: Moment | None = None
    valid_to: Moment | None = None

    @model_validator(mode="after")
    def _dates(self) -> "ComponentBody":
        in_order(self.valid_from, self.valid_to)
        return self

    def told(self, code: str, lon: float, lat: float) -> Told:
        return Told(code, lon, lat, self.kind, self.owner, self.state, self.valid_from, self.valid_to)


class ComponentRow(ComponentBody):
    code: ComponentCode


class ComponentPut(ComponentBody):
    code: ComponentCode | None = Field(default=None, description="不写就是地址里的；写了要和它一样")


def component_json(stored: StoredComponent, kinds: Kinds) -> dict[str, Any]:
    one: Component = stored.component
    told = {
        "code": one.code,
        "kind": one.kind,
        "kind_name": kinds.name(one.kind),
        "lon": one.lon,
        "lat": one.lat,
        "owner": one.owner,
        "state": one.state,
        "valid_from": one.valid_from.isoformat() if one.valid_from else None,
        "valid_to": one.valid_to.isoformat() if one.valid_to else None,
        "version": stored.version,
    }
    return told if stored.metres is None else {**told, "metres": round(stored.metres, 1)}
