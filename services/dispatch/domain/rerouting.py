"""What becomes of an open case when the ground under it changes: one rule, a table in the order in which it is asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from services.dispatch.domain import moves
from services.dispatch.domain.lifecycle import FINAL
from services.dispatch.domain.routing.decide import Decision
from services.dispatch.domain.routing.directory import directory_of
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.site import Site, sites
from services.dispatch.models import Case, Decided
from services.fabric.snapshot import Fabric
from services.kit.contracts.payload import Place

Reason = Literal["lead_gone", "ruled", "first_receiver", "climbed", "handed_on", "returned", "same_lead", "not_signed"]

# Nobody has taken it yet: `open` is a case sent back that waits for a ruling.
WAITING = frozenset({"dispatched", "open"})


class Stays(NamedTuple):
    """`said` is told of a case whose lead keeps it; `{lead}` is the lead's name."""

    reason: Reason
    holds: Callable[[Case, Decision], bool]
    said: str


# The first that holds decides; a case that none of them keeps is rerouted. A lead that is no unit any more is not asked.
TABLE: tuple[Stays, ...] = (
    Stays("ruled", lambda case, named: case.dispute.bound, "已裁定由{lead}主办，不改派"),
    Stays("first_receiver", lambda case, named: case.state not in WAITING, "{lead}已经接手，首接负责，继续主办"),
    Stays("climbed", lambda case, named: bool(case.course.climbed_from), "已升级由{lead}主办，不改派"),
    Stays(
        "handed_on",
        lambda case, named: case.state == "dispatched" and bool(case.dispute.holders),
        "已转办给{lead}，不改派",
    ),
    Stays(
        "returned",
        lambda case, named: case.state == "open" and named.lead in (case.lead, *case.dispute.holders),
        "退单待裁定，裁定前仍由{lead}首接负责",
    ),
    Stays("same_lead", lambda case, named: named.lead == case.lead, "仍由{lead}主办"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The case as it is after, and what to say. `previous`: who led it, where the lead is another now. `by_table`: the
    routing table has spoken anew, and its decision is the case's."""

    case: Case
    reason: Reason
    text: str
    previous: str | None
    by_table: bool


def there(fabric: Fabric, unit: str, at: datetime) -> bool:
    """Whether somebody still answers to the code: a unit in force, or one that is nowhere registered but has a grid."""
    if unit in fabric.units or unit in fabric.former:
        return unit in fabric.units
    return any(held.unit == unit and held.in_force(at) for layer in fabric.overlays.values() for held in layer.editions)


def concerned(fabric: Fabric, cases: Sequence[Case], at: datetime) -> list[Case]:
    """Those that are open and whose place stands on other grids now, or whose lead is no unit any more; and of those that
    nobody has taken, also the ones on a grid that another unit answers for by now. `fabric` as of `at`, here and below."""
    alive = [case for case in cases if case.state not in FINAL]
    grounds = sites(fabric, directory_of(fabric), [matter_of(case) for case in alive], at)
    gone = {lead for lead in {case.lead for case in alive} if lead is not None and not there(fabric, lead, at)}
    return [
        case
        for case, site in zip(alive, grounds, strict=True)
        if case.lead in gone
        or case.place.grids != dict(site.grids)
        or _in_other_hands(fabric, case, at)
        or _decided_since(case, site)
    ]


def _in_other_hands(fabric: Fabric, case: Case, at: datetime) -> bool:
    if case.state not in WAITING:
        return False
    for overlay, code in case.place.grids.items():
        then, now = fabric.grid(overlay, code, case.dispatched_at), fabric.grid(overlay, code, at)
        if then is not None and now is not None and then.unit != now.unit:
            return True
    return False


def _decided_since(case: Case, site: Site) -> bool:
    """Ownerless ground that somebody has been given since the case was sent out."""
    if case.state not in WAITING:
        return False
    here = (*site.ruled.values(), *([site.place] if site.place else []))
    return any(ruling.at >= case.dispatched_at for ruling in here)


def matter_of(case: Case) -> Matter:
    """What was routed, from what the case has kept of its first order."""
    heard = case.decision.emergency
    return Matter(
        concern=case.concern,
        sub_concern=case.sub_concern,
        channel=case.channel,
        kind=case.kind,
        zone=case.place.zone,
        emergency=case.case_class == "emergency" if heard is None else heard,
        text=f"{case.title}\n{case.summary}",
        lon=case.place.lon,
        lat=case.place.lat,
        grids=case.place.grids,
        confidential=case.confidential,
        address=case.place.address or "",
    )


def outcome(fabric: Fabric, case: Case, named: Decision, decided: Decided, at: datetime) -> Outcome | None:
    """`named` is what routing answers now, `decided` the same as a case keeps it. Whatever happens, the case's grids are
    those of now; None where they are already and nobody else is to have it."""
    head = _head(case.fabric_version, fabric.version)
    on_new_ground = replace(case, place=_renewed(case, named))
    stays = next((row for row in TABLE if row.holds(case, named)), None)
    assists = tuple(moves.without(named.assists, case.lead))
    if case.lead is None or not there(fabric, case.lead, at):
        taken = _taken_over(fabric, on_new_ground, named, decided, stays, head, at)
        if taken.case.lead != case.lead:
            return taken
        if on_new_ground.place == case.place:
            return None
    if stays is None:
        after = _routed(fabric, on_new_ground, named, decided, at)
        text = f"{head}，{fabric.unit_name(case.lead)}尚未签收，改派{fabric.unit_name(after.lead)}主办"
        return Outcome(after, "not_signed", text, case.lead, by_table=True)
    text = f"{head}，{stays.said.format(lead=fabric.unit_name(case.lead))}，所在网格已更新"
    if on_new_ground.place == case.place and (stays.reason != "same_lead" or assists == case.assists):
        return None
    if stays.reason == "same_lead":
        after = _found(replace(on_new_ground, assists=assists), named, decided)
        return Outcome(after, "same_lead", text, None, by_table=True)
    return Outcome(on_new_ground, stays.reason, text, None, by_table=False)


def _taken_over(
    fabric: Fabric, case: Case, named: Decision, decided: Decided, stays: Stays | None, head: str, at: datetime
) -> Outcome:
    """The lead is no unit any more. Of what nobody had begun routing says whose it is; what was begun, ruled or handed on
    goes to the unit above, which knows of it, else to whom routing names."""
    heir = None if stays is None or stays.reason == "same_lead" else _heir(fabric, case.lead)
    if heir is None:
        after = _routed(fabric, case, named, decided, at)
    else:
        stay = [unit for unit in case.assists if there(fabric, unit, at)]
        after = moves.moved_to(fabric, case, heir, stay, directory_of(fabric).level(heir), at)
    text = f"{head}，{fabric.unit_name(case.lead)}已撤销，改由{fabric.unit_name(after.lead)}主办"
    return Outcome(after, "lead_gone", text, case.lead, by_table=heir is None)


def _routed(fabric: Fabric, case: Case, named: Decision, decided: Decided, at: datetime) -> Case:
    return _found(moves.moved_to(fabric, case, named.lead, named.assists, named.level, at), named, decided)


def _found(case: Case, named: Decision, decided: Decided) -> Case:
    """By the new fabric. The matter is the same, and so is the class whose clocks it runs by; no whistle is blown anew."""
    kept = replace(decided, clocks=case.decision.clocks, whistle=case.decision.whistle)
    return replace(case, fabric_version=named.fabric_version, decision=kept)


def _heir(fabric: Fabric, unit: str | None) -> str | None:
    """The nearest unit above that is there, passing over those that have ended too; a circle ends the walk."""
    seen: set[str] = set()
    while unit is not None and unit not in seen:
        seen.add(unit)
        ended = fabric.former.get(unit)
        unit = ended.parent if ended else None
        if unit in fabric.units:
            return unit
    return None


def _renewed(case: Case, named: Decision) -> Place:
    return case.place.model_copy(update={"grids": dict(named.inputs["grids"]), "zone": named.inputs["zone"]})


def _head(before: int, after: int) -> str:
    if before == after:
        return f"第{after}版网格有划分按日期变更"
    return f"网格从第{before}版改到第{after}版"
