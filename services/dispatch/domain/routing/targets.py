"""What a row names as lead or assist, and which unit that is at a place."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from services.dispatch.domain.routing.directory import Directory
from services.dispatch.domain.routing.site import Site
from services.fabric.snapshot import Fabric

OPERATION = "operation"
OWNER = "owner"
# No row names it: whom the register of ownerless ground gives a place to.
RULED = "ruled"

Finder = Callable[[Directory, Site, str], str | None]


def _unit(directory: Directory, site: Site, code: str) -> str | None:
    return code if code in directory.fabric.units else None


def _role(directory: Directory, site: Site, role: str) -> str | None:
    return directory.of_role_near(role, site.nearest_first())


def _owner(directory: Directory, site: Site, role: str) -> str | None:
    """Without a role: whoever owns the thing. With one: the owner of the component there, else the role."""
    return site.thing.of_component or _role(directory, site, role) if role else site.thing.owner


# What stands before the colon → who that is.
_FINDERS: dict[str, Finder] = {
    "grid": lambda directory, site, overlay: site.units.get(overlay),
    "unit": _unit,
    "role": _role,
    OWNER: _owner,
    "estate": lambda directory, site, _: site.property,
    OPERATION: lambda directory, site, _: directory.holds(site.nearest_first()),
}


def find(directory: Directory, site: Site, target: str) -> str | None:
    """The unit that a target means at a place; None where there is none."""
    finder, name = _read(target)
    return finder(directory, site, name)


@lru_cache(maxsize=4096)
def _read(target: str) -> tuple[Finder, str]:
    """Of a table's targets, which are few."""
    family, _, name = target.partition(":")
    return _FINDERS[family], name


def first(directory: Directory, site: Site, targets: Iterable[str]) -> tuple[str, str] | None:
    """The first target that exists, with its unit."""
    for target in targets:
        unit = find(directory, site, target)
        if unit is not None:
            return target, unit
    return None


def assisting(directory: Directory, site: Site, assists: Iterable[str], lead: str) -> tuple[str, ...]:
    """Units in the row's order, none twice and not the lead."""
    found: dict[str, None] = {}
    for assist in assists:
        one = first(directory, site, assist.split("|"))
        if one is not None and one[1] != lead:
            found[one[1]] = None
    return tuple(found)


def named(fabric: Fabric, target: str) -> str:
    """A target in the field's words, for reasons and for printing."""
    family, _, name = target.partition(":")
    if family == "grid":
        return f"所在{fabric.profile.overlay_name(name)}的单位"
    if family == "unit":
        return fabric.unit_name(name)
    if family == "estate":
        return "所在小区的物业公司"
    if family == OPERATION:
        return "街道城运中心"
    if target == OWNER:
        return "设施的权属单位"
    role = fabric.profile.role(name)
    said = role.name if role else name
    return f"权属单位（{said}）" if family == OWNER else said
