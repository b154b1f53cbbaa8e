"""What people do to a whistle: each step gives the whistle after it and what happened. Refusals are the caller's: a step
that `rules.open_to` does not allow must not come here."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.dispatch.domain.whistle.model import Call, Happening, Marks, Outcome, Whistle


def accept(whistle: Whistle, call: Call, now: datetime, note: str) -> Outcome:
    return _answered(whistle, replace(call, state="accepted"), now, "whistle.accepted", note)


def decline(whistle: Whistle, call: Call, now: datetime, note: str) -> Outcome:
    """The unit stays owed until the blower lets it go or somebody comes in its place."""
    return _answered(whistle, replace(call, state="declined"), now, "whistle.declined", note)


def join(whistle: Whistle, unit: str) -> Whistle:
    """With a call of volunteers who were paged and say something for the first time."""
    return replace(whistle, calls=(*whistle.calls, Call(unit, (), None, helper=True)))


def report_in(whistle: Whistle, call: Call, now: datetime, note: str, *, vouched: bool = False) -> Outcome:
    """Late is a report-in and late, judged by the deadline and not by when the sweep came round."""
    late = call.due is not None and now > call.due
    heard = call.answered_at or now
    came = replace(call, state="reported_in", late=late, reported_at=now, vouched=vouched, answered_at=heard)
    detail = {"late": late, "vouched": vouched, "note": note}
    return _judged(whistle.with_call(came), Happening("whistle.reported_in", call.unit, detail=detail))


def done(whistle: Whistle, call: Call, note: str) -> Outcome:
    return _told(whistle.with_call(replace(call, state="done")), "whistle.done", call, note)


def substitute(whistle: Whistle, call: Call, other: str, climbs_to: tuple[str, ...], note: str) -> Outcome:
    """`other` comes in place of the call's unit and is owed from now on; one that is called already is called once. Past
    the first deadline it has until the second."""
    after = whistle.with_call(replace(call, released=True, substitute=other))
    if whistle.call(other) is None:
        due = whistle.report_in_by if whistle.level == 0 else whistle.second_by
        after = replace(after, calls=(*after.calls, Call(other, climbs_to, due)))
    detail = {"substitute": other, "note": note}
    return _judged(after, Happening("whistle.substituted", call.unit, detail=detail))


def release_unit(whistle: Whistle, call: Call, note: str) -> Outcome:
    """A unit that is done may leave; one that declined no longer owes. The last one out ends the whistle."""
    after = whistle.with_call(replace(call, released=True))
    if all(other.released or (other.helper and not other.came) for other in after.calls):
        return release_all(after, note)
    detail = {"declined": call.state == "declined", "note": note}
    return _judged(after, Happening("whistle.released", call.unit, detail=detail))


def release_all(whistle: Whistle, note: str, *, forced: bool = False) -> Outcome:
    """散哨. Not forced, every unit must be `finished`: 事不完，人不走."""
    calls = tuple(replace(call, released=True) for call in whistle.calls)
    after = replace(whistle, state="released", calls=calls)
    left = tuple(call.unit for call in whistle.calls if not call.finished)
    return Outcome(after, (Happening("whistle.released", detail={"forced": forced, "left": left, "note": note}),))


def cancel(whistle: Whistle, note: str) -> Outcome:
    return Outcome(replace(whistle, state="cancelled"), (Happening("whistle.cancelled", detail={"note": note}),))


def over(whistle: Whistle, why: str) -> Outcome:
    """What it was blown for is no more. Where all have come they are let go and it stays counted; else it is cancelled."""
    if whistle.state == "met":
        calls = tuple(replace(call, released=True) for call in whistle.calls)
        after = replace(whistle, state="released", calls=calls)
        return Outcome(after, (Happening("whistle.released", detail={"over": why}),))
    return Outcome(replace(whistle, state="cancelled"), (Happening("whistle.cancelled", detail={"over": why}),))


def evaluate(whistle: Whistle, marks: Marks, note: str) -> Outcome:
    """The same party's later marks take the place of its earlier ones; the same marks again are nothing new. Words
    alone are told and change no marks."""
    others = tuple(held for held in whistle.marks if (held.by, held.of) != (marks.by, marks.of))
    before = next((held for held in whistle.marks if (held.by, held.of) == (marks.by, marks.of)), None)
    if before is not None and marks.marks and dict(before.marks) == dict(marks.marks):
        return Outcome(whistle)
    detail: Mapping[str, object] = {"by": marks.by, "of": marks.of, "marks": dict(marks.marks), "note": note}
    after = replace(whistle, marks=(*others, marks)) if marks.marks else whistle
    return Outcome(after, (Happening("whistle.evaluated", marks.of or marks.by, detail=detail),))


def _answered(whistle: Whistle, call: Call, now: datetime, name: str, note: str) -> Outcome:
    heard = replace(call, answered_at=call.answered_at or now)
    return _told(whistle.with_call(heard), name, call, note)


def _told(whistle: Whistle, name: str, call: Call, note: str) -> Outcome:
    return Outcome(whistle, (Happening(name, call.unit, detail={"note": note}),))


def _judged(whistle: Whistle, happening: Happening) -> Outcome:
    """Met once nobody is owed and somebody came; after the deadline the first to come make it partly met."""
    if whistle.state == "met" or not whistle.came:
        return Outcome(whistle, (happening,))
    if not whistle.owed:
        return Outcome(replace(whistle, state="met"), (happening, Happening("whistle.met")))
    if whistle.level > 0 and whistle.state == "open":
        return Outcome(replace(whistle, state="partly_met"), (happening,))
    return Outcome(whistle, (happening,))
