"""One action of a person on one case: seen, not stale, theirs to do, allowed now; then done and remembered."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch import metrics
from services.dispatch.domain import climbing, lifecycle, standing
from services.dispatch.domain.actors import ROLE_TITLES, Actor
from services.dispatch.domain.checking import does
from services.dispatch.domain.lifecycle import Action, Standing
from services.dispatch.domain.standing import Reach
from services.dispatch.errors import no_case, not_now, not_yours
from services.dispatch.models import Case, Entry
from services.dispatch.repository import at_hand, remembered
from services.dispatch.repository.reading import TIMELINE
from services.dispatch.schemas.cases import Asked
from services.dispatch.usecases import precedents
from services.dispatch.usecases.actions.asked import Act
from services.dispatch.usecases.actions.table import DO
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.work import Work
from services.fabric.snapshot import Fabric
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.keys import Caller
from services.kit.outbox import Outbox
from services.kit.problems import same_key_other_body, wrong

_VERDICTS = ("verify", "recheck")
Show = Callable[[Case, Sequence[Entry]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Command:
    """`wanted` is the version that the caller believes in, `key` the Idempotency-Key."""

    case_id: str
    asked: Asked
    caller: Caller
    now: datetime
    wanted: int | None = None
    key: str | None = None

    @property
    def fingerprint(self) -> bytes:
        told = json.dumps([self.case_id, self.asked.model_dump(mode="json")], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).digest()


async def act(tx: Tx, outbox: Outbox, fabric: Fabric, secret: bytes, command: Command, show: Show) -> dict[str, Any]:
    """The case as it is after, as `show` gives it; the answer given before, for a key that was used before."""
    reach = standing.reach_of(fabric, command.caller.role, command.caller.unit, command.now)
    held = await at_hand.take(tx, command.case_id, command.caller.key_id, command.key)
    if held is None or not standing.sees(reach, held.case):
        raise no_case()
    if held.remembered is not None:
        if held.remembered.fingerprint != command.fingerprint:
            raise same_key_other_body()
        return held.remembered.answer
    case = held.case
    check_version(command.wanted, case.sequence)
    work = Work(Record(command.now), fabric, command.now, secret)
    work.have(held.links)
    done = perform(work, case, command, reach)
    after = (await work.record.write(tx, outbox))[case.case_id]
    if command.asked.action == "rule":
        await precedents.remember(tx, done, case, after)
    metrics.ACTIONS.labels(command.asked.action).inc()
    answer = show(after, [*held.timeline, *work.record.entries(case.case_id)][-TIMELINE:])
    if command.key is not None:
        kept = await remembered.keep(tx, command.caller.key_id, command.key, command.fingerprint, answer, command.now)
        if not kept:
            raise same_key_other_body()
    return answer


def perform(work: Work, case: Case, command: Command, reach: Reach) -> Act:
    """In memory: `work` has the case's links; what was done is in its record. Forbidden, NotAllowedNow, Invalid."""
    row, stands = _allowed(case, command, reach)
    unit = _unit(work.fabric, case, row, command, reach)
    done = Act(work, row, command.asked, _actor(work.fabric, command, unit), unit, stands)
    DO[command.asked.action](done, work.record.known(case))
    return done


def _allowed(case: Case, command: Command, reach: Reach) -> tuple[lifecycle.Transition, frozenset[Standing]]:
    """Forbidden for what somebody who stands so may never do, NotAllowedNow for the wrong state."""
    stands = standing.standing_of(reach, case)
    action = command.asked.action
    if not stands & lifecycle.by_whom(action):
        if action in _VERDICTS and "lead" in stands:
            raise not_yours("核查和回头看要由主办以外的单位来做，请换一个单位")
        raise not_yours(f"这把密钥在这个案件里不能做这件事，请由{_whose(action)}来做")
    row = lifecycle.transition(action, case.state)
    if row is None or not stands & row.by:
        raise not_now(case, stands, action)
    return row, stands


def _whose(action: Action) -> str:
    """Who may ever do it, in words."""
    by = lifecycle.by_whom(action)
    if by == {"dispatcher"}:
        return "城运中心"
    if "lead" not in by:
        return "主办以外的单位或城运中心"
    return "案件里的单位或城运中心" if "assist" in by else "主办单位或城运中心"


def _unit(fabric: Fabric, case: Case, row: lifecycle.Transition, command: Command, reach: Reach) -> str | None:
    """Who acts. The desk may name anybody; without a word it does the lead's work in the lead's name and its own in
    its own. Others speak for their own unit, the lead's first."""
    given = command.asked.unit
    desk = reach.role in standing.DISPATCHERS
    if given is not None:
        if fabric.unit(given) is None:
            raise wrong("/unit", "没有这个单位，请核对单位编码")
        if not desk and given not in reach.units:
            raise not_yours("这把密钥不能以这个单位的名义办理，请去掉 unit，或换那个单位的密钥")
        return given
    if not desk:
        return standing.unit_within(reach, case) or command.caller.unit
    if "lead" in row.by:
        return case.lead
    own = command.caller.unit or _centre(fabric, case, command.now)
    if row.action in _VERDICTS and command.caller.role in standing.DISTRICT and does(fabric, own, case.course.doer):
        # The district's word is another's than that of the street's centre, which did it itself.
        return next((unit.code for unit in fabric.units_of("district")), own)
    return own


def _centre(fabric: Fabric, case: Case, now: datetime) -> str | None:
    return climbing.centre(fabric, "street", climbing.concerned(fabric, case, now))


def _actor(fabric: Fabric, command: Command, unit: str | None) -> Actor:
    role = command.caller.role
    title = ROLE_TITLES.get(role) or fabric.unit_name(unit)
    return Actor(command.asked.by or command.caller.name, role, title)
