"""A posted request as a draft like any other order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from mimetypes import guess_type
from urllib.parse import urlsplit

from services.fabric.profile import Profile
from services.fabric.taxonomy import OTHER, Concern
from services.intake.domain.draft import Draft, GivenPosition, Reporter
from services.intake.domain.open311.answers import Answers
from services.intake.domain.open311.naming import whole_name
from services.intake.domain.sources import Source

CHANNEL = "open311"
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Posted:
    """What the client sent, checked; `media` are links."""

    description: str | None
    lon: float | None
    lat: float | None
    address_string: str | None
    address_id: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    device_id: str | None
    account_id: str | None
    media: Sequence[Mapping[str, str]]


def draft_of(
    posted: Posted, concern: Concern, answers: Answers, profile: Profile, order_id: str, agreed: Source, now: datetime
) -> Draft:
    """Without an id of the client's own the order's id is its external one as well."""
    name = whole_name(posted.first_name, posted.last_name)
    return Draft(
        order_id=order_id,
        source=agreed.source,
        external_id=answers.external_id or order_id,
        channel=CHANNEL,
        content=_content(posted.description, concern, answers, profile),
        reported_at=now,
        position=None if posted.lon is None or posted.lat is None else GivenPosition(posted.lon, posted.lat),
        address=posted.address_string or posted.address_id,
        reporter=Reporter(
            name, posted.phone, anonymous=not (name or posted.phone or posted.email), confidential=answers.confidential
        ),
        kind=answers.kind,
        concern=answers.sub or (None if concern.code == OTHER else concern.code),
        attachments=tuple(posted.media),
        extra=_kept(posted, concern, answers),
        callback_url=agreed.callback_url,
        sandbox=agreed.sandbox,
    )


def canonical(draft: Draft, files: Sequence[bytes] = ()) -> bytes:
    """The same for the same request sent again with the same `files`; when it came is no part of it."""
    position = draft.position
    stated = [
        draft.content,
        [position.lon, position.lat] if position else None,
        draft.address,
        [draft.reporter.name, draft.reporter.phone, draft.reporter.confidential],
        [draft.kind, draft.concern],
        [attachment["url"] for attachment in draft.attachments],
        [sha256(file).hexdigest() for file in files],
    ]
    return json.dumps(stated).encode()


def linked(url: str) -> dict[str, str]:
    """A link to a picture or a page with one; the type is what its name says."""
    return {"url": url, "media_type": guess_type(urlsplit(url).path)[0] or "application/octet-stream"}


def _content(description: str | None, concern: Concern, answers: Answers, profile: Profile) -> str:
    """The description, then what was answered; without one, the name of what was chosen."""
    first = (description or "").strip() or profile.concern_name(answers.sub or concern.code)
    said = "；".join(answers.said)
    whole = f"{first}\n（{said}）" if said else first
    return whole if len(whole) <= LONGEST else first


def _kept(posted: Posted, concern: Concern, answers: Answers) -> dict[str, object]:
    kept = {
        "service_code": concern.code,
        "email": posted.email,
        "device_id": posted.device_id,
        "account_id": posted.account_id,
        "address_id": posted.address_id,
        "said": list(answers.said),
        "attributes": {code: list(values) for code, values in (answers.others or {}).items()},
    }
    return {name: value for name, value in kept.items() if value}
