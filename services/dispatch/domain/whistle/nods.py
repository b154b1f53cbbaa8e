"""The street's nod: asked for again, given (the whistle begins), refused (nobody was ever called)."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.domain.whistle.model import Happening, Nod, NodState, Outcome, Whistle


def reminded(whistle: Whistle, place: int, unit: str | None) -> Outcome:
    """The reminder `place` (from 0) reaches `unit`; nothing where the street has answered, it is over, or it was told."""
    if not whistle.waiting or whistle.state != "open" or whistle.nod is None or whistle.nod.reminded != place:
        return Outcome(whistle)
    after = replace(whistle, nod=replace(whistle.nod, reminded=place + 1))
    return Outcome(after, (Happening("whistle.reminded", unit, detail={"time": place + 1}),))


def given(whistle: Whistle, by: str, now: datetime, due: datetime, note: str) -> Outcome:
    """`due`: when everybody has to be there, counted from this moment. Rosters must be as of now."""
    nod = _answered(whistle, "given", by, now, note)
    calls = tuple(replace(call, due=due) for call in whistle.calls)
    after = replace(whistle, nod=nod, report_in_by=due, calls=calls)
    return Outcome(after, (Happening("whistle.approved", whistle.blown_unit, detail={"note": note}),))


def refused(whistle: Whistle, by: str, now: datetime, note: str) -> Outcome:
    nod = _answered(whistle, "refused", by, now, note)
    after = replace(whistle, nod=nod, state="cancelled")
    return Outcome(after, (Happening("whistle.cancelled", whistle.blown_unit, detail={"refused": True, "note": note}),))


def _answered(whistle: Whistle, state: NodState, by: str, now: datetime, note: str) -> Nod:
    asked = whistle.nod or Nod(state)
    return replace(asked, state=state, by=by, at=now, note=note)
