"""What the reporter or its source does to an order later: supplement, withdraw, urge, feedback, being told again."""

from dataclasses import replace
from typing import Literal

from services.intake.domain.following import Step
from services.intake.domain.lifecycle import STATUS_SAID
from services.intake.models import Order
from services.intake.repository import requests
from services.intake.sealing import Sealer
from services.intake.usecases import events
from services.intake.usecases.commands import Command, changed, done, entry, found, opened, words_masked
from services.kit.db import Tx
from services.kit.outbox import Outbox

Satisfaction = Literal["satisfied", "fair", "dissatisfied"]
SUPPLEMENTED = "市民补充：{}"
_SATISFIED = {"satisfied": "满意", "fair": "一般", "dissatisfied": "不满意"}


async def supplement(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, content: str) -> Order:
    order = await opened(tx, command, "supplement")
    shown = await words_masked(tx, sealer, order, content)
    text = SUPPLEMENTED.format(shown)
    after = changed(order, command.now, Step(command.now, "order.supplemented", text))
    told = events.event("order.supplemented", after, text, content=shown, case_id=order.case_id)
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "supplement", shown, content))


async def withdraw(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, reason: str) -> Order:
    order = await opened(tx, command, "withdraw")
    shown = await words_masked(tx, sealer, order, reason)
    text = f"已撤回：{shown}" if shown else "已撤回"
    after = changed(order, command.now, Step(command.now, "order.withdrawn", text), "withdrawn")
    await requests.lapse(tx, order.order_id, command.now)
    told = events.event("order.withdrawn", after, text, reason=shown, case_id=order.case_id)
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "withdraw", shown, reason))


async def urge(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, note: str) -> Order:
    order = await opened(tx, command, "urge")
    shown = await words_masked(tx, sealer, order, note)
    text = f"市民催办：{shown}" if shown else "市民催办"
    after = changed(order, command.now, Step(command.now, "order.urged", text))
    told = events.event("order.urged", after, text, note=shown, case_id=order.case_id)
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "urge", shown, note))


async def feedback(
    tx: Tx,
    outbox: Outbox,
    sealer: Sealer,
    command: Command,
    resolved: bool,
    satisfaction: Satisfaction,
    comment: str,
    rework: bool = False,
) -> Order:
    """The citizen's verdict; also after closing. Whether the case is opened again is decided where cases are. `rework`:
    the source orders it."""
    order = await opened(tx, command, "feedback")
    shown = await words_masked(tx, sealer, order, comment)
    text = f"市民评价：{'已解决' if resolved else '未解决'}，{_SATISFIED[satisfaction]}"
    text = f"{text}，来源要求重办" if rework else text
    text = f"{text}。{shown}" if shown else text
    after = changed(order, command.now, Step(command.now, "order.feedback", text))
    after = replace(after, satisfaction=satisfaction)
    told = events.event(
        "order.feedback",
        after,
        text,
        case_id=order.case_id,
        resolved=resolved,
        satisfaction=satisfaction,
        comment=shown,
        rework=rework,
    )
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "feedback", shown, comment))


async def tell_again(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command) -> Order:
    """The present state once more to the callback, for a source that missed it; nothing about the order changes."""
    order = await found(tx, command)
    text = f"应来源要求重告现状：{STATUS_SAID[order.status]}"
    after = changed(order, command.now, Step(command.now, "order.told_again", text))
    told = events.event("order.told_again", after, text, case_id=order.case_id)
    return await done(tx, outbox, command, after, [told], entry(command, sealer, "tell-again"))
