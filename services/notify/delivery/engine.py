"""The delivery engine: webhooks, callbacks and pages, in order per receiver and case, nobody held up by another."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from standardwebhooks import Webhook

from services.kit import failpoints
from services.kit.db import Database
from services.kit.outbox import Outbox
from services.kit.worker import Worker
from services.notify import metrics
from services.notify.delivery.caller import Caller
from services.notify.delivery.gateways import Gateways
from services.notify.domain.pages import KINDS, TRIES
from services.notify.domain.retries import Answer, Verdict, judge
from services.notify.models import Subscription
from services.notify.repository import deliveries, lines, subscriptions
from services.notify.repository.lines import Claimed, Settled
from services.notify.secrets import Secrets
from services.notify.usecases.hearing import hear

log = structlog.get_logger()
LEASE = timedelta(seconds=60)
PATIENCE = 3.0  # seconds that calls going on get to end when the service stops
CANCELLED = Verdict("cancelled")


class Engine(Worker):
    """A round settles what came back and claims what is due; the calls themselves go on beside it.

    `sending` and its lease are on disk before the call. A sender that dies leaves its lease to run out, and the next
    one calls again with the same `webhook-id`. A lane (host and port) that failed last gets one call at a time until
    one succeeds.
    """

    def __init__(
        self,
        db: Database,
        outbox: Outbox,
        caller: Caller,
        gateways: Gateways,
        secrets: Secrets,
        real: Callable[[], datetime],
        *,
        total: int,
        per_lane: int,
    ) -> None:
        super().__init__("notify.deliveries", timedelta(milliseconds=500))
        self._db = db
        self._outbox = outbox
        self._caller = caller
        self._gateways = gateways
        self._secrets = secrets
        self._real = real
        self._total = total
        self._per_lane = per_lane
        self._dice = random.Random()
        self._calls: set[asyncio.Task[None]] = set()
        self._lanes: Counter[str] = Counter()
        self._ailing: set[str] = set()
        self._results: list[tuple[Claimed, Answer | None]] = []

    async def turn(self) -> bool:
        await self._settle()
        claimed, subscribed = await self._claim()
        if claimed:
            failpoints.reach("delivery.claimed")
        for one in claimed:
            self._start(one, subscribed.get(one.outgoing.receiver))
        return bool(claimed) or bool(self._results)

    async def close(self) -> None:
        if self._calls:
            await asyncio.wait(self._calls, timeout=PATIENCE)
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await self._settle()

    async def stop(self) -> None:
        await super().stop()
        await self._caller.close()
        await self._gateways.close()

    async def idle(self) -> bool:
        """Deliveries that failed before are set aside, and what waits behind them or for a lane that ails."""
        async with self._db.reading() as tx:
            return not self._results and not await lines.untried(tx, sorted(self._ailing))

    async def _claim(self) -> tuple[list[Claimed], dict[str, Subscription]]:
        free = self._total - len(self._calls)
        if free <= 0:
            return [], {}
        now = self._real()
        async with self._db.transaction() as tx:
            claimed = await lines.claim(tx, uuid4(), now, now + LEASE, free, self._per_lane, self._rooms())
            receivers = [one.outgoing.receiver for one in claimed if one.outgoing.kind == "webhook"]
            return claimed, await subscriptions.by_id(tx, receivers) if receivers else {}

    def _rooms(self) -> dict[str, int]:
        """What is left of lanes that are busy or ailing."""
        most = {lane: 1 if lane in self._ailing else self._per_lane for lane in {*self._lanes, *self._ailing}}
        return {lane: max(0, room - self._lanes[lane]) for lane, room in most.items()}

    def _start(self, claimed: Claimed, subscription: Subscription | None) -> None:
        self._lanes[claimed.lane] += 1
        call = asyncio.create_task(self._call(claimed, subscription), name=f"delivery {claimed.outgoing.id}")
        self._calls.add(call)
        metrics.IN_FLIGHT.set(len(self._calls))

        def ended(task: asyncio.Task[None]) -> None:
            self._calls.discard(task)
            self._lanes[claimed.lane] -= 1
            if self._lanes[claimed.lane] <= 0:
                del self._lanes[claimed.lane]
            metrics.IN_FLIGHT.set(len(self._calls))
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("delivery.broken", delivery=claimed.outgoing.id, error=repr(error))
                self._results.append((claimed, Answer(error=f"系统出错：{type(error).__name__}", refused=True)))
            self.wake()

        call.add_done_callback(ended)

    async def _call(self, claimed: Claimed, subscription: Subscription | None) -> None:
        """None for an answer: whoever was to get it no longer wants it."""
        answer = await self._answer(claimed, subscription)
        if answer is not None:
            (self._ailing.add if _ails(answer) else self._ailing.discard)(claimed.lane)
        self._results.append((claimed, answer))

    async def _answer(self, claimed: Claimed, subscription: Subscription | None) -> Answer | None:
        outgoing = claimed.outgoing
        secret = None if outgoing.kind in KINDS else self._secret(claimed, subscription)
        if outgoing.kind not in KINDS and secret is None:
            return None
        with metrics.CALL_SECONDS.time():
            if secret is None:
                return await self._gateways.send(outgoing)
            return await self._caller.post(outgoing.target, self._headers(claimed, secret), outgoing.event.encode())

    def _secret(self, claimed: Claimed, subscription: Subscription | None) -> str | None:
        if claimed.outgoing.kind == "callback":
            return self._secrets.of_source(claimed.outgoing.source or "")
        return self._secrets.of(subscription) if subscription and subscription.state == "active" else None

    def _headers(self, claimed: Claimed, secret: str) -> dict[str, str]:
        message, at = claimed.outgoing.message_id, self._real()
        return {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "duoge-notify/1",
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(message, at, claimed.outgoing.event),
        }

    async def _settle(self) -> None:
        results, self._results = self._results, []
        if not results:
            return
        failpoints.reach("delivery.answered")
        now = self._real()
        judged = [(one, answer, self._judge(one, answer, now)) for one, answer in results]
        try:
            async with self._db.transaction() as tx:
                # Orders before lines, as the consumer locks them.
                gone = [one.outgoing.receiver for one, _, verdict in judged if verdict.gone]
                if gone:
                    await subscriptions.mark_gone(tx, gone)
                settled = await lines.settle(tx, [_settled(*each, now) for each in judged], now)
                said = {one.outgoing.id: answer.said for one, answer, _ in judged if answer and answer.said}
                ours = [one.claimed.outgoing for one in settled if one.state == "delivered"]
                await hear(tx, self._outbox, [(one, said[one.id]) for one in ours if one.id in said], now)
                if gone:
                    await deliveries.cancel(tx, gone, now)
        except Exception:
            self._results = results + self._results
            raise
        for one in settled:
            metrics.DELIVERIES.labels(one.claimed.outgoing.kind, one.state).inc()

    def _judge(self, claimed: Claimed, answer: Answer | None, now: datetime) -> Verdict:
        if answer is None:
            return CANCELLED
        dice = self._dice.random()
        if claimed.outgoing.kind in KINDS:
            return judge(answer, claimed.attempts, now, dice, TRIES)
        return judge(answer, claimed.attempts, now, dice)


def _settled(claimed: Claimed, answer: Answer | None, verdict: Verdict, now: datetime) -> Settled:
    return Settled(
        claimed,
        state=verdict.state,
        status=answer.status if answer else None,
        error=_said(answer),
        tries=claimed.attempts if verdict.again_at else 0,
        next_at=verdict.again_at or now,
    )


def _ails(answer: Answer) -> bool:
    if answer.hopeless:
        return False
    return answer.status is None or answer.status >= 500 or answer.status == 429


def _said(answer: Answer | None) -> str | None:
    if answer is None:
        return "订阅已取消"
    return answer.error or (None if (answer.status or 0) // 100 == 2 else f"对方答复 {answer.status}")
