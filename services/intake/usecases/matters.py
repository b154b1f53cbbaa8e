"""Which orders are one matter: decided for a batch at once, in the transaction that accepts them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.fabric.once import once_for_each
from services.fabric.profile import Profile
from services.fabric.rules import Thresholds
from services.intake import metrics
from services.intake.domain.cells import cell_of, cells_within
from services.intake.domain.following import CaseStep, Step
from services.intake.domain.matter import PROPOSE, Alike, Sign, compare, recurs, same_callers
from services.intake.domain.words import LONGEST
from services.intake.models import Order
from services.intake.repository import matters, nearby, proposals
from services.intake.repository import orders as repository
from services.intake.repository.matters import Join
from services.intake.repository.nearby import Near
from services.intake.repository.proposals import Proposal
from services.intake.usecases import events
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.ids import new_id

JOINED = "同一件事已有人反映，已并案办理"
MOST_PROPOSED = 3
_ENDS = {"case.closed": "closed", "case.withdrawn": "withdrawn", "case.reopened": None}


@dataclass(frozen=True, slots=True)
class Subject:
    """An accepted order with what it shows of its matter. Confidential orders have none: nobody may learn of them."""

    order: Order
    sign: Sign


Late = tuple[Order, list[Event], Subject | None]
"""An order judged again but not saved yet, what is to be told of it, and what it is compared by."""


@dataclass(frozen=True, slots=True)
class Settled:
    """An order that is not simply a matter of its own, and the event that tells of it instead of `order.accepted`."""

    order: Order
    event: Event


def subject_of(order: Order, profile: Profile, building: str | None = None) -> Subject | None:
    """None for what is never compared: not accepted, without a place, confidential, or of a sandbox."""
    located, classified = order.located, order.classified
    if order.status != "accepted" or classified is None or order.details.confidential or order.details.sandbox:
        return None
    if located is None or not located.known or located.lon is None or located.lat is None:
        return None
    return Subject(order, _sign(order, profile, building))


def sign_of(order: Order, profile: Profile) -> Sign | None:
    """Of any order that has a place and a kind, whatever its status."""
    located = order.located
    if order.classified is None or located is None or located.lon is None or located.lat is None:
        return None
    return _sign(order, profile, None)


def _sign(order: Order, profile: Profile, building: str | None) -> Sign:
    located, classified = order.located, order.classified
    assert located is not None
    assert classified is not None
    assert located.lon is not None
    assert located.lat is not None
    words = order.content if order.content.startswith(order.title) else f"{order.title}\n{order.content}"
    for name in (located.name, order.address):
        words = words.replace(name, "") if name else words
    return Sign(
        concern=classified.concern,
        category=classified.category,
        sub=classified.sub,
        at=order.reported_at,
        lon=located.lon,
        lat=located.lat,
        place=located.name,
        coarse=located.zone == "community" and building is None,
        building=building,
        emergency=classified.emergency,
        telling=frozenset(classified.words) & _telling(profile, classified.sub),
        words=words[:LONGEST],
    )


async def settle(tx: Tx, limits: Thresholds, subjects: Sequence[Subject], now: datetime) -> dict[str, Settled]:
    """By order id, those that are joined or recur; all others begin a matter of their own, which is stored. The ground
    must be locked (`lock`), after the orders were claimed: who waits for another's claim holds no ground."""
    if not subjects:
        return {}
    since = now - timedelta(days=max(limits.join_days, limits.recurrence_days))
    asked = [(each.order.order_id, each.sign) for each in subjects]
    held, by_caller = await nearby.around(tx, asked, limits.join_metres, since)
    own = {each.order.order_id for each in subjects}
    begun: dict[str, tuple[str, Sign]] = {}
    fresh: dict[tuple[int, str], list[Near]] = defaultdict(list)
    joined: list[tuple[Subject, Near, Alike]] = []
    proposed: list[Proposal] = []
    alone: list[tuple[Subject, list[Near], list[Near]]] = []
    for n, each in enumerate(subjects):
        others = [one for one in held.get(n, ()) if one.order_id not in own]
        around = cells_within(each.sign.lon, each.sign.lat, limits.join_metres)
        others += [one for cell in around for one in fresh[cell, each.sign.concern]]
        ranked = _ranked(each.sign, others, limits)
        sure = next((pair for pair in ranked if pair[1].sure), None)
        if sure is not None:
            joined.append((each, *sure))
            continue
        assert each.order.opens is not None
        begun[each.order.opens] = (each.order.order_id, each.sign)
        fresh[cell_of(each.sign.lon, each.sign.lat), each.sign.concern].append(
            Near(each.order.opens, each.order.order_id, each.sign)
        )
        alone.append((each, others, by_caller.get(n, [])))
        proposed += [
            Proposal(new_id("prp"), each.order.order_id, one.matter_id, alike.score, tuple(alike.reasons), now)
            for one, alike in ranked[:MOST_PROPOSED]
            if alike.score >= PROPOSE
        ]
    await matters.open_(tx, begun, now)
    await proposals.add(tx, proposed)
    metrics.PROPOSED.inc(len(proposed))
    settled = await _joined(tx, joined, now)
    return settled | _recurring(alone, limits, now)


async def lock(tx: Tx, limits: Thresholds, signs: Iterable[Sign]) -> None:
    """Two like orders that come in one moment meet: whoever is second waits for the first to commit."""
    given = list(signs)
    if given:
        await matters.lock(tx, given, limits.join_metres)


async def settled_late(
    tx: Tx, limits: Thresholds, judged: Sequence[Late], now: datetime
) -> list[tuple[Order, list[Event]]]:
    """As `settle`, of orders that were stored long ago: what is to be saved and told of each. They must be locked."""
    subjects = [subject for _, _, subject in judged if subject is not None]
    await lock(tx, limits, [each.sign for each in subjects])
    settled = await settle(tx, limits, subjects, now)
    decided: list[tuple[Order, list[Event]]] = []
    for order, told, _ in judged:
        found = settled.get(order.order_id)
        if found is None:
            decided.append((order, told))
        else:
            after = replace(found.order, steps=(*order.steps, *found.order.steps))
            decided.append((after, [*told[:-1], found.event]))
    return decided


async def follow_ends(tx: Tx, steps: Sequence[CaseStep]) -> None:
    """Nothing is joined to a case that is over; what comes after its closing may recur. A case that was opened for an
    order whose joined case had ended meanwhile is a matter that later orders find."""
    ended = {step.case_id: (_ENDS[step.step.type], step.step.at) for step in steps if step.step.type in _ENDS}
    if ended:
        await matters.end(tx, ended)
    opened = [step for step in steps if step.step.type == "case.opened" and step.orders]
    if opened:
        await matters.begin_again(tx, {step.case_id: (step.orders[0], step.step.at) for step in opened})


def _ranked(sign: Sign, others: Iterable[Near], limits: Thresholds) -> list[tuple[Near, Alike]]:
    """Open ones that are like it at all; the likest first, the older of two that are as like."""
    found = [(one, compare(sign, one.sign, limits)) for one in others if one.ended is None]
    return sorted((pair for pair in found if pair[1].score > 0), key=lambda pair: (-pair[1].score, pair[0].matter_id))


async def _joined(tx: Tx, joined: Sequence[tuple[Subject, Near, Alike]], now: datetime) -> dict[str, Settled]:
    if not joined:
        return {}
    await matters.join(
        tx,
        [
            Join(near.matter_id, each.order.order_id, "rule", alike.score, alike.reasons, each.sign.at)
            for each, near, alike in joined
        ],
        now,
    )
    standing = await matters.standing(tx, {near.matter_id for _, near, _ in joined})
    metrics.JOINED.labels("rule").inc(len(joined))
    return {
        each.order.order_id: _told_joined(each.order, near.matter_id, *standing[near.matter_id], now)
        for each, near, _ in joined
    }


def _told_joined(order: Order, matter_id: str, known: bool, people: int, now: datetime) -> Settled:
    """`case_id` is shown once the case is there. The number of the event is that of the `order.accepted` it replaces."""
    after = replace(
        order,
        status="joined",
        case_id=matter_id if known else None,
        said=JOINED,
        steps=(Step(now, "order.joined", JOINED),),
    )
    told = events.accepted("order.joined", after, JOINED, case_id=matter_id, people=people)
    return Settled(after, told)


def _recurring(
    alone: Sequence[tuple[Subject, list[Near], list[Near]]], limits: Thresholds, now: datetime
) -> dict[str, Settled]:
    """`alone`: with what is around each and what its caller reported before. The case that was closed last, at the same
    place or after the same caller's report."""
    since = now - timedelta(days=limits.recurrence_days)
    found: dict[str, Settled] = {}
    for each, others, of_caller in alone:
        again = [one for one in others if one.ended == "closed" and recurs(each.sign, one.sign, limits)]
        again += [one for one in of_caller if same_callers(each.sign, one.sign, limits)]
        late = {one.ended_at: one.matter_id for one in again if one.ended_at is not None and one.ended_at > since}
        if late:
            after = replace(each.order, recurs=late[max(late)], steps=())
            text = f"{_last_text(each.order)}（{limits.recurrence_days} 天内复发）"
            found[after.order_id] = Settled(after, events.accepted("order.accepted", after, text))
    metrics.RECURRING.inc(len(found))
    return found


def _last_text(order: Order) -> str:
    return order.steps[-1].text if order.steps else "已受理"


async def store(tx: Tx, settled: Mapping[str, Settled]) -> None:
    """Of orders that were stored before they were compared."""
    await repository.save(tx, [one.order for one in settled.values()])


def _telling(profile: Profile, sub: str | None) -> frozenset[str]:
    """Words that speak for this sub-concern and no other, and speak plainly."""
    if sub is None:
        return frozenset()
    return _of_profile(profile).get(sub, frozenset())


def _plain_words(profile: Profile) -> Mapping[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for entry in profile.lexicon:
        if entry.sub and not entry.hint and entry.weight >= profile.grades.strong:
            table.setdefault(entry.sub, set()).add(entry.word)
    return {sub: frozenset(words) for sub, words in table.items()}


_of_profile = once_for_each(_plain_words)
