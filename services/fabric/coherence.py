"""Whether the parts of a profile hang together: what each names must be there, and nothing twice."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, get_args

from services.fabric.rules import Norm
from services.fabric.spans import Span
from services.fabric.taxonomy import OTHER, CaseClass

if TYPE_CHECKING:
    from services.fabric.profile import Profile


def incoherences(profile: "Profile") -> list[str]:
    """A sentence without its full stop for each."""
    return list(chain.from_iterable(check(profile) for check in _CHECKS))


def _doubled(profile: "Profile") -> Iterator[str]:
    for what, codes in (
        ("层级", [*(level.code for level in profile.ladder), *(code for x in profile.ladder for code in x.also)]),
        ("事项", [concern.code for concern in profile.concerns]),
        ("诉求类型", [kind.code for kind in profile.kinds]),
        ("不予受理情形", [reason.code for reason in profile.declines]),
        ("渠道", [channel.code for channel in profile.channels]),
        ("哨型", [kind.code for kind in profile.whistle_kinds]),
        ("吹哨事项", [each.key for each in profile.whistle_matters]),
        ("派单权限", [str(row.by) for row in profile.dispatches]),
        ("法定程序", [f"{one.concern} {one.kind or ''}".strip() for one in profile.procedures]),
        ("角色", [role.code for role in profile.roles]),
        ("标准", [norm.code for norm in profile.norms]),
        ("步骤", [step.code for step in profile.steps]),
        ("步骤里的事件", [event for step in profile.steps for event in step.events]),
    ):
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            yield f"{what} {'、'.join(twice)} 写了两次，请只留一处"


def _absent(profile: "Profile") -> Iterator[str]:
    if OTHER not in {concern.code for concern in profile.concerns}:
        yield "事项里缺少 OTHER（其他），请补上"
    for case_class in get_args(CaseClass):
        if case_class not in profile.classes:
            yield f"classes 里缺少 {case_class} 的时限，请补上"


def _undefined(profile: "Profile") -> Iterator[str]:
    levels = {level.code for level in profile.ladder}
    roles = {role.code for role in profile.roles}
    whistles = {kind.code for kind in profile.whistle_kinds}
    matters = {code for concern in profile.concerns for code in (concern.code, *(sub.code for sub in concern.subs))}
    named: Iterable[tuple[str, str | None, Iterable[str]]] = chain(
        ((f"事项 {c.code} 的类别", c.category, profile.categories) for c in profile.concerns),
        (("单独时限的事项", each.concern, matters) for each in profile.overrides),
        (("证据规则的事项", each.concern or None, matters) for each in profile.evidence),
        (("法定程序的事项", one.concern, matters) for one in profile.procedures),
        (("法定程序的诉求类型", one.kind, {kind.code for kind in profile.kinds}) for one in profile.procedures),
        ((f"渠道 {channel.code} 的层级", channel.level, levels) for channel in profile.channels),
        (("hold 的层级", level, levels) for level in (profile.hold.level, profile.hold.climbs_to)),
        ((f"{rules.name}延期要批准的层级", rules.extension.approval, levels) for rules in profile.classes.values()),
        ((f"“{each.matter}”的哨型", each.kind, whistles) for each in profile.whistle_matters),
        ((f"“{each.matter}”的事项", code, matters) for each in profile.whistle_matters for code in each.concerns),
        ((f"“{each.matter}”的角色", role, roles) for each in profile.whistle_matters for role in each.units),
        ((f"标准 {norm.code} 的图层", norm.overlay, profile.overlays) for norm in profile.norms),
    )
    for what, code, known in named:
        if code is not None and code not in known:
            yield f"{what} {code} 没有定义，请补上或改正"


def _things(profile: "Profile") -> Iterator[str]:
    for concern in profile.concerns:
        for sub in concern.subs:
            for kind in sub.components or ():
                if not profile.things.known(kind):
                    yield f"子项 {sub.code} 的部件类别 {kind} 没有定义，请补上或改正"


def _backwards(profile: "Profile") -> Iterator[str]:
    hold, after = profile.hold, profile.after_resolve
    if 0 <= profile.rank(hold.climbs_to) <= profile.rank(hold.level):
        yield f"hold 要往上升：{hold.climbs_to} 不比 {hold.level} 高，请改正"
    if _length(after.recheck_from) > _length(after.recheck_to):
        yield "after_resolve 的 recheck_from 比 recheck_to 还晚，请改正"
    if profile.whistle.rate_floor > profile.whistle.rate_ceiling:
        yield "whistle 的 rate_floor 比 rate_ceiling 还高，请改正"
    for kind in profile.whistle_kinds:
        if kind.pages_all and kind.page_every.amount <= 0:
            yield f"哨型 {kind.code} 的 page_every 要大于零，请改正"
    if profile.hours.opens >= profile.hours.closes:
        yield "hours 的 opens 要早于 closes，请改正"


# What each measure cannot be judged without.
_NEEDED: dict[str, tuple[str, ...]] = {
    "households": ("overlay",),
    "people": ("overlay", "kinds"),
    "workers_per_10000_residents": ("overlay", "kinds"),
    "equipment": ("overlay", "items"),
}


def _norms(profile: "Profile") -> Iterator[str]:
    for norm in profile.norms:
        for field in _NEEDED[norm.measure]:
            if not getattr(norm, field):
                yield f"标准 {norm.code} 要写 {field}，请补上"
        if norm.least is not None and norm.most is not None and norm.least > norm.most:
            yield f"标准 {norm.code} 的 least 比 most 还大，请改正"
        if _open(norm):
            yield f"标准 {norm.code} 没有写 least 或 most，请补上"


def _open(norm: Norm) -> bool:
    return norm.measure != "equipment" and norm.least is None and norm.most is None


def _length(span: Span) -> timedelta:
    return timedelta(**{span.unit: span.amount})


_CHECKS: tuple[Callable[["Profile"], Iterator[str]], ...] = (_doubled, _absent, _undefined, _things, _backwards, _norms)
