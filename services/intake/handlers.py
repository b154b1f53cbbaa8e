"""Events of cases and whistles, as steps of the orders they are about."""

from collections.abc import Callable, Mapping

from services.intake.domain.following import CaseStep, Step
from services.intake.sealing import Sealer
from services.intake.usecases.answered import take_words
from services.intake.usecases.following import follow_cases
from services.intake.usecases.learning import learn_rulings
from services.intake.usecases.open311 import keep_cards
from services.kit.clock import Clock
from services.kit.consumer import Handle
from services.kit.contracts.answers import CallbackAnswered
from services.kit.contracts.cases import (
    CaseEvent,
    CaseFeedback,
    CaseMerged,
    CaseReassigned,
    CaseWithdrawn,
    WhistleEvent,
    WhistlePaged,
)
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import Payload
from services.kit.contracts.registry import BY_CE_TYPE, TYPES, body_of
from services.kit.contracts.topics import ANSWERS, CASES
from services.kit.db import Tx
from services.kit.outbox import Outbox

TOPICS = (CASES.name, ANSWERS.name)
_RULED = "case.ruled"
_ANSWERED = TYPES["callback.answered"].ce_type
# What dispatch says on account of order.supplemented, order.urged and order.feedback.
_REPEATED = frozenset({"case.progressed", "case.urged", "case.feedback"})
_CITIZEN = "市民"


def _repeated(event: Event, body: CaseEvent) -> bool:
    return body.by == _CITIZEN and event.name in _REPEATED


def _of_case(event: Event, body: Payload) -> CaseStep | None:
    assert isinstance(body, CaseEvent)
    step = Step(body.at, event.name, body.text, body.unit)
    if isinstance(body, CaseMerged) and not body.whole:
        # Where thousands are in one case, each of them need not hear of each other.
        return CaseStep(body.case_id, event.sequence, step, body.state, tuple(body.came)) if body.came else None
    into = body.into if isinstance(body, CaseWithdrawn) else None
    return CaseStep(
        body.case_id,
        event.sequence,
        step,
        body.state,
        tuple(body.orders),
        rest=not body.whole,
        into=into,
        repeated=_repeated(event, body),
    )


def _of_verdict(event: Event, body: Payload) -> CaseStep | None:
    assert isinstance(body, CaseFeedback)
    step = Step(body.at, event.name, body.text, body.unit)
    alone = not body.whole and body.order_id is not None
    return CaseStep(
        body.case_id,
        event.sequence,
        step,
        body.state,
        (body.order_id,) if alone and body.order_id else tuple(body.orders),
        body.order_id,
        body.satisfaction,
        rest=not body.whole and not alone,
        repeated=_repeated(event, body),
    )


def _of_whistle(event: Event, body: Payload) -> CaseStep | None:
    """A whistle for a place without a case is about no order. One that the street has not agreed to, and whom an emergency
    pages, is nothing to tell whoever reported."""
    assert isinstance(body, WhistleEvent)
    if body.case_id is None or body.nod in ("waiting", "refused") or isinstance(body, WhistlePaged):
        return None
    return CaseStep(body.case_id, event.sequence, Step(body.at, event.name, body.text, body.unit), body.state)


_KINDS: tuple[tuple[type[Payload], Callable[[Event, Payload], CaseStep | None]], ...] = (
    (CaseFeedback, _of_verdict),
    (CaseEvent, _of_case),
    (WhistleEvent, _of_whistle),
)
READERS: Mapping[str, Callable[[Event, Payload], CaseStep | None]] = {
    kind.ce_type: next(read for model, read in _KINDS if issubclass(kind.model, model))
    for kind in BY_CE_TYPE.values()
    if kind.topic == CASES.name
}


def handler(clock: Clock, outbox: Outbox, sealer: Sealer) -> Handle:
    async def handle(tx: Tx, events: list[Event]) -> None:
        bodies = [(event, body_of(event)) for event in events if event.type in READERS]
        read = [READERS[event.type](event, body) for event, body in bodies]
        await follow_cases(tx, [step for step in read if step is not None], clock.now())
        await keep_cards(tx, [body for _, body in bodies if isinstance(body, CaseEvent)])
        ruled = [body for event, body in bodies if event.name == _RULED and isinstance(body, CaseReassigned)]
        await learn_rulings(tx, ruled)
        words = [
            body for event in events if event.type == _ANSWERED and isinstance(body := body_of(event), CallbackAnswered)
        ]
        await take_words(tx, outbox, sealer, words, clock.now())

    return handle
