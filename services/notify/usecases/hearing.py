"""What sources answered to callbacks, told to the house."""

from collections.abc import Sequence
from datetime import datetime

from services.kit.contracts.answers import CallbackAnswered
from services.kit.contracts.registry import make
from services.kit.db import Tx
from services.kit.outbox import Outbox
from services.notify.domain.answers import word_in
from services.notify.models import Outgoing
from services.notify.repository import answers


async def hear(tx: Tx, outbox: Outbox, delivered: Sequence[tuple[Outgoing, bytes]], now: datetime) -> None:
    """`delivered`: callbacks with the bodies that came back, of each order one at most."""
    words = {
        one.receiver: (one, word)
        for one, said in delivered
        if one.kind == "callback" and one.source and (word := word_in(one.name, said)) is not None
    }
    if not words:
        return
    numbers = await answers.numbered(tx, sorted(words))
    told = [
        make(
            "callback.answered",
            CallbackAnswered(order_id=order_id, source=one.source or "", accepted=word.accepted, reason=word.reason),
            subject=order_id,
            sequence=numbers[order_id],
            at=now,
        )
        for order_id, (one, word) in sorted(words.items())
    ]
    await outbox.append(tx, told)
