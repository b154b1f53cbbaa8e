"""The street's nod: given, the whistle begins; refused, nobody was ever called."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.domain.whistle.model import Happening, Nod, Outcome, Whistle


def given(whistle: Whistle, by: str, now: datetime, due: datetime, note: str) -> Outcome:
    """`due`: when everybody has to be there, counted from this moment. Rosters must be as of now."""
    nod = Nod("given", whistle.nod.own if whistle.nod else False, by, now, note)
    calls = tuple(replace(call, due=due) for call in whistle.calls)
    after = replace(whistle, nod=nod, report_in_by=due, calls=calls)
    return Outcome(after, (Happening("whistle.approved", whistle.blown_unit, detail={"note": note}),))


def refused(whistle: Whistle, by: str, now: datetime, note: str) -> Outcome:
    nod = Nod("refused", whistle.nod.own if whistle.nod else False, by, now, note)
    after = replace(whistle, nod=nod, state="cancelled")
    return Outcome(after, (Happening("whistle.cancelled", whistle.blown_unit, detail={"refused": True, "note": note}),))
