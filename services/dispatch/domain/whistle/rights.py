"""Who may blow, who acts for whom, who sees a whistle. Units are codes; a key works for its unit and all below it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from services.dispatch.domain.whistle.model import Call, Whistle
from services.dispatch.domain.whistle.rules import Side
from services.fabric.snapshot import Fabric
from services.fabric.whistle_rules import WhistleKind
from services.kit.keys import SEE_ALL

DESK = frozenset({"admin", "duty_desk"})
ACTS_FOR_UNITS = frozenset({"department", "community", "grid_chief", "grid_member", "volunteer", "supervisor"})

Reach = Literal["anybody", "street", "nodded"]
# Whom a role may call by itself: `street`, anybody but units of the district; `nodded`, nobody. The rest waits for the
# street's nod, unless the kind needs none.
MAY_BLOW: Mapping[str, Reach] = {
    "admin": "anybody",
    "duty_desk": "anybody",
    "supervisor": "anybody",
    "department": "anybody",
    "grid_chief": "street",
    "community": "nodded",
}


@dataclass(frozen=True, slots=True)
class Who:
    """The caller, as far as whistles care."""

    role: str
    unit: str | None


def covers(fabric: Fabric, unit: str | None, code: str | None) -> bool:
    """`code` is `unit` itself or belongs to it (隶属)."""
    if unit is None or code is None:
        return False
    return code == unit or any(above.code == unit for above in fabric.above(code))


def refusal(who: Who) -> str | None:
    """Why this role may not blow at all, as a sentence; None when it may."""
    if who.role not in MAY_BLOW:
        return "这把密钥的角色不能吹哨，请由街道城运中心吹哨"
    if who.unit is None and who.role not in SEE_ALL:
        return "这把密钥没有写明单位，不能吹哨，请向管理员要带单位的密钥"
    return None


def waits(fabric: Fabric, who: Who, kind: WhistleKind, units: Iterable[str]) -> bool:
    """Whether the street has to agree first."""
    reach = MAY_BLOW[who.role]
    if reach == "anybody" or not kind.needs_nod:
        return False
    top = fabric.profile.ladder[-1].code
    levels = {unit.level for code in units if (unit := fabric.unit(code)) is not None}
    return reach == "nodded" or top in {fabric.profile.rung(level) for level in levels}


def acts_for(fabric: Fabric, who: Who, unit: str) -> bool:
    """Unit's side: accept, decline, report in, done. The desk may enter what it was told by telephone."""
    return who.role in DESK or (who.role in ACTS_FOR_UNITS and covers(fabric, who.unit, unit))


def blows(fabric: Fabric, who: Who, whistle: Whistle) -> bool:
    """Blower's side: vouch, release, cancel, marks of units."""
    return who.role in DESK or (who.role in MAY_BLOW and covers(fabric, who.unit, whistle.blown_unit))


def nods(who: Who) -> bool:
    """街道同意: whoever sits at the operation centre."""
    return who.role in DESK


def may_substitute(fabric: Fabric, who: Who, call: Call) -> bool:
    """Whoever the unit belongs to, whoever it was escalated to, or the desk."""
    if who.role in DESK:
        return True
    if who.role not in ACTS_FOR_UNITS or who.unit is None:
        return False
    return who.unit in call.escalated_to or (who.unit != call.unit and covers(fabric, who.unit, call.unit))


def entitled(fabric: Fabric, who: Who, whistle: Whistle, side: Side, call: Call | None) -> bool:
    """Whether the caller stands on that side; `call` None: of the whole whistle."""
    if side == "desk":
        return nods(who)
    unit = call is not None and acts_for(fabric, who, call.unit)
    if side == "parent":
        return call is not None and may_substitute(fabric, who, call)
    return (side != "blower" and unit) or (side != "unit" and blows(fabric, who, whistle))


def parties(whistle: Whistle, case_units: Iterable[str] = ()) -> tuple[str, ...]:
    """All units that are in it: called, substituted, escalated to, paged, the blower's, the case's lead and assists. Those
    it names are in it only once the street has agreed."""
    found: list[str | None] = [whistle.blown_unit, *case_units]
    if whistle.paging is not None and whistle.blown:
        found += whistle.paging.volunteers
    for call in whistle.calls if whistle.blown else ():
        found += [call.unit, *call.escalated_to]
    return tuple(dict.fromkeys(code for code in found if code is not None))


def sees(fabric: Fabric, who: Who, units: Iterable[str]) -> bool:
    """`units`: the parties of the whistle."""
    return who.role in SEE_ALL or any(covers(fabric, who.unit, code) for code in units)
