"""All codes that a row may name, by what they are codes of, with the names that people know them by."""

from collections.abc import Mapping

from services.dispatch.domain.routing.columns import Names
from services.dispatch.domain.routing.reasons import ZONES
from services.fabric.snapshot import Fabric


class Vocabulary:
    """Code → name for each condition, target and result."""

    def __init__(self, fabric: Fabric) -> None:
        profile = fabric.profile
        self.fabric = fabric
        self.concerns = {concern.code: concern.name for concern in profile.concerns}
        self.subs = {sub.code: profile.concern_name(sub.code) for concern in profile.concerns for sub in concern.subs}
        self.overlays = {code: profile.overlay_name(code) for code in (*profile.overlays, *fabric.overlays)}
        self.roles = {role.code: role.name for role in profile.roles}
        grids = (edition for overlay in fabric.overlays.values() for edition in overlay.editions)
        self.units = {code: fabric.unit_name(code) for code in fabric.units}
        self.units |= {edition.unit: fabric.unit_name(edition.unit) for edition in grids if edition.unit}
        self.levels = {level.code: level.name for level in profile.ladder}
        classes: dict[str, str] = {code: rules.name for code, rules in profile.classes.items()}
        self.of_condition: Mapping[str, tuple[str, Mapping[str, str]]] = {
            "category": ("类别", profile.categories),
            "concern": ("事项", self.concerns),
            "sub": ("子项", self.subs | self.concerns),
            "channel": ("渠道", {channel.code: channel.name for channel in profile.channels}),
            "kind": ("诉求类型", {kind.code: kind.name for kind in profile.kinds}),
            "zone": ("三区", ZONES),
            "level": ("层级", self.levels),
            "unit": ("单位", self.units),
            "owner": ("权属角色", self.roles),
            "component": ("部件类别", {code: profile.things.name(code) for code in profile.things.asked}),
        }
        self.of_target: Mapping[str, tuple[str, Mapping[str, str]]] = {
            "grid": ("图层", self.overlays),
            "unit": ("单位", self.units),
            "role": ("角色", self.roles),
            "owner": ("权属角色", self.roles),
        }
        self.of_result: Mapping[str, tuple[str, Mapping[str, str]]] = {
            "level": ("层级", self.levels),
            "whistle": ("哨型", {kind.code: kind.name for kind in profile.whistle_kinds}),
            "class": ("时限类别", classes),
            "clocks": ("时限类别", classes),
        }

    def names(self) -> Names:
        """For cells of a file: column's path → name → code, of names that only one code has."""
        paths = {f"when.{name}": known for name, (_, known) in self.of_condition.items()}
        paths |= {name: known for name, (_, known) in self.of_result.items()}
        matter = {
            f"matter.{name}": self.of_condition[name][1] for name in ("concern", "channel", "kind", "zone", "level")
        }
        matter["matter.sub_concern"] = self.subs
        matter |= {"matter": self.subs | self.concerns, "zone": ZONES, "owner": self.roles}
        return {path: _by_name(known) for path, known in {**paths, **matter, "matter.owner": self.roles}.items()}

    def listed(self) -> list[tuple[str, str, str]]:
        """(what it is, code, name), for a workbook's last sheet."""
        kinds: dict[str, Mapping[str, str]] = {"图层": self.overlays}
        for title, known in (*self.of_condition.values(), *self.of_result.values()):
            kinds.setdefault(title, known)
        return [(title, code, name) for title, known in kinds.items() for code, name in known.items()]

    def as_json(self) -> dict[str, dict[str, str]]:
        told = {name: dict(known) for name, (_, known) in self.of_condition.items()}
        told |= {"overlay": dict(self.overlays), "role": dict(self.roles)}
        return told | {name: dict(known) for name, (_, known) in self.of_result.items()}


def _by_name(known: Mapping[str, str]) -> dict[str, str]:
    codes: dict[str, list[str]] = {}
    for code, name in known.items():
        codes.setdefault(name, []).append(code)
    return {name: held[0] for name, held in codes.items() if len(held) == 1 and name not in known}
