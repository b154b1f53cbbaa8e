"""Why, in one Chinese sentence that an operator can read out on the telephone."""

from collections.abc import Callable, Mapping

from services.dispatch.domain.routing import targets
from services.dispatch.domain.routing.conditions import Asked, Facts
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.row import Row, When
from services.fabric.calendar import SHANGHAI
from services.fabric.profile import Profile
from services.fabric.rulings import KINDS
from services.fabric.snapshot import Fabric

STREET_HOLDS = "首接负责，街道托底"
ZONES = {"community": "社区", "block": "街区", "campus": "楼宇园区"}


def of_decision(
    fabric: Fabric, matter: Matter, facts: Facts, taken: Asked | None, lead: str, found_by: str, fallback: bool
) -> str:
    name = fabric.profile.concern_name(matter.sub_concern or matter.concern)
    unit = fabric.unit_name(lead)
    ruling = _ruling(fabric, facts, found_by)
    if taken is None:
        return f"没有规则接住“{name}”，{ruling or '由街道托底'}，{unit}主办。"
    row = taken.row
    conditions = (_SAID[field](fabric.profile, row.when, facts) for field in taken.fields)
    because = "，".join([f"事项是{name}", *conditions])
    head = f"按规则 {row.id}：{because}"
    whose = _whose(fabric, facts, found_by, lead)
    if fallback:
        wanted = "、".join(targets.named(fabric, t) for t in row.lead if t != targets.OPERATION)
        return f"{head}；应由{wanted}主办，但这里找不到，由街道托底，{unit}主办{whose}。"
    if found_by == targets.RULED:
        wanted = "、".join(targets.named(fabric, t) for t in row.lead if t != targets.OPERATION)
        return f"{head}；这里找不到{wanted}，{ruling}，由{unit}主办。"
    if ruling:
        return f"{head}，由{targets.named(fabric, found_by)}主办；{ruling}，由{unit}主办。"
    passed = row.lead[: row.lead.index(found_by)]
    if passed:
        missing = "、".join(targets.named(fabric, target) for target in passed)
        return f"{head}；这里没有{missing}，顺次由{targets.named(fabric, found_by)}{unit}主办{whose}。"
    return f"{head}，由{targets.named(fabric, found_by)}{unit}主办{whose}。"


def _ruling(fabric: Fabric, facts: Facts, found_by: str) -> str:
    """Which ruling gave the lead; empty where the map, or somebody else, did."""
    family, _, overlay = found_by.partition(":")
    site = facts.site
    ruling = site.place if found_by == targets.RULED else site.ruled.get(overlay) if family == "grid" else None
    if ruling is None:
        return ""
    where = f"此处{KINDS[ruling.kind]}，{ruling.at.astimezone(SHANGHAI):%Y-%m-%d} "
    unit = fabric.unit_name(ruling.unit)
    return where + (f"裁定归{unit}（依据：{ruling.ground}）" if ruling.settled else f"起裁定前由{unit}代管")


def _whose(fabric: Fabric, facts: Facts, found_by: str, lead: str) -> str:
    """By which component, or which word, the owner was found; or why not."""
    thing, nearest = facts.site.thing, facts.site.thing.nearest
    by_owner = found_by.partition(":")[0] == targets.OWNER
    named = ""
    if nearest is not None:
        named = f"最近的{fabric.profile.things.name(nearest.kind)} {nearest.code}，距 {nearest.metres:.0f} 米"
    if by_owner and named and thing.of_component == lead:
        return f"（{named}，权属归它）"
    if found_by == targets.OWNER and thing.by == "words":
        return f"（来文说到“{thing.word}”）"
    if found_by == targets.OWNER and thing.by == "told":
        return "（来件写明权属）"
    if found_by == targets.OPERATION and nearest is not None and nearest.owner is None:
        return f"（{named}，没有登记权属单位）"
    return ""


def of_alternative(fabric: Fabric, row: Row, lead: str, found_by: str) -> str:
    return f"若不按前面的规则，规则 {row.id}{f'（{row.title}）' if row.title else ''}也适用，由{fabric.unit_name(lead)}主办。"


def _channel(profile: Profile, code: str | None) -> str:
    return next((channel.name for channel in profile.channels if channel.code == code), code or "")


def _kind(profile: Profile, code: str | None) -> str:
    return next((kind.name for kind in profile.kinds if kind.code == code), code or "")


def _grids_here(when: When, facts: Facts) -> list[str]:
    return [grid for grid in when.grid if facts.site.grids.get(grid.partition(":")[0]) == grid.partition(":")[2]]


def _thing(profile: Profile, facts: Facts) -> str:
    nearest = facts.site.thing.nearest
    return f"{profile.things.name(nearest.kind)} {nearest.code}" if nearest else ""


def _owner(profile: Profile, when: When, facts: Facts) -> str:
    code = next(owner for owner in when.owner if owner in facts.owners)
    role = profile.role(code)
    return role.name if role else code


# What besides the kind of trouble made a row fit, by condition.
_SAID: Mapping[str, Callable[[Profile, When, Facts], str]] = {
    "emergency": lambda profile, when, facts: "情况紧急" if facts.emergency else "情况不紧急",
    "zone": lambda profile, when, facts: f"地点属于{ZONES.get(facts.site.zone or '', facts.site.zone)}",
    "channel": lambda profile, when, facts: f"来自{_channel(profile, facts.channel)}",
    "kind": lambda profile, when, facts: f"诉求类型是{_kind(profile, facts.kind)}",
    "level": lambda profile, when, facts: f"由{profile.level_name(facts.level or '')}提出",
    "hours": lambda profile, when, facts: f"时间在 {when.hours} 之间",
    "grid": lambda profile, when, facts: f"地点在网格 {'、'.join(_grids_here(when, facts))}",
    "unit": lambda profile, when, facts: "地点归规则指定的单位管",
    "component": lambda profile, when, facts: f"附近登记有{_thing(profile, facts)}",
    "inside_wall": lambda profile, when, facts: "地点在围墙内" if facts.site.inside_wall else "地点在围墙外",
    "owner": lambda profile, when, facts: f"权属是{_owner(profile, when, facts)}",
    "words": lambda profile, when, facts: f"说到“{next(word for word in when.words if word in facts.text)}”",
    "unless": lambda profile, when, facts: f"没有说到“{'”“'.join(when.unless)}”",
}
