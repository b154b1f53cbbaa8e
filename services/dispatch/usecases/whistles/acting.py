"""What people do to a whistle: one command for all steps, the table says whose they are and when they are open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.domain.actors import Actor
from services.dispatch.domain.whistle import nods, rights, rules, steps
from services.dispatch.domain.whistle.model import Call, Marks, Outcome, Whistle
from services.dispatch.domain.whistle.rights import Who
from services.dispatch.domain.whistle.rules import RULES, Action
from services.dispatch.repository import whistles as repository
from services.dispatch.usecases.whistles import nodding, refusals
from services.dispatch.usecases.whistles.starting import begun, climbs_to, paged
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric.metric import distance
from services.fabric.snapshot import Fabric
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.outbox import Outbox
from services.kit.problems import wrong

# By which somebody is heard of for the first time, and what is about the whistle whichever unit is named.
_ANSWERS = frozenset({"accept", "report-in", "vouch"})
_OF_ALL = frozenset({"cancel", "approve", "refuse"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step as asked for; `position` is (lon, lat) in WGS-84, `wanted` the version that the caller believes in."""

    whistle_id: str
    action: Action
    who: Who
    actor: Actor
    now: datetime
    unit: str | None = None
    note: str = ""
    position: tuple[float, float] | None = None
    substitute: str | None = None
    marks: Mapping[str, int] | None = None
    force: bool = False
    wanted: int | None = None


async def act(tx: Tx, outbox: Outbox, fabric: Fabric, step: Step) -> None:
    """NotFound for what the caller may not see, Forbidden, Stale, NotAllowedNow, Invalid. A step that has taken effect
    before changes nothing, whatever version the caller believes in: its answer was lost."""
    seen = await repository.one(tx, step.whistle_id)
    if seen is None or not rights.sees(fabric, step.who, seen.parties):
        raise refusals.no_whistle()
    telling = await Telling.begin(tx, fabric, step.now, whistles=[step.whistle_id])
    if take(telling, step):
        await telling.write(tx, outbox)


def take(telling: Telling, step: Step) -> bool:
    """In memory: `telling` has the whistle, and the step in it unless it had taken effect before (False). As `act`."""
    fabric, whistle = telling.fabric, telling.whistles[step.whistle_id]
    if step.action == "substitute" and step.substitute is None:
        step = _named_by_unit_alone(fabric, step, whistle)
    whistle = _joined(step, whistle)
    call = _call(fabric, step, whistle)
    _entitled(fabric, step, whistle, call)
    if rules.repeated(step.action, whistle, call):
        return False
    check_version(step.wanted, whistle.version)
    told = telling.add(_outcome(telling, whistle, call, step), step.actor)
    if step.action == "approve":
        begun(telling, told)
    elif step.action == "substitute":
        paged(telling, told)
    return True


def _joined(step: Step, whistle: Whistle) -> Whistle:
    """Volunteers who were paged and answer for the first time are in it from now on."""
    team = step.unit or step.who.unit
    around = whistle.paging.volunteers if whistle.paging is not None else ()
    if team is None or team not in around or step.action not in _ANSWERS or whistle.call(team) is not None:
        return whistle
    return steps.join(whistle, team)


def _outcome(telling: Telling, whistle: Whistle, call: Call | None, step: Step) -> Outcome:
    fabric = telling.fabric
    forced = step.force and step.action == "release" and step.who.role in rights.DESK
    if forced and whistle.state in RULES["release"].whistle:
        return steps.release_all(whistle, step.note, forced=True)
    if not rules.open_to(step.action, whistle, call):
        raise refusals.not_now(fabric, step.action, whistle, call)
    if step.action == "approve":
        case = telling.cases.get(whistle.case_id or "")
        return nodding.approved(fabric, whistle, case, step.actor.title, step.now, step.note)
    return _WHOLE[step.action](whistle, step) if call is None else _STEPS[step.action](fabric, whistle, call, step)


def _call(fabric: Fabric, step: Step, whistle: Whistle) -> Call | None:
    """The call that the step is about; None for a step about the whole whistle. Without a unit it is the caller's own
    one, when just one of the called is."""
    rule = RULES[step.action]
    if step.action in _OF_ALL or (rule.whole and step.unit in (None, whistle.blown_unit)):
        return None
    if step.unit is not None:
        call = whistle.call(step.unit)
        if call is None:
            raise wrong("/unit", "这个哨没有叫这个单位，请核对单位编码")
        return call
    own = [call for call in whistle.calls if rights.covers(fabric, step.who.unit, call.unit)]
    exact = [call for call in own if call.unit == step.who.unit]
    if len(exact or own) != 1:
        raise wrong("/unit", "请写明是哪个单位")
    return (exact or own)[0]


def _entitled(fabric: Fabric, step: Step, whistle: Whistle, call: Call | None) -> None:
    side = RULES[step.action].side
    if step.action == "evaluate":
        side = "blower" if _of_unit(fabric, whistle, step) else "unit"
    if not rights.entitled(fabric, step.who, whistle, side, call):
        raise refusals.not_yours(fabric, step.action, call.unit if call else None)


def _named_by_unit_alone(fabric: Fabric, step: Step, whistle: Whistle) -> Step:
    """A body that names one unit: a called one, for which the caller's own comes; or the one that comes, for the only
    one owed that the caller answers for. Unchanged where it is neither."""
    if step.unit is None or whistle.call(step.unit) is not None:
        return replace(step, substitute=step.who.unit)
    owed = [call.unit for call in whistle.owed if rights.may_substitute(fabric, step.who, call)]
    return replace(step, unit=owed[0], substitute=step.unit) if len(owed) == 1 else step


def _of_unit(fabric: Fabric, whistle: Whistle, step: Step) -> bool:
    """Whether the marks are the blower's of a unit (True) or a unit's of the whistle; their names tell. Words without
    marks are the blower's whenever the caller is on its side."""
    given = set(step.marks or ())
    marks = fabric.profile.whistle
    if not given and step.note:
        return rights.blows(fabric, step.who, whistle)
    if given and given <= set(marks.marks_of_unit):
        return True
    if given and given <= set(marks.marks_of_whistle):
        return False
    of_unit, of_whistle = "、".join(marks.marks_of_unit), "、".join(marks.marks_of_whistle)
    raise wrong("/marks", f"请给 1 到 5 分：吹哨方评单位用 {of_unit}，单位评哨用 {of_whistle}")


def _report_in(fabric: Fabric, whistle: Whistle, call: Call, step: Step) -> Outcome:
    if step.position is None and rights.blows(fabric, step.who, whistle):
        return steps.report_in(whistle, call, step.now, step.note, vouched=True)
    if step.position is None:
        raise refusals.no_position()
    metres = distance(*step.position, whistle.meet.lon, whistle.meet.lat)
    if metres > fabric.profile.whistle.report_in_metres:
        raise refusals.too_far(metres, fabric.profile.whistle.report_in_metres)
    return steps.report_in(whistle, call, step.now, step.note)


def _substitute(fabric: Fabric, whistle: Whistle, call: Call, step: Step) -> Outcome:
    other = step.substitute
    if other is None:
        raise wrong("/substitute", "请写明由哪个单位替补")
    if fabric.unit(other) is None:
        raise wrong("/substitute", "没有这个单位，请核对单位编码")
    if other in (call.unit, whistle.blown_unit):
        raise wrong("/substitute", "不能由它自己或吹哨的单位替补，请换一个单位")
    held = whistle.call(other)
    if held is not None and held.released:
        raise wrong("/substitute", "这个单位已经离场或请辞，请换一个单位")
    return steps.substitute(whistle, call, other, climbs_to(fabric, other, whistle.ladder), step.note)


def _evaluate(fabric: Fabric, whistle: Whistle, call: Call, step: Step) -> Outcome:
    given = dict(step.marks or {})
    if _of_unit(fabric, whistle, step):
        return steps.evaluate(whistle, Marks(whistle.blown_unit or "", call.unit, given, step.now), step.note)
    return steps.evaluate(whistle, Marks(call.unit, None, given, step.now), step.note)


_STEPS: Mapping[Action, Callable[[Fabric, Whistle, Call, Step], Outcome]] = {
    "accept": lambda fabric, whistle, call, step: steps.accept(whistle, call, step.now, step.note),
    "decline": lambda fabric, whistle, call, step: steps.decline(whistle, call, step.now, step.note),
    "report-in": _report_in,
    "vouch": lambda fabric, whistle, call, step: steps.report_in(whistle, call, step.now, step.note, vouched=True),
    "done": lambda fabric, whistle, call, step: steps.done(whistle, call, step.note),
    "release": lambda fabric, whistle, call, step: steps.release_unit(whistle, call, step.note),
    "substitute": _substitute,
    "evaluate": _evaluate,
}
_WHOLE: Mapping[Action, Callable[[Whistle, Step], Outcome]] = {
    "refuse": lambda whistle, step: nods.refused(whistle, step.actor.title, step.now, step.note),
    "release": lambda whistle, step: steps.release_all(whistle, step.note),
    "cancel": lambda whistle, step: steps.cancel(whistle, step.note),
}
