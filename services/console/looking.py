"""One case with all that hangs on it, as far as somebody may see it."""

from dataclasses import dataclass

from services.console.domain.visibility import for_eyes, sees, withheld
from services.console.models import CaseRow, Entry, OrderRow, WhistleRow
from services.console.repository import reading
from services.console.room import Room
from services.kit.keys import Caller


@dataclass(frozen=True, slots=True)
class Found:
    case: CaseRow
    entries: list[Entry]
    orders: list[OrderRow]
    whistles: list[WhistleRow]


async def look_up(room: Room, caller: Caller, case_id: str) -> Found | None:
    """The case with all that hangs on it, as far as the caller may see it; None for what is not there for them."""
    if "\x00" in case_id or len(case_id) > 200:
        return None
    scope = room.scope(caller)
    async with room.db.reading() as tx:
        case = await reading.one_case(tx, case_id)
        if case is None or not sees(scope, case):
            return None
        if withheld(scope, case):
            return Found(for_eyes(scope, case, room.words.withheld(case)), [], [], [])
        return Found(
            case,
            await reading.timeline(tx, case),
            await reading.orders_of(tx, case.orders),
            await reading.whistles_of(tx, case.case_id),
        )
