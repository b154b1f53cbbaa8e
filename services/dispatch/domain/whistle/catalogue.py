"""吹哨事项清单: which row of the catalogue fits, and whom it calls at a place."""

from collections.abc import Iterable, Sequence

from services.dispatch.domain.routing.directory import directory_of
from services.dispatch.domain.routing.site import Site
from services.dispatch.domain.whistle.paging import teams_around
from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.fabric.whistle_rules import WhistleKind, WhistleMatter

VOLUNTEERS, PROPERTY = "volunteers", "property"
# How much each says for a row: the very sub-concern, its concern, a word.
_EXACT, _WIDER, _WORD = 4, 2, 1


def fitting(profile: Profile, matter: str | None, text: str, kind: str | None = None) -> list[WhistleMatter]:
    """The rows that fit, the best first. `matter`: the code of a concern or sub-concern; `text`: what is needed; `kind`:
    only rows of it."""
    rows = [row for row in profile.whistle_matters if kind is None or row.kind == kind]
    weighed = [(_weight(row, matter, text), -place, row) for place, row in enumerate(rows)]
    return [row for weight, _, row in sorted(weighed, key=lambda one: one[:2], reverse=True) if weight > 0]


def _weight(row: WhistleMatter, matter: str | None, text: str) -> int:
    said = 0
    if matter is not None:
        said = _EXACT if matter in row.concerns else _WIDER if matter.split(".")[0] in row.concerns else 0
    return said + _WORD * sum(word in text for word in row.words)


def units_of(fabric: Fabric, row: WhistleMatter, site: Site, blower: str | None) -> list[str]:
    """Each role's unit at the place, in the row's order, once; roles that nobody there answers for are left out."""
    found = [unit for role in row.units for unit in _of_role(fabric, role, site, row.skills)]
    return [unit for unit in dict.fromkeys(found) if unit != blower and fabric.unit(unit) is not None]


def _of_role(fabric: Fabric, role: str, site: Site, skills: Sequence[str]) -> Iterable[str]:
    if role == VOLUNTEERS:
        return teams_around(fabric, site.units.values(), skills)
    if role in site.units:
        return [site.units[role]]
    if role == PROPERTY and site.property is not None:
        return [site.property]
    near = directory_of(fabric).of_role_near(role, site.nearest_first())
    return [near] if near is not None else []


def doubts(profile: Profile, kind: WhistleKind, row: str | None, need: str) -> list[str]:
    """What whoever blows should still say, as sentences; no reason to refuse."""
    found = []
    if row is None and profile.whistle_matters:
        stated = "请核对是否够得上吹哨" if need else "请写明要各单位做什么、为什么要吹哨"
        found.append(f"不在吹哨事项清单里，{stated}")
    elif not need:
        found.append("没有写要各单位做什么，请补充说明")
    matter = profile.whistle_matter(row) if row is not None else None
    if matter is not None and matter.kind != kind.code:
        found.append(f"清单里“{matter.matter}”不吹{kind.name}，请核对哨型")
    return found
