"""What the duty desk does to an order: triage, and seeing who reported."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.fabric.snapshot import Fabric
from services.intake import metrics
from services.intake.domain.classify import classifier_of
from services.intake.domain.confidence import may_reveal
from services.intake.domain.draft import Draft, GivenPosition
from services.intake.domain.judge import Verdict, judge
from services.intake.domain.learned.model import Model
from services.intake.domain.lifecycle import APPEALED
from services.intake.domain.locate import HowFound
from services.intake.errors import appeal_undecided, no_order, not_to_decline, only_supervisors, personal_erased
from services.intake.models import Order
from services.intake.repository import attachments, reading, requests
from services.intake.repository import orders as repository
from services.intake.sealing import Sealer
from services.intake.usecases import learning, matters
from services.intake.usecases.commands import Command, done, entry, opened, sees, words_masked, words_of
from services.intake.usecases.receiving import apply, building_of
from services.intake.usecases.redrafting import redraft
from services.kit.db import Tx
from services.kit.keys import Caller
from services.kit.masking import masked
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
    attachments: tuple[str, ...] = ()


async def triage(
    tx: Tx,
    outbox: Outbox,
    sealer: Sealer,
    fabric: Fabric | None,
    command: Command,
    correction: Correction,
    model: Model | None = None,
) -> Order:
    """Judged again with what the desk added; it stays in triage while place or matter are still unclear."""
    order = await opened(tx, command, "triage")
    if fabric is None:
        raise Unavailable("网格数据还没有到位，请稍后再研判", headers={"Retry-After": "5"})
    if correction.concern is not None and not classifier_of(fabric.profile).knows(correction.concern):
        raise wrong("/concern", "没有这个事项编码，请从事项表里选")
    draft = redraft(order, await words_of(tx, sealer, order))
    verdict = (
        _declined(fabric, order, correction.decline)
        if correction.decline is not None
        else judged_again(fabric, order, draft, correction, command, model)
    )
    shown = await words_masked(tx, sealer, order, correction.note)
    if order.standing == APPEALED:
        await _conceded(tx, order, verdict, command, shown)
    after, told = apply(replace(order, version=order.version + 1), verdict, fabric.profile, command.now)
    subject = matters.subject_of(after, fabric.profile, building_of(draft, sealer))
    after, told = (await matters.settled_late(tx, fabric.profile.thresholds, [(after, told, subject)], command.now))[0]
    if correction.concern is not None:
        await learning.corrected(tx, order, after, command.caller, command.now)
    return await done(tx, outbox, command, after, told, entry(command, sealer, "triage", shown, correction.note))


async def _conceded(tx: Tx, order: Order, verdict: Verdict, command: Command, note: str) -> None:
    """The desk may give way to an appeal; to refuse it is the supervisor's."""
    if verdict.status == "declined":
        raise appeal_undecided(order, command.caller.role)
    await requests.decide(tx, order.order_id, "appeal", True, command.now, command.caller.name, note)


def _declined(fabric: Fabric, order: Order, code: str) -> Verdict:
    reason, channel = fabric.profile.decline(code), fabric.profile.channel(order.channel)
    if reason is None or reason.hand_over:
        raise wrong("/decline", "没有这种不予受理情形，请从情形表里选")
    if channel is not None and not channel.can_refuse:
        raise not_to_decline(order)
    return Verdict("declined", reason.code, reason.tell, order.located, order.classified, order.kind)


def judged_again(
    fabric: Fabric, order: Order, draft: Draft, correction: Correction, command: Command, model: Model | None = None
) -> Verdict:
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
    return judge(fabric, [draft], command.now, how, "desk" if by == "desk" else "source", True, model)[0]


async def reveal(tx: Tx, sealer: Sealer, command: Command, reason: str) -> Revealed:
    """Every look is entered with its reason before anything is shown."""
    order = await repository.locked(tx, command.order_id)
    if order is None or not sees(command.caller, order):
        raise no_order()
    if order.details.confidential and not may_reveal(command.caller.role):
        raise only_supervisors()
    held = await reading.sealed_of(tx, order.order_id)
    if held is None:
        raise personal_erased()
    words = sealer.open(order.order_id, "content", held.content, held.key_id)
    person = sealer.open(order.order_id, "person", held.person, held.key_id) if held.person else {}
    shown = await words_masked(tx, sealer, order, reason)
    await repository.enter(tx, entry(command, sealer, "reveal", shown, reason))
    metrics.REVEALED.labels(command.caller.role).inc()
    links = words.get("attachments") or [attachment["url"] for attachment in order.details.attachments]
    return Revealed(person.get("name"), person.get("phone"), words["address"], words["content"], tuple(links))


async def look_at_original(
    tx: Tx, sealer: Sealer, caller: Caller, attachment_id: str, reason: str, now: datetime
) -> None:
    """As `reveal`: an original may say where and by whom it was made. Entered with each order that it belongs to."""
    belongs = await attachments.orders_of(tx, attachment_id)
    for order_id in sorted(belongs):
        order = await repository.locked(tx, order_id)
        if order is None:
            continue
        if order.details.confidential and not may_reveal(caller.role):
            raise only_supervisors()
        command = Command(order_id, caller, now)
        shown = f"{await words_masked(tx, sealer, order, reason)}（附件 {attachment_id}）"
        await repository.enter(tx, entry(command, sealer, "original", shown, reason))
    if not belongs:
        note = f"{masked(reason)}（附件 {attachment_id}）"
        await repository.enter(tx, replace(entry(Command("", caller, now), sealer, "original", note), order_id=None))
    metrics.REVEALED.labels(caller.role).inc()
