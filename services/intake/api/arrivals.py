"""Bodies to drafts: one, or up to a thousand of which each is read by itself."""

import json
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from services.fabric.profile import Profile
from services.intake.domain.admission import Box, faults
from services.intake.domain.fieldmap import put_into_ours
from services.intake.domain.sources import Source
from services.intake.errors import too_many
from services.intake.links import Links
from services.intake.reception import Arrival
from services.intake.schemas.bodies import OrderIn
from services.intake.sealing import Sealer
from services.kit.http.answers import invalid_from, read_json
from services.kit.ids import new_id
from services.kit.problems import Problem, Unreadable, pointer, wrong_all

MOST = 1000
NOBODY = Source("")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads bodies of one source at one moment. Problems are raised by `one` and returned by `many`."""

    source: str
    sealer: Sealer
    profile: Profile
    now: datetime
    dev: bool
    ground: Sequence[Box] = ()
    agreed: Source = NOBODY
    links: Links | None = None

    def one(self, raw: bytes) -> Arrival:
        if self.agreed.rewrites:
            raw = json.dumps(put_into_ours(read_json(raw.removeprefix(BOM_UTF8)), self.agreed)).encode()
        try:
            body = OrderIn.model_validate_json(raw.removeprefix(BOM_UTF8))
        except ValidationError as error:
            raise _problem(error, raw) from None
        draft = body.draft(new_id("ord"), self.source)
        if draft.attachments and self.links is not None:
            draft = replace(draft, attachments=self.links.put(draft.attachments))
        found = faults(draft, self.profile, self.now, self.dev, self.ground)
        if found:
            raise wrong_all(found)
        return Arrival(draft, self.sealer.fingerprint(_canonical(body)))

    def many(self, raw: bytes, media_type: str) -> list[Arrival | Problem]:
        raw = raw.removeprefix(BOM_UTF8)
        rows = _lines(raw) if _is_ndjson(raw, media_type) else _elements(raw)
        if len(rows) > MOST:
            raise too_many(MOST)
        return self.lines(rows)

    def lines(self, rows: Sequence[bytes]) -> list[Arrival | Problem]:
        """One for each."""
        return [self._or_problem(row) for row in rows]

    def _or_problem(self, raw: bytes) -> Arrival | Problem:
        try:
            return self.one(raw)
        except Problem as problem:
            return problem


def _canonical(body: OrderIn) -> bytes:
    """The same for every way of writing one body, and for one written before a field existed."""
    stated = body.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(stated, sort_keys=True).encode() if body.extra else to_json(stated)


def _is_ndjson(raw: bytes, media_type: str) -> bool:
    return "ndjson" in media_type or "jsonl" in media_type or raw.lstrip()[:1] == b"{"


def _lines(raw: bytes) -> list[bytes]:
    return [line for line in raw.split(b"\n") if line.strip()]


def _elements(raw: bytes) -> Sequence[bytes]:
    """Each as JSON of its own. What the fast reader refuses (half a surrogate pair) may be the fault of one element, and so
    is a NaN, which Python's own writer lets through."""
    try:
        return [to_json(element, inf_nan_mode="constants") for element in _listed(from_json(raw))]
    except ValueError:
        return [json.dumps(element).encode() for element in _listed(read_json(raw))]


def _listed(read: Any) -> list[Any]:
    if not isinstance(read, list):
        raise Unreadable("批量请发 JSON 数组，或每行一个对象的 NDJSON")
    return read


def _problem(error: ValidationError, raw: bytes) -> Problem:
    found = error.errors(include_url=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        halves = _half_pairs(raw)
        if halves:
            return wrong_all((where, "含有半个字符，请检查编码") for where in halves)
    return invalid_from(list(found))


def _half_pairs(raw: bytes) -> list[str]:
    """Pointers of texts with half of a surrogate pair; none when the body can't be read for another reason."""
    try:
        body = read_json(raw)
    except Unreadable:
        return []
    found: list[str] = []
    pending: list[tuple[tuple[object, ...], Any]] = [((), body)]
    while pending and len(found) < 50:
        place, value = pending.pop()
        if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
            found.append(pointer(place))
        elif isinstance(value, dict):
            pending += [((*place, name), held) for name, held in value.items()]
            found += [pointer(place) for name in value if any("\ud800" <= sign <= "\udfff" for sign in name)]
        elif isinstance(value, list):
            pending += [((*place, number), held) for number, held in enumerate(value)]
    return found
