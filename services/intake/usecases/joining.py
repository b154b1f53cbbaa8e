"""What the desk does about matters: joins an order to a case, takes it out again, and looks at what may belong together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.fabric.profile import Profile
from services.intake import metrics
from services.intake.domain.following import Step
from services.intake.domain.matter import PROPOSE, Alike, compare
from services.intake.domain.words import grams, likeness
from services.intake.errors import (
    hidden_order,
    no_case,
    no_order,
    no_proposal,
    not_now,
    proposal_decided,
    sandbox_order,
)
from services.intake.models import Order
from services.intake.repository import matters, nearby, proposals, reading
from services.intake.repository import orders as repository
from services.intake.repository.matters import Join
from services.intake.repository.nearby import Near
from services.intake.repository.proposals import Proposal
from services.intake.sealing import Sealer
from services.intake.usecases import events
from services.intake.usecases.commands import Command, changed, entry, opened, sees
from services.intake.usecases.matters import sign_of
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.keys import Caller
from services.kit.outbox import Outbox

MOST_ALIKE = 20
# Of an order without a place only the words can speak; they have to say more then.
_WORDS_ALONE = 0.3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that an order may belong to. `refused`: somebody has said that it does not."""

    near: Near
    score: float
    sure: bool
    reasons: Sequence[str]
    refused: bool


async def join(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, case_id: str) -> Order:
    """并案 by a person. What the order began itself ends with its case."""
    order = await opened(tx, command, "join")
    if order.details.sandbox:
        raise sandbox_order()
    if order.case_id == case_id:
        return order
    hidden = await matters.hidden(tx, case_id)
    if hidden is None:
        raise no_case()
    if hidden or order.details.confidential:
        raise hidden_order()
    text = "同一件事已在办理，已并案"
    after = replace(changed(order, command.now, Step(command.now, "order.joined", text), "joined"), case_id=case_id)
    await repository.save(tx, [after], order.case_id)
    await matters.join(tx, [Join(case_id, order.order_id, "desk", None, (), order.reported_at)], command.now)
    await proposals.taken(tx, order.order_id, case_id, command.now, command.caller.name)
    people = await matters.people(tx, case_id)
    metrics.JOINED.labels("desk").inc()
    await repository.enter(tx, entry(command, sealer, "join", case_id))
    await outbox.append(tx, [events.accepted("order.joined", after, text, case_id=case_id, people=people)])
    return after


async def split(tx: Tx, outbox: Outbox, sealer: Sealer, profile: Profile, command: Command) -> Order:
    """Out of its case and accepted on its own; later events of that case no longer move it, and the two are never
    proposed to each other again."""
    order = await opened(tx, command, "split")
    joined = await matters.of_order(tx, order.order_id)
    left = order.case_id or (joined.matter_id if joined else None)
    if left is None:
        raise not_now("split", order, command.caller.role)
    text = "已拆案，单独办理"
    after = changed(order, command.now, Step(command.now, "order.split", text), "accepted")
    after = replace(after, case_id=None, said=None, opens=new_id("case"))
    await repository.save(tx, [after], left)
    people = await _apart(tx, profile, after, left, command)
    await repository.enter(tx, entry(command, sealer, "split", left))
    await outbox.append(tx, [events.accepted("order.split", after, text, case_id=left, people=people)])
    return after


async def alike(tx: Tx, profile: Profile, caller: Caller, order_id: str, now: datetime) -> list[Candidate]:
    """Open matters that the order may belong to, the likest first; by its words alone where nobody knows its place."""
    found = await reading.with_progress(tx, order_id)
    if found is None or not sees(caller, found[0]):
        raise no_order()
    order = found[0]
    if order.details.confidential or order.details.sandbox or order.classified is None:
        return []
    since = now - timedelta(days=profile.thresholds.join_days)
    sign = sign_of(order, profile)
    if sign is None:
        compared = _by_words(order, await matters.recent(tx, since))
    else:
        near = await nearby.near(tx, [sign], profile.thresholds.join_metres, since)
        compared = [(one, compare(sign, one.sign, profile.thresholds)) for one in near.get(0, ())]
    own = await matters.of_order(tx, order_id)
    mine = {order.case_id, own.matter_id if own else None}
    refused = await proposals.refused_for(tx, order_id)
    known = await matters.cases_known(tx, [one.matter_id for one, _ in compared])
    ranked = sorted(compared, key=lambda pair: (-pair[1].score, pair[0].matter_id))
    return [
        Candidate(one, like.score, like.sure, like.reasons, one.matter_id in refused)
        for one, like in ranked
        if one.ended is None and one.matter_id in known and one.matter_id not in mine and like.score > 0
    ][:MOST_ALIKE]


async def refuse(tx: Tx, proposal_id: str, now: datetime, by: str) -> None:
    """Not one matter: never proposed again. Twice is once."""
    before = await proposals.refuse(tx, proposal_id, now, by)
    if before is None:
        raise no_proposal()
    if before == "joined":
        raise proposal_decided()


async def _apart(tx: Tx, profile: Profile, order: Order, left: str, command: Command) -> int:
    """The order has left; how many people stay. What it began there is shown by the oldest that stays."""
    own = Proposal(new_id("prp"), order.order_id, left, 0.0, (), command.now, "refused")
    await proposals.add(tx, [own])
    metrics.SPLIT.labels(await matters.leave(tx, left, order.order_id, command.now) or "opener").inc()
    if await matters.begun_by(tx, left, order.order_id):
        oldest = await matters.oldest_in(tx, left)
        stays = await reading.with_progress(tx, oldest) if oldest else None
        shown = sign_of(stays[0], profile) if stays else None
        if stays is not None and shown is not None:
            await matters.open_(tx, {left: (stays[0].order_id, shown)}, command.now)
    sign = sign_of(order, profile)
    if sign is not None and order.opens is not None and not order.details.confidential:
        await matters.open_(tx, {order.opens: (order.order_id, sign)}, command.now)
    return await matters.people(tx, left)


def _by_words(order: Order, others: Sequence[Near]) -> list[tuple[Near, Alike]]:
    own = grams(f"{order.title}\n{order.content}")
    category = order.classified.category if order.classified else None
    found = []
    for one in others:
        words = likeness(own, one.sign.grams)
        if words >= _WORDS_ALONE and one.sign.category == category:
            hours = abs((order.reported_at - one.sign.at).total_seconds()) / 3600
            found.append(
                (one, Alike(round(words * PROPOSE, 3), 0.0, hours, "category", words, False, False, placed=False))
            )
    return found
