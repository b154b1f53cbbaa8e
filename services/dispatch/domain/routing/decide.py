"""From a matter to whose it is: the first row that fits, and everything that one must be able to say about it later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from services.dispatch.domain.routing import duties, precedents, reasons, targets
from services.dispatch.domain.routing.conditions import Asked, Facts
from services.dispatch.domain.routing.directory import PROPERTY, Directory, directory_of
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.row import Row
from services.dispatch.domain.routing.site import Site, sites
from services.dispatch.domain.routing.table import RuleTable
from services.fabric.calendar import SHANGHAI
from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.fabric.taxonomy import RAISED, CaseClass

HELD = "street-holds"
"""The rule of a matter that no row takes: the street holds it."""
_MOST_ALTERNATIVES = 3
_MEANT = (targets.OPERATION, targets.OWNER)


@dataclass(frozen=True, slots=True)
class Alternative:
    """What the next row that fits would have done."""

    rule: str
    lead: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule`, `version` name the row; `found_by` is the target that gave the lead. `clocks`: the class by whose clocks the
    case runs. `fallback`: nobody that the row names was found and the street holds it (托底). `whistle`: the kind to blow at
    once. `inputs` is what was judged, without words; `duty` what the list of duties says, which `ground` ends with."""

    lead: str
    assists: tuple[str, ...]
    case_class: CaseClass
    level: str
    rule: str
    version: int
    reason: str
    ground: str
    alternatives: tuple[Alternative, ...]
    fallback: bool
    whistle: str | None
    clocks: CaseClass
    found_by: str
    fabric_version: int
    inputs: Mapping[str, Any] = field(default_factory=dict)
    duty: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "lead": self.lead,
            "assists": list(self.assists),
            "class": self.case_class,
            "level": self.level,
            "rule": self.rule,
            "version": self.version,
            "reason": self.reason,
            "ground": self.ground,
            "alternatives": [{"rule": a.rule, "lead": a.lead, "reason": a.reason} for a in self.alternatives],
            "fallback": self.fallback,
            "whistle": self.whistle,
            "clocks": self.clocks,
            "found_by": self.found_by,
            "fabric_version": self.fabric_version,
            "inputs": dict(self.inputs),
        }


def decide(fabric: Fabric, table: RuleTable, matter: Matter, at: datetime) -> Decision:
    return decide_many(fabric, table, [matter], at)[0]


def decide_many(
    fabric: Fabric,
    table: RuleTable,
    matters: Sequence[Matter],
    at: datetime,
    came: Sequence[datetime] | None = None,
) -> list[Decision]:
    """One for each, in their order; `at` is the moment of dispatch, by which the ground is taken. `came`: the moment of
    each whose time of day counts, where that is another."""
    directory = directory_of(fabric)
    known = [normal(fabric.profile, matter) for matter in matters]
    minutes = [_minute(at)] * len(known) if came is None else [_minute(moment) for moment in came]
    grounds = sites(fabric, directory, known, at)
    return [
        decide_at(directory, table, matter, site, minute)
        for matter, site, minute in zip(known, grounds, minutes, strict=True)
    ]


def _minute(at: datetime) -> int:
    here = at.astimezone(SHANGHAI)
    return here.hour * 60 + here.minute


def normal(profile: Profile, matter: Matter) -> Matter:
    """In the profile's terms: a sub written as a concern, a concern without its sub, codes that the profile lacks, and the
    rung of the ladder that raises what comes by the channel."""
    given = matter.sub_concern or matter.concern
    concern = profile.concern(given)
    sub = profile.sub(given)
    if sub is None:
        sub = profile.sub(matter.concern) or concern.default_sub
    channel = profile.channel(matter.channel) if matter.channel else None
    return replace(
        matter,
        concern=concern.code,
        sub_concern=sub.code if sub else None,
        category=concern.category,
        level=matter.level or (channel.level if channel else None),
    )


def decide_at(directory: Directory, table: RuleTable, matter: Matter, site: Site, minute: int) -> Decision:
    """`matter` as `normal` makes it, at a place that is known; `minute` counts from midnight in Shanghai."""
    fabric = directory.fabric
    facts = _facts(directory, matter, site, minute)
    fitting = table.shelf(
        matter.category or "", matter.concern, matter.sub_concern or matter.concern, matter.channel, matter.kind
    ).fitting(facts)
    first = next(fitting, None)
    row = first.row if first else None
    lead, found_by, fallback = _lead(directory, site, row)
    concern = fabric.profile.concern(matter.concern)
    duty = _duty(directory, table, matter, site, facts)
    # The text has been listened to where the order came in, with an ear for "怕着火"; here the flag counts.
    usual = concern.class_for(matter.sub_concern)
    chosen = (row.case_class if row else None) or usual
    # What the source marks is watched more closely; its clocks stay those of what it is, which may be shorter.
    marked = max(chosen, matter.least or chosen, key=RAISED.index)
    case_class: CaseClass = "emergency" if matter.emergency or usual == "emergency" else marked
    return Decision(
        lead=lead,
        assists=targets.assisting(directory, site, row.assists, lead) if row else (),
        case_class=case_class,
        level=(row.level if row else None) or directory.level(lead),
        rule=row.id if row else HELD,
        version=table.version,
        reason=reasons.of_decision(fabric, matter, facts, first, lead, found_by, fallback),
        ground="；".join(filter(None, [row.ground if row else reasons.STREET_HOLDS, duty])),
        alternatives=(
            *_alternatives(directory, site, fitting),
            *_precedents(directory, table, matter.sub_concern or matter.concern, site),
        ),
        fallback=fallback,
        whistle=row.whistle if row else None,
        clocks="emergency" if case_class == "emergency" else (row.clocks if row else None) or chosen,
        found_by=found_by,
        fabric_version=fabric.version,
        inputs=_inputs(matter, site, minute),
        duty=duty,
    )


def _facts(directory: Directory, matter: Matter, site: Site, minute: int) -> Facts:
    owners = {owner for owner in (matter.owner, PROPERTY if site.property else None) if owner}
    for unit in (site.thing.of_component, site.thing.owner):
        if unit is not None:
            owners |= directory.roles_of(unit)
    return Facts(
        channel=matter.channel,
        kind=matter.kind,
        level=matter.level,
        emergency=matter.emergency,
        text=matter.text,
        minute=minute,
        owners=frozenset(owners),
        site=site,
    )


def _lead(directory: Directory, site: Site, row: Row | None) -> tuple[str, str, bool]:
    """The unit, the target that gave it, and whether the street only holds it for want of another: a row whose first
    target is the operation centre means it, and so does one that names it for what has no known owner (权属不明). On
    ground that was given to somebody nothing falls to the street for want of another."""
    found = targets.first(directory, site, row.lead) if row is not None else None
    first = row.lead[0] if row is not None else None
    if site.place is not None and (found is None or (found[0] == targets.OPERATION != first)):
        return site.place.unit, targets.RULED, False
    if found is not None:
        return found[1], found[0], found[0] == targets.OPERATION and first not in _MEANT
    return directory.holds(site.nearest_first()), targets.OPERATION, True


def _alternatives(directory: Directory, site: Site, fitting: Iterator[Asked]) -> Iterator[Alternative]:
    for row, _, _ in islice(fitting, _MOST_ALTERNATIVES):
        lead, found_by, _ = _lead(directory, site, row)
        yield Alternative(row.id, lead, reasons.of_alternative(directory.fabric, row, lead, found_by))


def _precedents(directory: Directory, table: RuleTable, matter: str, site: Site) -> Iterator[Alternative]:
    """What was ruled of like matters before."""
    for one in table.precedents.like(matter, site) if table.precedents else ():
        lead = precedents.effect(directory, site, one)
        yield Alternative(one.name, lead, precedents.said(directory.fabric, one, lead))


def _duty(directory: Directory, table: RuleTable, matter: Matter, site: Site, facts: Facts) -> str:
    """What the list of duties says of the matter here; empty where it says nothing."""
    if table.duties is None:
        return ""
    duty = table.duties.find(matter.concern, matter.sub_concern, site.zone, facts.owners)
    return duties.said(directory, site, duty, table.duties.version) if duty else ""


def _inputs(matter: Matter, site: Site, minute: int) -> dict[str, Any]:
    return {
        "concern": matter.concern,
        "sub_concern": matter.sub_concern,
        "category": matter.category,
        "channel": matter.channel,
        "kind": matter.kind,
        "zone": site.zone,
        "inside_wall": site.inside_wall,
        "emergency": matter.emergency,
        "level": matter.level,
        "owner": matter.owner,
        "time": f"{minute // 60:02d}:{minute % 60:02d}",
        "grids": dict(site.grids),
        "property": site.property,
        "thing": site.thing.as_json(),
        **({"rulings": given} if (given := _given(site)) else {}),
    }


def _given(site: Site) -> dict[str, str]:
    """Overlay → the entry of the register that gave its ground; `place` of the place as such."""
    return {overlay: ruling.id for overlay, ruling in site.ruled.items()} | (
        {"place": site.place.id} if site.place else {}
    )
