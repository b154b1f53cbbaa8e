"""What every call of Open311 stands on: the format asked for, the jurisdiction meant, and who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, ValidationError

from services.fabric.taxonomy import Concern
from services.intake.api.office import Office
from services.intake.api.open311.writing import MEDIA_TYPES, Format
from services.intake.api.strangers import address_of, inside
from services.intake.api.uploads import Upload
from services.intake.domain.confidence import CONFIDENT
from services.intake.domain.lifecycle import REPORTERS
from services.intake.domain.open311.taxonomy import concern_of
from services.intake.repository.open311 import Viewer
from services.kit.http.answers import Responses, invalid_from
from services.kit.http.auth import Buckets, Gate, require
from services.kit.keys import Caller
from services.kit.problems import NotFound, Unauthenticated, Unreadable

M = TypeVar("M", bound=BaseModel)
MOST_FILES, MOST_FIELDS = 10, 200


@dataclass(frozen=True, slots=True)
class Door:
    """`jurisdiction`: None for the profile's name. `channels`: whose orders are shown to everybody; None for all.
    `strangers`: the rate of those who ask without a key, for each address."""

    office: Office
    jurisdiction: str | None
    channels: Sequence[str] | None
    strangers: Buckets

    def check(self, jurisdiction_id: str | None) -> None:
        """NotFound for another's; one that is not given is ours."""
        ours = self.jurisdiction or self.office.profile.name
        if jurisdiction_id and jurisdiction_id != ours:
            raise NotFound(f"没有 {jurisdiction_id[:64]} 这个 jurisdiction_id，请用 {ours}，或者不填")

    def concern(self, code: str) -> Concern:
        found = concern_of(self.office.profile, code)
        if found is None:
            raise NotFound(f"没有 {code[:64]} 这个 service_code，请从服务清单里选")
        return found

    def viewer(self, caller: Caller | None) -> Viewer:
        hidden = [kind.code for kind in self.office.profile.kinds if kind.confidential]
        everything = caller is not None and caller.role in CONFIDENT
        return Viewer(caller.speaks_for if caller else None, everything, hidden, self.channels)


async def _door(request: Request) -> Door:
    door: Door = request.app.state.open311
    return door


async def _for_us(
    door: Annotated[Door, Depends(_door)],
    jurisdiction_id: Annotated[str | None, Query(description="本区的，或者不填")] = None,
) -> None:
    door.check(jurisdiction_id)


async def _reader(
    request: Request,
    door: Annotated[Door, Depends(_door)],
    api_key: Annotated[str | None, Query(description="可不填；来源用自己的，看得到自己的保密工单")] = None,
) -> Caller | None:
    """Reading is open; a key that is given must be a good one."""
    authorization = request.headers.get("authorization")
    if not api_key and not authorization:
        door.strangers.take(address_of(request))
        return None
    return await admit(request, api_key)


def endpoint_of(request: Request) -> str:
    """The address of the endpoint as the client wrote it, without a slash at the end."""
    return f"{origin_of(request)}/open311/v2"


def origin_of(request: Request) -> str:
    """Scheme, host and port as the client wrote them."""
    peer = request.client.host if request.client else ""
    scheme = request.headers.get("x-forwarded-proto") if inside(peer) else None
    url = request.base_url if scheme not in ("http", "https") else request.base_url.replace(scheme=scheme)
    return str(url).rstrip("/")


async def admit(request: Request, *keys: str | None) -> Caller:
    """By the first key that is given, else by the header. Raises Unauthenticated."""
    gate: Gate = request.app.state.gate
    given = next((key for key in keys if key), None)
    authorization = request.headers.get("authorization")
    if not given and not authorization:
        raise Unauthenticated("请带上 api_key（或在 Authorization 里带 Bearer 密钥）")
    return await gate.admit(f"Bearer {given}" if given else authorization)


async def admit_reporter(request: Request, *keys: str | None) -> Caller:
    caller = await admit(request, *keys)
    require(caller, *REPORTERS)
    return caller


def understood(model: type[M], given: dict[str, Any]) -> M:
    """The arguments as the model reads them. Raises Problem."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise invalid_from(list(error.errors(include_url=False, include_input=False))) from None


def queried(request: Request, *lists: str) -> dict[str, Any]:
    """The query's arguments; those in `lists` with every value."""
    params = request.query_params
    return {name: params.getlist(name) if name in lists else params[name] for name in params}


def told() -> Responses:
    """What the API's page says of refusals, in Open311's own form."""
    meanings = {
        400: "请求有误",
        403: "没有密钥，或密钥不对",
        404: "没有这个 jurisdiction_id、service_code 或编号",
        429: "请求太密",
        503: "暂时办不了",
    }
    return {status: {"description": meaning, "content": _written()} for status, meaning in meanings.items()}


def shown() -> dict[str, Any]:
    """The same for the answer itself."""
    return {"description": "XML 或 JSON", "content": _written()}


def _written() -> dict[str, dict[str, Any]]:
    return {media.partition(";")[0]: {} for media in MEDIA_TYPES.values()}


@dataclass(frozen=True, slots=True)
class Form:
    """`texts`: name → values, as they came; `files` under whatever name, those that hold something."""

    texts: Mapping[str, Sequence[str]]
    files: Sequence[Upload]


async def form_of(request: Request) -> Form:
    """Urlencoded or in parts; nothing for an empty body. Unreadable for any other kind."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ("application/x-www-form-urlencoded", "multipart/form-data", ""):
        raise Unreadable("请用表单提交：application/x-www-form-urlencoded 或 multipart/form-data")
    if media_type != "multipart/form-data":
        return Form(_urlencoded(await request.body()), ())
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
        texts: dict[str, list[str]] = {}
        files: list[Upload] = []
        for name, value in form.multi_items():
            if isinstance(value, str):
                texts.setdefault(name, []).append(value)
            elif value.size:
                told = (value.content_type or "").partition(";")[0].strip().lower()
                files.append(Upload(await value.read(), told))
    return Form(texts, files)


def _urlencoded(body: bytes) -> dict[str, list[str]]:
    """UTF-8, escaped or as it is: many a small client doesn't escape. Anything else would be kept as nobody wrote it."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise Unreadable("表单不是 UTF-8 编码，请用 UTF-8 重发") from None
    except ValueError:
        raise Unreadable(f"表单项太多，至多 {MOST_FIELDS} 项，请删减") from None
    texts: dict[str, list[str]] = {}
    for name, value in pairs:
        texts.setdefault(name, []).append(value)
    return texts


At = Annotated[Door, Depends(_door)]
Asked = Annotated[Format, Path(description="xml 或 json")]
Reading = Annotated[Caller | None, Depends(_reader)]
ForUs = Depends(_for_us)
