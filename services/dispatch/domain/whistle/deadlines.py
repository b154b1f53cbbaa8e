"""What a passed deadline does: the missing are named and escalated once; those who miss the second span end it."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.domain.whistle.model import Call, Happening, Outcome, Whistle

_WAITING = ("open", "partly_met")


def first_passed(whistle: Whistle, second_by: datetime | None) -> Outcome:
    """`second_by`: the end of the second span, counted from this moment, its real opening. Nothing happens to a whistle
    whose first deadline has taken effect before, or that nobody is owed to any more."""
    if whistle.level != 0 or whistle.waiting or whistle.state not in _WAITING:
        return Outcome(whistle)
    missing = whistle.owed
    calls = tuple(_missed(call) if call.owed else call for call in whistle.calls)
    happened: list[Happening] = []
    for call in missing:
        happened.append(Happening("whistle.missing", call.unit))
        if call.climbs_to:
            happened.append(Happening("whistle.escalated", call.unit, call.climbs_to))
    climbed = any(call.climbs_to for call in missing)
    after = replace(
        whistle,
        level=1,
        calls=calls,
        state="partly_met" if whistle.came else whistle.state,
        second_by=second_by if climbed else None,
    )
    if whistle.ladder and not climbed:
        return _exhausted(after, happened)
    return Outcome(after, tuple(happened))


def second_passed(whistle: Whistle) -> Outcome:
    """到顶未应. A unit that was called in between and did not come is missing like the rest, and climbs nowhere."""
    if whistle.level != 1 or whistle.second_by is None or whistle.state not in _WAITING:
        return Outcome(whistle)
    newly = [call for call in whistle.owed if call.state != "missing"]
    for call in newly:
        whistle = whistle.with_call(replace(call, state="missing"))
    return _exhausted(whistle, [Happening("whistle.missing", call.unit) for call in newly])


def _exhausted(whistle: Whistle, happened: list[Happening]) -> Outcome:
    still = tuple(call.unit for call in whistle.owed)
    ended = Happening("whistle.exhausted", detail={"missing": still})
    return Outcome(replace(whistle, level=2, state="exhausted"), (*happened, ended))


def _missed(call: Call) -> Call:
    return replace(call, state="missing", escalated_to=call.climbs_to)
