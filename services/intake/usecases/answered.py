"""The source's word on a return, where it came in the answer to our callback."""

from collections.abc import Sequence
from datetime import datetime

from services.intake import metrics
from services.intake.sealing import Sealer
from services.intake.usecases.asking import answer_return
from services.intake.usecases.commands import Command
from services.kit.contracts.answers import CallbackAnswered
from services.kit.db import Tx
from services.kit.keys import Caller
from services.kit.outbox import Outbox
from services.kit.problems import Problem


async def take_words(tx: Tx, outbox: Outbox, sealer: Sealer, words: Sequence[CallbackAnswered], now: datetime) -> None:
    """As if the source had called. The first word counts: what was answered already, or is no longer asked, is passed
    over. Returns are a few a day, hence one by one."""
    for word in sorted(words, key=lambda word: word.order_id):
        caller = Caller("callback", word.source, "source", source=word.source)
        command = Command(word.order_id, caller, now)
        try:
            await answer_return(tx, outbox, sealer, command, word.accepted, word.reason)
        except Problem as refused:
            metrics.ANSWERS.labels(refused.code).inc()
        else:
            metrics.ANSWERS.labels("accepted" if word.accepted else "refused").inc()
