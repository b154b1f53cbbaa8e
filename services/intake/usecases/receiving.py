"""New orders: judged and sealed before the transaction opens, then claimed, stored and told in one statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.fabric.profile import Profile
from services.fabric.rules import Thresholds
from services.fabric.snapshot import Fabric
from services.intake import metrics
from services.intake.domain.draft import Draft
from services.intake.domain.following import Step
from services.intake.domain.judge import Verdict, judge
from services.intake.domain.learned.model import Model
from services.intake.domain.matter import building_in
from services.intake.errors import same_id_other_body
from services.intake.models import Claim, Details, Order, Remembered, SealedParts, SourceId
from services.intake.repository import orders as repository
from services.intake.sealing import Sealer
from services.intake.usecases import attaching, events, matters, wording
from services.intake.usecases.matters import Settled, Subject
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.masking import masked, public_address, public_link
from services.kit.outbox import Outbox
from services.kit.problems import Problem, same_key_other_body

TITLE_LENGTH = 20
_TOLD_AS = {"accepted": "order.accepted", "declined": "order.declined", "triage": "order.triaged"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a new order needs, made without the database. `subject`: what it is compared by, within `limits`."""

    claim: Claim
    events: tuple[Event, ...]
    subject: Subject | None = None
    limits: Thresholds | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """`order` is None where an order seen before has been deleted since; then only its id is known."""

    order_id: str
    order: Order | None
    new: bool


def prepare(
    fabric: Fabric | None,
    drafts: Sequence[tuple[Draft, bytes]],
    sealer: Sealer,
    now: datetime,
    model: Model | None = None,
) -> list[Prepared]:
    """`drafts`: each with the fingerprint of its body. Nothing but the processor: may run in a thread."""
    verdicts = judge(fabric, [draft for draft, _ in drafts], now, model=model)
    profile = fabric.profile if fabric else None
    return [
        _prepared(draft, fingerprint, verdict, profile, sealer, now)
        for (draft, fingerprint), verdict in zip(drafts, verdicts, strict=True)
    ]


async def receive(
    tx: Tx, outbox: Outbox, prepared: Sequence[Prepared], now: datetime, key: str | None = None
) -> list[Received | Problem]:
    """One answer for each, in their order. An id that was seen before, in an earlier request or earlier in this one, is
    the same order if the body is the same and a conflict if not. `key`: the Idempotency-Key of a single order."""
    first: dict[SourceId, Prepared] = {}
    for one in prepared:
        first.setdefault(_source_id(one), one)
    first, unknown = await attaching.known(tx, first)
    limits = next((one.limits for one in first.values() if one.subject is not None), None)
    claimed = await repository.claim(tx, [one.claim for one in first.values()]) if first else set()
    new = [one for one in first.values() if one.claim.order.order_id in claimed]
    known: dict[SourceId, Remembered] = {}
    if len(new) < len(first):
        others = [source_id for source_id, one in first.items() if one.claim.order.order_id not in claimed]
        known = await repository.remembered(tx, others)
    settled: Mapping[str, Settled] = {}
    subjects = [one.subject for one in new if one.subject is not None]
    if limits is not None and subjects:
        await matters.lock(tx, limits, [each.sign for each in subjects])
        settled = await matters.settle(tx, limits, subjects, now)
        await matters.store(tx, settled)
        first = {source_id: _as_settled(one, settled) for source_id, one in first.items()}
        new = [_as_settled(one, settled) for one in new]
    await attaching.use(tx, new)
    answers = [
        unknown.get(_source_id(one))
        or _answer(_as_settled(one, settled) if settled else one, first[_source_id(one)], known)
        for one in prepared
    ]
    if key is not None and isinstance(answers[0], Received):
        claim = prepared[0].claim
        if not await repository.claim_key(tx, claim.order.source, key, answers[0].order_id, claim.fingerprint, now):
            raise same_key_other_body()
    await outbox.append(tx, [event for one in new for event in one.events])
    return answers


def count(answers: Sequence[Received | Problem]) -> None:
    """Figures, once the answers are on disk."""
    for answer in answers:
        if isinstance(answer, Problem):
            metrics.REPEATED.labels("different").inc()
        elif not answer.new:
            metrics.REPEATED.labels("same").inc()
        elif answer.order is not None and not answer.order.details.sandbox:
            metrics.ORDERS.labels(answer.order.channel, answer.order.status).inc()
            if answer.order.classified is not None:
                metrics.CONFIDENCE.observe(answer.order.classified.confidence)
                if answer.order.classified.concern == "OTHER":
                    metrics.FALLBACK.labels(answer.order.classified.by).inc()
            if answer.order.located is not None and answer.order.located.mismatch is not None:
                metrics.MISMATCHES.inc()


def apply(order: Order, verdict: Verdict, profile: Profile, now: datetime) -> tuple[Order, list[Event]]:
    """The order as judged, with the event that says so; a verdict that only notes it has none."""
    told = _TOLD_AS.get(verdict.status)
    text = wording.decided(profile, order, verdict) if told else verdict.said or ""
    hidden = verdict.confidential and not order.details.confidential
    changed = replace(
        order,
        status=verdict.status,
        reason=verdict.reason,
        said=verdict.said,
        located=verdict.located,
        classified=verdict.classified,
        kind=verdict.kind or order.kind,
        details=replace(order.details, confidential=True) if hidden else order.details,
        changed_at=now,
        sequence=order.sequence + 1 if told else order.sequence,
        opens=new_id("case") if verdict.status == "accepted" else None,
        steps=(*order.steps, Step(now, told or "order.received", text)),
    )
    return changed, [events.decided(changed, text)] if told else []


def _source_id(one: Prepared) -> SourceId:
    return one.claim.order.source, one.claim.order.external_id


def _as_settled(one: Prepared, settled: Mapping[str, Settled]) -> Prepared:
    found = settled.get(one.claim.order.order_id)
    if found is None:
        return one
    return replace(one, claim=replace(one.claim, order=found.order), events=(*one.events[:-1], found.event))


def _answer(one: Prepared, first: Prepared, known: dict[SourceId, Remembered]) -> Received | Problem:
    order = first.claim.order
    held = known.get(_source_id(first))
    fingerprint = first.claim.fingerprint if held is None else held.fingerprint
    if one.claim.fingerprint != fingerprint:
        return same_id_other_body()
    if held is not None:
        return Received(held.order_id, held.order, new=False)
    return Received(order.order_id, order, new=one.claim.order.order_id == order.order_id)


def _prepared(
    draft: Draft, fingerprint: bytes, verdict: Verdict, profile: Profile | None, sealer: Sealer, now: datetime
) -> Prepared:
    sealed = _sealed(draft, sealer)
    order = replace(_masked_order(draft, now), caller=sealed.phone_index)
    text = wording.received(profile, order)
    noted = verdict.status == "closed"
    order = replace(order, sequence=1, said=verdict.said, steps=(Step(now, "order.received", text),))
    told = [events.event("order.received", order, text, status="closed" if noted else "received")]
    if profile is not None and verdict.status != "received":
        order, more = apply(order, verdict, profile, now)
        told += more
    claim = Claim(order, sealed, fingerprint)
    if profile is None:
        return Prepared(claim, tuple(told))
    subject = matters.subject_of(order, profile, building_of(draft, sealer))
    return Prepared(claim, tuple(told), subject, profile.thresholds)


def building_of(draft: Draft, sealer: Sealer) -> str | None:
    """Which house of an estate, so that two can be told apart without keeping the number."""
    number = building_in((draft.address, draft.text))
    return None if number is None else sealer.fingerprint(f"building/{number}".encode()).hex()[:16]


def _masked_order(draft: Draft, now: datetime) -> Order:
    names = (draft.reporter.name,) if draft.reporter.name else ()
    phones = (draft.reporter.phone,) if draft.reporter.phone else ()
    content = masked(draft.content, names, phones)
    return Order(
        order_id=draft.order_id,
        source=draft.source,
        external_id=draft.external_id,
        status="received",
        channel=draft.channel,
        kind=draft.kind,
        title=masked(draft.title, names, phones) if draft.title else content[:TITLE_LENGTH],
        content=content,
        address=public_address(masked(draft.address, names, phones)) or None if draft.address else None,
        reported_at=draft.reported_at,
        received_at=now,
        changed_at=now,
        details=Details(
            source_urgency=masked(draft.source_urgency, names, phones) if draft.source_urgency else None,
            source_due=draft.source_due,
            repeat_of=draft.repeat_of,
            supervised=draft.supervised,
            anonymous=draft.reporter.anonymous,
            confidential=draft.reporter.confidential,
            concern_given=masked(draft.concern, names, phones) if draft.concern else None,
            attachments=_links_shown(draft, names, phones),
            sandbox=draft.sandbox,
        ),
        callback_url=draft.callback_url,
    )


def _links_shown(draft: Draft, names: tuple[str, ...], phones: tuple[str, ...]) -> tuple[Mapping[str, str], ...]:
    """A link whose name tells of a person is shown without it; the whole link is sealed, for whoever may reveal."""
    if not draft.attachments:
        return ()
    return tuple(
        one if "attachment_id" in one else {**one, "url": public_link(one["url"], names, phones)}
        for one in draft.attachments
    )


def _sealed(draft: Draft, sealer: Sealer) -> SealedParts:
    """Nobody keeps the name of who wished to be anonymous."""
    reporter, position = draft.reporter, draft.position
    words = {
        "title": draft.title,
        "content": draft.content,
        "address": draft.address,
        "position": [position.lon, position.lat, position.crs] if position else None,
        "extra": dict(draft.extra),
        "attachments": [one["url"] for one in draft.attachments],
    }
    told = not reporter.anonymous and bool(reporter.name or reporter.phone)
    person = {"name": reporter.name, "phone": reporter.phone}
    return SealedParts(
        content=sealer.seal(draft.order_id, "content", words),
        person=sealer.seal(draft.order_id, "person", person) if told else None,
        phone_index=sealer.phone_index(reporter.phone) if told else None,
        key_id=sealer.key_id,
    )
