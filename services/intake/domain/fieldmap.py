"""A body as its source writes it, put into our fields by the source's own map."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.intake.domain.sources import FieldRule, Source
from services.kit.clock import SHANGHAI

OURS = frozenset(
    {
        *("external_id", "channel", "content", "reported_at", "title", "address", "kind", "concern"),
        *("source_urgency", "source_due", "repeat_of", "supervised", "callback_url", "attachments", "extra"),
        *("location.lon", "location.lat", "location.crs"),
        *("reporter.name", "reporter.phone", "reporter.anonymous", "reporter.confidential"),
    }
)
_TEXTS = frozenset({"external_id", "content", "title", "address", "source_urgency", "repeat_of", "reporter.phone"})
_NUMBERS = frozenset({"location.lon", "location.lat"})
_MOMENTS = frozenset({"reported_at", "source_due"})
_NOTHING = object()


def put_into_ours(body: Any, source: Source) -> Any:
    """The body with our fields, and what is left of theirs under `extra`. What is no object stays as it is, for the
    reader to refuse."""
    if not isinstance(body, dict):
        return body
    made = _mapped(body, source.fields) if source.fields else dict(body)
    if source.channel is not None:
        made.setdefault("channel", source.channel)
    if source.callback_url is not None and made.get("callback_url") is None:
        made["callback_url"] = source.callback_url
    return made


def _mapped(body: Mapping[str, Any], fields: Mapping[str, FieldRule]) -> dict[str, Any]:
    tops = {name.partition(".")[0] for name in OURS}
    taken = {_steps(rule.path)[0] for rule in fields.values()}
    made = {name: value for name, value in body.items() if name in tops and name not in taken}
    for ours, rule in fields.items():
        found = _found(body, _steps(rule.path))
        if found is not _NOTHING and found not in (None, ""):
            _put(made, ours, _turned(ours, found, rule))
    rest = {name: value for name, value in body.items() if name not in tops and name not in taken}
    if rest and isinstance(made.get("extra", {}), dict):
        made["extra"] = rest | made.get("extra", {})
    return made


def _steps(path: str) -> list[str]:
    if path.startswith("/"):
        return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    return path.removeprefix("$.").split(".")


def _found(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isascii() and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _NOTHING
    return value


def _put(made: dict[str, Any], ours: str, value: Any) -> None:
    top, _, inner = ours.partition(".")
    if not inner:
        made[top] = value
        return
    held = made.setdefault(top, {})
    if isinstance(held, dict):
        made[top] = held | {inner: value}


def _turned(ours: str, value: Any, rule: FieldRule) -> Any:
    """A value that has no counterpart, or can't be turned, stays: the reader says what is wrong with it."""
    if not isinstance(value, dict | list) and str(value) in rule.values:
        return rule.values[str(value)]
    if ours in _MOMENTS:
        return _moment(value, rule.format)
    if ours in _TEXTS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if ours in _NUMBERS and isinstance(value, str):
        return _number(value)
    return value


def _moment(value: Any, form: str | None) -> Any:
    if form is None:
        return value
    try:
        at = datetime.strptime(str(value).strip(), form)  # noqa: DTZ007 the zone follows
    except ValueError:
        return value
    return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).isoformat()


def _number(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value
