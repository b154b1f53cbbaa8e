"""Arguments of Open311 calls: an empty one counts as absent, an unknown one is not looked at."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.intake.schemas.texts import LONGEST_CONTENT, Code, LinkAddress, MomentAsked, Name
from services.kit.fields import Words

MOST = 1000
_Degrees = Annotated[float, Field(allow_inf_nan=False)]


def _separate(value: Any) -> Any:
    """Declared several times, comma-delimited, or both."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list):
        return given
    return [part.strip() for one in given if isinstance(one, str) for part in one.split(",") if part.strip()]


Ids = Annotated[list[Annotated[str, Field(max_length=128)]], BeforeValidator(_separate), Field(max_length=MOST)]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value not in (None, "", [], [""])}


class _Person(_Arguments):
    email: Annotated[Words, Field(max_length=254)] | None = None
    device_id: Annotated[Words, Field(max_length=128)] | None = None
    account_id: Annotated[Words, Field(max_length=128)] | None = None
    first_name: Annotated[Words, Field(max_length=64)] | None = None
    last_name: Annotated[Words, Field(max_length=64)] | None = None
    phone: Annotated[Words, Field(max_length=64)] | None = None
    media_url: Annotated[list[LinkAddress], Field(max_length=20)] = []


class RequestIn(_Person):
    """POST requests；另有 attribute[编码]，见服务定义。"""

    service_code: Code
    lat: _Degrees | None = None
    long: _Degrees | None = None
    address_string: Annotated[Words, Field(max_length=300)] | None = None
    address_id: Annotated[Words, Field(max_length=128)] | None = None
    description: Annotated[Words, Field(max_length=LONGEST_CONTENT)] | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> "RequestIn":
        if (self.lat is None) != (self.long is None):
            raise ValueError("lat 和 long 要一起填")
        if self.lat is None and not (self.address_string or "").strip() and not self.address_id:
            raise ValueError("请给出地点：lat 和 long，或 address_string，或 address_id")
        return self


class UpdateIn(_Person):
    """POST servicerequestupdates。"""

    service_request_id: Name
    update_id: Name
    updated_datetime: MomentAsked
    status: Annotated[str, Field(max_length=64)]
    description: Annotated[Words, Field(max_length=LONGEST_CONTENT)] | None = None


class SearchIn(_Arguments):
    """GET requests；service_request_id 一给，其余的都不看。"""

    service_request_id: Ids = []
    service_code: Ids = []
    status: Annotated[list[Literal["open", "closed"]], BeforeValidator(_separate)] = []
    start_date: MomentAsked | None = None
    end_date: MomentAsked | None = None
    updated_after: MomentAsked | None = None
    updated_before: MomentAsked | None = None
    page: Annotated[int, Field(ge=1, le=1000)] = 1
    page_size: Annotated[int, Field(ge=1, le=MOST)] = MOST
    extensions: bool = False


class UpdatesIn(_Arguments):
    """GET servicerequestupdates。"""

    service_request_id: Ids = []
    start_date: MomentAsked | None = None
    end_date: MomentAsked | None = None
    page: Annotated[int, Field(ge=1, le=1000)] = 1
    page_size: Annotated[int, Field(ge=1, le=MOST)] = MOST
