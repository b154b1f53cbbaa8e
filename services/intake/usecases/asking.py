"""What must be asked for: a return to the source, an approval as 不合理诉求, an appeal; and how it is answered.

Whoever got an order first keeps it until the answer (首接负责): a proposed return stops neither work nor clocks.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from services.fabric.snapshot import Fabric
from services.intake import metrics
from services.intake.domain.following import Step
from services.intake.domain.judge import Verdict, triage_said
from services.intake.domain.learned.model import Model
from services.intake.domain.lifecycle import RETURN_PROPOSED, SETTLED
from services.intake.errors import asked_already, nothing_asked, still_outside, window_over
from services.intake.models import Order
from services.intake.repository import handovers, orders, requests
from services.intake.repository.requests import Asked
from services.intake.sealing import Sealer
from services.intake.usecases import events
from services.intake.usecases.commands import Command, changed, done, entry, found, opened, words_masked, words_of
from services.intake.usecases.deskwork import Correction, judged_again
from services.intake.usecases.receiving import apply
from services.intake.usecases.redrafting import redraft
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.outbox import Outbox
from services.kit.problems import Unavailable

UNREASONABLE = "unreasonable"
_PATIENCE = timedelta(days=1)
_MOST_REMINDED = 1000


async def propose_return(
    tx: Tx, outbox: Outbox, sealer: Sealer, fabric: Fabric | None, command: Command, reason: str, proposal: str
) -> Order:
    """Within the window that the profile gives; it runs from our receipt. Once refused by the source, not again."""
    order = await opened(tx, command, "return")
    _within_window(fabric, order, command)
    if await requests.was(tx, order.order_id, "return", "refused"):
        raise asked_already("来源已经不同意退回，请继续办理", "return", order, command.caller.role)
    shown = await words_masked(tx, sealer, order, reason)
    advice = await words_masked(tx, sealer, order, proposal) if proposal else ""
    text = f"退回来源：{shown}。建议：{advice}" if advice else f"退回来源：{shown}"
    after = changed(order, command.now, Step(command.now, "order.returned_to_source", text), "returned_to_source")
    after = replace(after, reason="returned", said=text, under=order.status)
    await requests.ask(tx, _asked(order, command, "return", shown, advice))
    told = events.event(
        "order.returned_to_source",
        after,
        text,
        reason=shown,
        case_id=order.case_id,
        proposal=advice,
        pending=True,
    )
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "return", text, reason + proposal))


async def answer_return(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, accepted: bool, note: str) -> Order:
    """The source's word. Taken back: our part is over. Not agreed: as it was, and where its case has got meanwhile."""
    action = "return/accept" if accepted else "return/refuse"
    order = await opened(tx, command, action)
    asked = await requests.open_one(tx, order.order_id, "return")
    if asked is None or order.under is None:
        raise nothing_asked(order, command.caller.role)
    shown = await words_masked(tx, sealer, order, note) if note else ""
    said = "来源同意退回" if accepted else "来源不同意退回，继续办理"
    text = f"{said}：{shown}" if shown else said
    name = "order.return_accepted" if accepted else "order.return_refused"
    after = changed(order, command.now, Step(command.now, name, text), None if accepted else order.under)
    after = replace(after, under=None) if accepted else _as_before(after, asked)
    await requests.decide(tx, order.order_id, "return", accepted, command.now, command.caller.name, shown)
    told = events.event(name, after, text, case_id=order.case_id, note=shown)
    return await done(tx, outbox, command, after, [told], entry(command, sealer, action, shown, note))


async def remind_source(tx: Tx, outbox: Outbox, now: datetime) -> int:
    """Tells sources again of returns that they have not answered for a day; how many. The work goes on regardless."""
    waiting = await requests.unanswered(tx, now - _PATIENCE, _MOST_REMINDED)
    held = await handovers.lock_orders(tx, sorted(waiting)) if waiting else {}
    after: list[Order] = []
    told: list[Event] = []
    for order in held.values():
        if order.standing == RETURN_PROPOSED:
            text = "退回还在等来源答复，答复以前照常办理"
            after.append(replace(changed(order, now, Step(now, "order.told_again", text)), steps=()))
            told.append(events.event("order.told_again", after[-1], text, case_id=order.case_id))
    await orders.save(tx, after)
    await outbox.append(tx, told)
    metrics.RETURNS_WAITING.set(len(after))
    return len(after)


async def ask_unreasonable(
    tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, reason: str, evidence: list[str]
) -> Order:
    """The work goes on; only the rates wait for what the supervisor says."""
    order = await opened(tx, command, "unreasonable")
    if await requests.open_one(tx, order.order_id, UNREASONABLE) is not None:
        raise asked_already("已经报批，请等上级审批", UNREASONABLE, order, command.caller.role)
    for state, said in (("granted", "已经批准剔除，不用再报"), ("refused", "上级没有批准，请继续办理并解释")):
        if await requests.was(tx, order.order_id, UNREASONABLE, state):
            raise asked_already(said, UNREASONABLE, order, command.caller.role)
    shown = await words_masked(tx, sealer, order, reason)
    proofs = tuple([await words_masked(tx, sealer, order, proof) for proof in evidence])
    text = f"报批不合理诉求：{shown}"
    await requests.ask(tx, replace(_asked(order, command, UNREASONABLE, shown), evidence=proofs))
    # Nobody outside is told before it is decided: no event, hence no step of the sequence.
    after = replace(
        order,
        changed_at=command.now,
        version=order.version + 1,
        steps=(*order.steps, Step(command.now, "order.excluded", text)),
    )
    raw = "\n".join([reason, *evidence])
    return await done(tx, outbox, command, after, [], entry(command, sealer, UNREASONABLE, text, raw))


async def decide_unreasonable(
    tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, approved: bool, note: str
) -> Order:
    """Approved: 剔除 in the rates. Also of an order that was closed in the meantime."""
    await requests.lock_case(tx, command.order_id)
    order = await found(tx, command)
    asked = await requests.open_one(tx, order.order_id, UNREASONABLE)
    if asked is None:
        raise nothing_asked(order, command.caller.role)
    shown = await words_masked(tx, sealer, order, note) if note else ""
    await requests.decide(tx, order.order_id, UNREASONABLE, approved, command.now, command.caller.name, shown)
    said = "经批准认定为不合理诉求，考核剔除" if approved else "未批准按不合理诉求剔除，继续办理"
    text = f"{said}：{shown}" if shown else said
    step = Step(command.now, "order.excluded", text)
    note_ = entry(command, sealer, f"unreasonable/{'approve' if approved else 'refuse'}", shown, note)
    if not approved:
        after = replace(order, changed_at=command.now, version=order.version + 1, steps=(*order.steps, step))
        return await done(tx, outbox, command, after, [], note_)
    after = changed(order, command.now, step)
    whole = order.case_id is not None and not await requests.others_count(tx, order.case_id, order.order_id, SETTLED)
    told = events.event(
        "order.excluded",
        after,
        text,
        case_id=order.case_id,
        ground=UNREASONABLE,
        reason=asked.reason,
        whole_case=whole,
    )
    return await done(tx, outbox, command, after, [told], note_)


async def appeal(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, reason: str) -> Order:
    """A declined order is looked at again, by a person; once."""
    order = await opened(tx, command, "appeal")
    if await requests.was(tx, order.order_id, "appeal", "refused"):
        raise asked_already("申诉已经复核过，维持不予受理", "appeal", order, command.caller.role)
    shown = await words_masked(tx, sealer, order, reason)
    said = triage_said("appeal")
    text = f"{said}：{shown}" if shown else said
    after = changed(order, command.now, Step(command.now, "order.triaged", text), "triage")
    after = replace(after, reason="appeal", said=said)
    await requests.ask(tx, _asked(order, command, "appeal", shown))
    told = events.event("order.triaged", after, text, reason="appeal")
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "appeal", shown, reason))


async def decide_appeal(
    tx: Tx,
    outbox: Outbox,
    sealer: Sealer,
    fabric: Fabric | None,
    command: Command,
    upheld: bool,
    note: str,
    model: Model | None = None,
) -> Order:
    """Upheld: judged anew, its words no longer against it. Rejected: declined for the reason that it was."""
    order = await opened(tx, command, "appeal/decide")
    asked = await requests.open_one(tx, order.order_id, "appeal")
    if asked is None:
        raise nothing_asked(order, command.caller.role)
    if fabric is None:
        raise Unavailable("网格数据还没有到位，请稍后再裁定", headers={"Retry-After": "5"})
    shown = await words_masked(tx, sealer, order, note) if note else ""
    if upheld:
        draft = redraft(order, await words_of(tx, sealer, order))
        verdict = judged_again(fabric, order, draft, Correction(), command, model)
        if verdict.status == "declined":
            raise still_outside(order, command.caller.role)
    else:
        verdict = _declined_still(order, asked, shown)
    await requests.decide(tx, order.order_id, "appeal", upheld, command.now, command.caller.name, shown)
    after, told = apply(replace(order, version=order.version + 1), verdict, fabric.profile, command.now)
    return await done(tx, outbox, command, after, told, entry(command, sealer, "appeal/decide", shown, note))


def _declined_still(order: Order, asked: Asked, note: str) -> Verdict:
    before = (asked.before_said or "").removeprefix("经复核，维持原决定。")
    said = f"经复核，维持原决定。{before}"
    return Verdict(
        "declined",
        asked.before_reason,
        f"{said}{note}" if note else said,
        order.located,
        order.classified,
        order.kind,
    )


def _within_window(fabric: Fabric | None, order: Order, command: Command) -> None:
    if fabric is None:
        return
    window = fabric.profile.returns.to_source
    if command.now > window.due(order.received_at, fabric.calendar).at:
        raise window_over(window.text(), order, command.caller.role)


def _as_before(order: Order, asked: Asked) -> Order:
    return replace(order, under=None, reason=asked.before_reason, said=asked.before_said)


def _asked(order: Order, command: Command, kind: str, reason: str, proposal: str = "") -> Asked:
    return Asked(
        order.order_id,
        order.source,
        kind,
        reason,
        command.now,
        command.caller.name,
        proposal,
        before_reason=order.reason,
        before_said=order.said,
    )
