"""Codes as people read them: from the fabric and its profile where there is one, else the code itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.console.models import CaseRow, Entry
from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.kit.clock import SHANGHAI
from services.kit.contracts.registry import TYPES

STATES: Mapping[str, str] = {
    "open": "已立案",
    "dispatched": "待签收",
    "signed": "已签收",
    "in_progress": "处置中",
    "deferred": "缓办",
    "shelved": "挂账",
    "statutory": "法定程序",
    "resolved": "已办结",
    "explained": "已解释",
    "verified": "已核查",
    "closed": "已结案",
    "reopened": "重办",
    "withdrawn": "已撤案",
}
LIGHTS: Mapping[str, str] = {"green": "绿灯", "yellow": "黄灯", "red": "红灯"}
CLASSES: Mapping[str, str] = {"easy": "易办件", "key": "重点件", "hard": "疑难件", "emergency": "应急"}
CLOCK_STATES: Mapping[str, str] = {
    "running": "计时中",
    "met": "按时完成",
    "late": "逾期完成",
    "overdue": "已超期",
    "paused": "停表",
}
CALLS: Mapping[str, str] = {
    "called": "待报到",
    "accepted": "已应哨",
    "declined": "请辞",
    "reported_in": "已报到",
    "missing": "未到",
    "done": "已完成",
}
WHISTLES: Mapping[str, str] = {
    "waiting": "等街道同意",
    "open": "等待报到",
    "partly_met": "部分报到",
    "met": "全部报到",
    "released": "已散哨",
    "cancelled": "已撤哨",
    "exhausted": "到顶未应",
}
SATISFACTION: Mapping[str, str] = {"satisfied": "满意", "fair": "一般", "dissatisfied": "不满意"}
# Ended by itself, whatever becomes of the case; every other order stands where its case stands.
SETTLED: Mapping[str, str] = {"declined": "不予受理", "returned_to_source": "已退回来源", "withdrawn": "已撤回"}
ROLES: Mapping[str, str] = {
    "admin": "管理员",
    "supervisor": "区督办",
    "duty_desk": "城运中心",
    "community": "居民区",
    "grid_chief": "网格长",
    "grid_member": "网格员",
    "department": "部门",
    "volunteer": "志愿者",
    "auditor": "审计",
}
ELSEWHERE = "其他环节"


@dataclass(frozen=True, slots=True)
class Words:
    """`fabric` is None before the first one is published."""

    fabric: Fabric | None

    @property
    def profile(self) -> Profile | None:
        return self.fabric.profile if self.fabric else None

    def unit(self, code: str | None) -> str:
        return self.fabric.unit_name(code) if self.fabric else (code or "未定")

    def units(self, codes: tuple[str, ...]) -> str:
        return "、".join(self.unit(code) for code in codes) or "无"

    def concern(self, row: CaseRow) -> str:
        return self.profile.concern_name(row.sub_concern or row.concern) if self.profile else row.concern

    def case_class(self, code: str) -> str:
        rules = self.profile.classes.get(code) if self.profile else None  # type: ignore[call-overload]
        return str(rules.name) if rules else CLASSES.get(code, code)

    def level(self, code: str) -> str:
        return self.profile.level_name(code) if self.profile else code

    def channel(self, code: str | None) -> str:
        found = self.profile.channel(code) if self.profile and code else None
        return found.name if found else (code or "未知")

    def kind(self, code: str | None) -> str:
        found = self.profile.kind(code) if self.profile and code else None
        return found.name if found else (code or "未说明")

    def whistle_kind(self, code: str) -> str:
        found = self.profile.whistle_kind(code) if self.profile else None
        return found.name if found else code

    def overlay(self, code: str) -> str:
        return self.profile.overlay_name(code) if self.profile else code

    def grid(self, overlay: str, code: str, at: datetime) -> str:
        found = self.fabric.grid(overlay, code, at) if self.fabric else None
        return found.name if found else code

    def in_order(self, grids: Mapping[str, str]) -> list[tuple[str, str]]:
        """(overlay, code) in the profile's order of overlays."""
        order = list(self.profile.overlays) if self.profile else []
        return sorted(grids.items(), key=lambda held: (order.index(held[0]) if held[0] in order else 99, held[0]))

    def title(self, row: CaseRow) -> str:
        return row.title or self.concern(row)

    def withheld(self, row: CaseRow) -> str:
        """What stands instead of the title of a 举报 for those who may not read it."""
        return f"{self.concern(row)}（举报件，内容只给主办单位）"

    def by_steps(self, entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
        """The timeline under the profile's steps, in the profile's order; a step without a line is there too."""
        if self.profile is None:
            return [(ELSEWHERE, entries)] if entries else []
        found: dict[str, list[Entry]] = {step.name: [] for step in self.profile.steps}
        for entry in entries:
            step = self.profile.step_of(entry.type)
            found.setdefault(step.name if step else ELSEWHERE, []).append(entry)
        return list(found.items())

    def confidential_kinds(self) -> list[str]:
        return [kind.code for kind in self.profile.kinds if kind.confidential] if self.profile else ["report"]


def event_word(name: str) -> str:
    return TYPES[name].chinese if name in TYPES else name


def moment(at: datetime | None) -> str:
    """`11-23 08:15`, in Shanghai; a dash for none."""
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" if at else "—"
