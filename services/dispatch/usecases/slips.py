"""督办单 answered, sent back, 销号, followed by 约谈 and 通报: one step of one slip, its case locked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.dispatch.domain import slips, standing
from services.dispatch.domain.actors import ROLE_TITLES, Actor
from services.dispatch.domain.lifecycle import Standing
from services.dispatch.domain.slips import SlipAction
from services.dispatch.domain.standing import Reach
from services.dispatch.errors import no_slip, not_yours
from services.dispatch.models import Case, Slip
from services.dispatch.repository import cases as repository
from services.dispatch.repository.slips import REGISTER
from services.dispatch.usecases.recording import Record
from services.fabric.snapshot import Fabric
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.keys import Caller
from services.kit.masking import masked
from services.kit.outbox import Outbox
from services.kit.problems import NotAllowedNow, wrong

# What the timeline says; what has to be said along with it.
_TOLD: Mapping[SlipAction, tuple[str, str | None]] = {
    "reply": ("{who}回复督办单第{n}号", "请写明办理情况（note）"),
    "refuse": ("督办单第{n}号的回复退回，请{unit}重报", "请写明为什么退回（note）"),
    "close": ("督办单第{n}号销号", None),
    "summon": ("就督办单第{n}号约谈{unit}", None),
    "circulate": ("就督办单第{n}号通报{unit}", None),
}


@dataclass(frozen=True, slots=True)
class SlipCommand:
    """`wanted` is the version of the case that the caller believes in."""

    number: str
    action: SlipAction
    by: str | None
    note: str
    caller: Caller
    now: datetime
    wanted: int | None = None


async def act(tx: Tx, outbox: Outbox, fabric: Fabric, command: SlipCommand) -> tuple[Case, Slip]:
    reach = standing.reach_of(fabric, command.caller.role, command.caller.unit, command.now)
    case, slip = await _held(tx, command, reach)
    check_version(command.wanted, case.sequence)
    stands = standing.standing_of(reach, case)
    ours = answers(reach, stands, slip)
    if not slips.theirs(slip, command.action, stands, ours):
        raise not_yours("督办单由被督办的单位回复，由签发的一级退回、销号、约谈、通报，请换有权限的密钥")
    allowed = slips.allowed(slip, stands, ours)
    if command.action not in allowed:
        raise NotAllowedNow("督办单现在不能这样办，请按 allowed 里的办法处理", allowed=allowed, state=slip.state)
    if not command.note and (missing := _TOLD[command.action][1]) is not None:
        raise wrong("/note", missing)
    record = Record(command.now)
    after = done(record, fabric, record.known(case), slip, command, reach)
    return (await record.write(tx, outbox))[case.case_id], after


async def _held(tx: Tx, command: SlipCommand, reach: Reach) -> tuple[Case, Slip]:
    """A slip moves with the orders of its case: the register says where it is, the locked case whether it still is."""
    case_id = await REGISTER.case_of(tx, command.number)
    locked = await repository.locked(tx, [case_id]) if case_id else []
    slip = slips.find(locked[0], command.number) if locked else None
    if slip is None or not seen(reach, locked[0], slip):
        raise no_slip()
    return locked[0], slip


def answers(reach: Reach, stands: Collection[Standing], slip: Slip) -> bool:
    """The lead now, or the unit that was supervised when it was issued."""
    return "lead" in stands or (slip.unit in reach.units and reach.role in standing.UNIT_ROLES)


def seen(reach: Reach, case: Case, slip: Slip) -> bool:
    return standing.sees(reach, case) or (not case.confidential and slip.unit in reach.units)


def done(record: Record, fabric: Fabric, case: Case, slip: Slip, command: SlipCommand, reach: Reach) -> Slip:
    """Recorded; nothing is written yet."""
    words, unit = masked(command.note), slip.unit or case.lead
    after = slips.done(slip, command.action, words, command.now)
    mine = standing.unit_within(reach, case) or command.caller.unit
    told = _TOLD[command.action][0].format(
        who=fabric.unit_name(mine or unit), n=slip.place, unit=fabric.unit_name(unit)
    )
    title = ROLE_TITLES.get(reach.role) or fabric.unit_name(mine)
    record.add(
        slips.put(case, after),
        slips.STEPS[command.action].event,
        f"{told}：{words}" if words else told,
        actor=Actor(command.by or command.caller.name, reach.role, title),
        unit=unit,
        clock=slips.clock(after),
        slip=slips.view(after),
    )
    return after
