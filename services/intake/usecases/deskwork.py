"""What the duty desk does to an order: triage, join, split, return to its source, and seeing who reported."""

from dataclasses import dataclass, replace

from services.fabric.snapshot import Fabric
from services.intake import metrics
from services.intake.domain.classify import classifier_of
from services.intake.domain.draft import Draft, GivenPosition
from services.intake.domain.following import Step
from services.intake.domain.judge import Verdict, judge
from services.intake.domain.locate import HowFound
from services.intake.errors import ReturnWindowOver, no_case, no_order, not_now
from services.intake.models import Order
from services.intake.repository import orders as repository
from services.intake.repository import reading
from services.intake.sealing import Sealer
from services.intake.usecases import events
from services.intake.usecases.commands import Command, changed, done, entry, opened, sees, words_masked
from services.intake.usecases.receiving import apply
from services.intake.usecases.redrafting import redraft
from services.kit.db import Tx
from services.kit.outbox import Outbox
from services.kit.problems import Unavailable, wrong


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person found out about an order in triage; `decline` is a reason's code."""

    position: GivenPosition | None = None
    address: str | None = None
    concern: str | None = None
    decline: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Revealed:
    """The personal part of one order, unsealed for one look."""

    name: str | None
    phone: str | None
    address: str | None
    content: str


async def triage(
    tx: Tx, outbox: Outbox, sealer: Sealer, fabric: Fabric | None, command: Command, correction: Correction
) -> Order:
    """Judged again with what the desk added; it stays in triage while place or matter are still unclear."""
    order = await opened(tx, command, "triage")
    if fabric is None:
        raise Unavailable("网格数据还没有到位，请稍后再研判", headers={"Retry-After": "5"})
    if correction.concern is not None and not classifier_of(fabric.profile).knows(correction.concern):
        raise wrong("/concern", "没有这个事项编码，请从事项表里选")
    held = await reading.sealed_of(tx, order.order_id)
    draft = redraft(order, sealer.open(order.order_id, "content", held.content, held.key_id))
    verdict = (
        _declined(fabric, order, correction.decline)
        if correction.decline is not None
        else _judged_again(fabric, order, draft, correction, command)
    )
    shown = await words_masked(tx, sealer, order, correction.note)
    after, told = apply(replace(order, version=order.version + 1), verdict, fabric.profile, command.now)
    return await done(tx, outbox, command, after, told, entry(command, sealer, "triage", shown, correction.note))


def _declined(fabric: Fabric, order: Order, code: str) -> Verdict:
    reason, channel = fabric.profile.decline(code), fabric.profile.channel(order.channel)
    if reason is None or reason.hand_over:
        raise wrong("/decline", "没有这种不予受理情形，请从情形表里选")
    if channel is not None and not channel.can_refuse:
        raise not_now("triage", order.status).__class__(
            "这个渠道的工单街道不能自行不予受理，请用退回（return）并写明理由", allowed=["return"], state=order.status
        )
    return Verdict("declined", reason.code, reason.tell, order.located, order.classified, order.kind)


def _judged_again(fabric: Fabric, order: Order, draft: Draft, correction: Correction, command: Command) -> Verdict:
    """What the desk found out earlier holds until it says otherwise."""
    how: HowFound = "coordinates"
    located, classified = order.located, order.classified
    if correction.position is not None:
        draft, how = replace(draft, position=correction.position), "desk"
    elif located is not None and located.how == "desk" and located.lon is not None and located.lat is not None:
        draft, how = replace(draft, position=GivenPosition(located.lon, located.lat)), "desk"
    if correction.address is not None:
        draft = replace(draft, address=correction.address)
    by_desk = correction.concern is not None or (classified is not None and classified.by == "desk")
    if by_desk:
        earlier = (classified.sub or classified.concern) if classified else None
        draft = replace(draft, concern=correction.concern or earlier)
    by = "desk" if by_desk else "source"
    return judge(fabric, [draft], command.now, how, "desk" if by == "desk" else "source", reviewed=True)[0]


async def join(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, case_id: str) -> Order:
    order = await opened(tx, command, "join")
    if order.case_id == case_id:
        return order
    if not await reading.case_known(tx, case_id):
        raise no_case()
    text = "同一件事已在办理，已并案"
    after = replace(changed(order, command.now, Step(command.now, "order.joined", text), "joined"), case_id=case_id)
    told = events.accepted("order.joined", after, text, case_id=case_id)
    note = entry(command, sealer, "join", case_id)
    return await done(tx, outbox, command, after, [told], note, order.case_id)


async def split(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command) -> Order:
    """Out of its case and accepted on its own; later events of that case no longer move it."""
    order = await opened(tx, command, "split")
    left = order.case_id
    if left is None:
        raise not_now("split", order.status)
    text = "已拆案，单独办理"
    after = changed(order, command.now, Step(command.now, "order.split", text), "accepted")
    after = replace(after, case_id=None)
    told = events.accepted("order.split", after, text, case_id=left)
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "split", left), left)


async def return_to_source(
    tx: Tx, outbox: Outbox, sealer: Sealer, fabric: Fabric | None, command: Command, reason: str, proposal: str
) -> Order:
    """Within the window that the profile gives; it runs from our receipt."""
    order = await opened(tx, command, "return")
    if fabric is not None:
        due = fabric.profile.returns.to_source.due(order.received_at, fabric.calendar).at
        if command.now > due:
            span = fabric.profile.returns.to_source.text()
            raise ReturnWindowOver(
                f"退回来源的时限（{span}）已过，请继续办理，或联系来源协商", allowed=[], state=order.status
            )
    shown = await words_masked(tx, sealer, order, reason)
    advice = await words_masked(tx, sealer, order, proposal) if proposal else ""
    text = f"退回来源：{shown}。建议：{advice}" if advice else f"退回来源：{shown}"
    after = changed(order, command.now, Step(command.now, "order.returned_to_source", text), "returned_to_source")
    after = replace(after, reason="returned", said=text)
    told = events.event("order.returned_to_source", after, text, reason=shown, case_id=order.case_id)
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "return", text, reason + proposal))


async def reveal(tx: Tx, sealer: Sealer, command: Command, reason: str) -> Revealed:
    """Every look is entered with its reason before anything is shown."""
    order = await repository.locked(tx, command.order_id)
    if order is None or not sees(command.caller, order):
        raise no_order()
    held = await reading.sealed_of(tx, order.order_id)
    words = sealer.open(order.order_id, "content", held.content, held.key_id)
    person = sealer.open(order.order_id, "person", held.person, held.key_id) if held.person else {}
    shown = await words_masked(tx, sealer, order, reason)
    await repository.enter(tx, entry(command, sealer, "reveal", shown, reason))
    metrics.REVEALED.labels(command.caller.role).inc()
    return Revealed(person.get("name"), person.get("phone"), words["address"], words["content"])
