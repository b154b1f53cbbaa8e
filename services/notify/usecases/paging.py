"""Pages of emergencies turned into deliveries to people, and stopped once somebody has answered."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import structlog
from cryptography.exceptions import InvalidTag

from services.fabric.snapshot import Fabric
from services.kit.contracts.cases import WhistleEvent, WhistlePage, WhistlePaged
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import encoded
from services.kit.copies import Copy
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.sealing import STAFF, Seal
from services.notify.domain.pages import PageKind, stops, way, ways, words
from services.notify.models import Outgoing
from services.notify.repository import pages as repository
from services.notify.usecases.telling import Heard

log = structlog.get_logger()


class Staff:
    """How people and units are reached: a card is opened when it is needed, and its numbers are written nowhere."""

    def __init__(self, copy: Copy[Fabric], secret: str) -> None:
        self._copy = copy
        self._seal = Seal(secret, STAFF)

    @property
    def fabric(self) -> Fabric | None:
        return self._copy.current

    def ways(self, unit: str, person: str | None) -> dict[PageKind, str]:
        """Empty for whom the fabric does not know, or whose card does not open with this secret."""
        fabric = self.fabric
        if fabric is None:
            return {}
        if person is None:
            known = fabric.unit(unit)
            return ways(known.channels) if known is not None else {}
        somebody = fabric.people.get(person)
        if somebody is None:
            return {}
        try:
            return ways(self._seal.open_json(person, somebody.sealed)["channels"])
        except (InvalidTag, ValueError, KeyError):
            log.warning("page.card_closed", person=person)
            return {}


def page(heard: Iterable[Heard], staff: Staff, configured: Collection[PageKind]) -> list[Outgoing]:
    """One delivery for each person, or unit without one, of each round."""
    found: dict[str, Outgoing] = {}
    for one in heard:
        if isinstance(one.step, WhistlePaged):
            for told in one.step.pages:
                outgoing = _outgoing(one.event, one.step, told, staff, configured)
                found.setdefault(outgoing.receiver, outgoing)
    return list(found.values())


async def stop(tx: Tx, heard: Sequence[Heard], now: datetime) -> None:
    """Pages that wait for another try and that nobody needs now; `now` is real time. Call it after the batch's own
    deliveries were added: lines are locked before deliveries."""
    last = {one.step.whistle_id: one.step for one in heard if isinstance(one.step, WhistleEvent)}
    if last:
        subjects = sorted({one.event.subject for one in heard if isinstance(one.step, WhistleEvent)})
        waiting = await repository.waiting(tx, subjects)
        over = [each.id for each in waiting if each.whistle_id in last and stops(each, last[each.whistle_id])]
        await repository.cancel(tx, over, now)


def _outgoing(
    event: Event, step: WhistlePaged, told: WhistlePage, staff: Staff, configured: Collection[PageKind]
) -> Outgoing:
    kind = way(staff.ways(told.unit, told.person), configured)
    fabric = staff.fabric
    matter = fabric.profile.whistle_matter(step.matter) if fabric is not None and step.matter is not None else None
    called = fabric.unit_name(told.of) if fabric is not None else told.of
    said = {
        "whistle_id": step.whistle_id,
        "case_id": step.case_id,
        "round": step.round,
        "of": told.of,
        "unit": told.unit,
        "person": told.person,
        "report_in_by": step.report_in_by,
        "text": words(step, called, matter.matter if matter is not None else None, step.report_in_by),
    }
    return Outgoing(
        id=new_id("dlv"),
        kind=kind,
        # A line of its own for each round: it need not wait for one that could not be sent.
        receiver=f"{step.whistle_id}/{step.round}/{told.person or told.unit}",
        subject=event.subject,
        target=kind,
        event_id=event.id,
        name=event.name,
        event=encoded({"data": said}).decode(),
        unit=told.unit,
    )
