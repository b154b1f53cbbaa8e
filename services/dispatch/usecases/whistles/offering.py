"""What whoever reads a whistle may do to it now, so that a page need not try and be refused."""

from typing import Any

from services.dispatch.domain.whistle import rights, steps
from services.dispatch.domain.whistle.model import Call, Whistle
from services.dispatch.domain.whistle.rights import Who
from services.dispatch.domain.whistle.rules import RULES, Action, open_to
from services.fabric.snapshot import Fabric

# By teams that were paged without being called, before they are in it.
_JOINS: tuple[Action, ...] = ("accept", "report-in", "vouch")


def offered(fabric: Fabric, who: Who, whistle: Whistle) -> dict[str, Any]:
    """`whistle`: what is about the whole of it; `units`: what is about each unit, those with nothing left out. What
    depends on where somebody stands, or on what is sent along, is judged when it is tried."""
    units = {call.unit: _of_call(fabric, who, whistle, call) for call in whistle.calls}
    around = whistle.paging.volunteers if whistle.paging is not None and whistle.blown else ()
    for team in around:
        if team not in units:
            joined = steps.join(whistle, team)
            call = joined.call(team)
            told = _of_call(fabric, who, joined, call) if call is not None else []
            units[team] = [action for action in told if action in _JOINS]
    return {
        "blower": rights.blows(fabric, who, whistle),
        "acts_for": [code for code in units if rights.acts_for(fabric, who, code)],
        "whistle": [
            action
            for action, rule in RULES.items()
            if rule.whole and open_to(action, whistle, None) and rights.entitled(fabric, who, whistle, rule.side, None)
        ],
        "units": {code: actions for code, actions in units.items() if actions},
    }


def _of_call(fabric: Fabric, who: Who, whistle: Whistle, call: Call) -> list[str]:
    return [
        action
        for action, rule in RULES.items()
        if (not rule.whole or action == "release")
        and open_to(action, whistle, call)
        and rights.entitled(fabric, who, whistle, rule.side, call)
    ]
