"""Services are the profile's concerns; what a concern's subs and the order's other facts are become attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.fabric.profile import Profile
from services.fabric.taxonomy import OTHER, Concern

Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
MOST_KEYWORDS = 20
SUB, KIND, HAPPENED, TIMES, AFFECTED, CONFIDENTIAL, EXTERNAL, NOTICE = (
    "sub",
    "kind",
    "happened_at",
    "times",
    "affected",
    "confidential",
    "external_id",
    "notice",
)
TIMES_OF_DAY: Mapping[str, str] = {
    "morning": "清晨",
    "day": "白天",
    "evening": "傍晚",
    "night": "夜间",
    "small_hours": "凌晨",
}
_YES_NO: Mapping[str, str] = {"no": "不需要", "yes": "请为我保密"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """`variable`: an answer is asked for; else it only tells something. `values`: key → name of the lists."""

    code: str
    datatype: Datatype
    description: str
    values: Mapping[str, str] | None = None
    hint: str | None = None
    variable: bool = True


@dataclass(frozen=True, slots=True)
class ServiceType:
    code: str
    name: str
    description: str
    keywords: tuple[str, ...]
    group: str


def services(profile: Profile) -> list[ServiceType]:
    """All of them always: a client takes a service that is missing from the list for one that is no more."""
    return [_service(profile, concern) for concern in profile.concerns]


def concern_of(profile: Profile, code: str) -> Concern | None:
    return next((concern for concern in profile.concerns if concern.code == code), None)


def attributes(profile: Profile, concern: Concern) -> list[Attribute]:
    """In the order in which they are asked; none is required, for an order never fails for want of a detail."""
    found = [
        Attribute(KIND, "singlevaluelist", "属于哪一类诉求", {kind.code: kind.name for kind in profile.kinds}),
        Attribute(HAPPENED, "datetime", "什么时候发生的", hint="带时区，如 2026-11-23T08:15:00+08:00"),
        Attribute(TIMES, "multivaluelist", "通常在什么时段，可以多选", TIMES_OF_DAY),
        Attribute(AFFECTED, "number", "大约影响多少户", hint="整数"),
        Attribute(CONFIDENTIAL, "singlevaluelist", "是否需要保密；保密的不公开", _YES_NO),
        Attribute(EXTERNAL, "string", "你们系统里的编号；同一编号、同样内容只收一次", hint="至多 128 个字"),
    ]
    if concern.subs:
        subs = {sub.code: sub.name for sub in concern.subs}
        found.insert(0, Attribute(SUB, "singlevaluelist", f"{concern.name}，具体是哪一种", subs))
    if concern.emergency_words or concern.case_class == "emergency":
        told = "正在起火、伤人、燃气泄漏或有人走失，请先拨打 119、110、120，再在这里反映"
        found.append(Attribute(NOTICE, "string", told, variable=False))
    return found


def _service(profile: Profile, concern: Concern) -> ServiceType:
    subs = "、".join(sub.name for sub in concern.subs)
    told = f"{concern.name}：{subs}" if subs else concern.name
    return ServiceType(
        code=concern.code,
        name=concern.name,
        description="以上都不是的，按内容判断" if concern.code == OTHER else told,
        keywords=_keywords(concern),
        group=profile.categories.get(concern.category, concern.category),
    )


def _keywords(concern: Concern) -> tuple[str, ...]:
    lists: Sequence[tuple[str, ...]] = (
        concern.words.decisive,
        *(sub.words.decisive for sub in concern.subs),
        concern.words.strong,
    )
    words = dict.fromkeys(word for words in lists for word in words if "," not in word)
    return tuple(words)[:MOST_KEYWORDS]
