"""How heavy an order weighs: its class (易办、重点、疑难、应急) and its urgency (一般、次紧急、紧急), by words and by facts, each
with the sentence that says why. Tables to print; the case's own class is dispatch's, which reads the same marks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Literal

from services.fabric.profile import Profile
from services.fabric.taxonomy import RAISED, CaseClass
from services.intake.domain.classify import Classified
from services.intake.domain.draft import Draft

Urgency = Literal["normal", "pressing", "urgent"]
_LADDER: tuple[Urgency, ...] = ("normal", "pressing", "urgent")
# So many things that press together are as good as one that is urgent.
_TOGETHER = 3
MANY, VERY_MANY = 10, 50
_LOCAL = timezone(timedelta(hours=8))
_NIGHT_FROM, _NIGHT_TO = 22, 6

# Urgency → (why, words): one of them in the text is enough.
_WORDS: tuple[tuple[Urgency, str, tuple[str, ...]], ...] = (
    ("urgent", "有人受伤或被困", ("受伤", "流血", "昏迷", "晕倒", "被困", "中毒", "触电", "溺水")),
    (
        "urgent",
        "眼下就有危险",
        ("漏电", "坍塌", "塌陷", "快掉下来", "要掉下来", "随时会掉", "井盖没了", "井盖缺失", "电线掉"),
    ),
    ("pressing", "断水断电断气", ("停水", "停电", "停气", "断水", "断电", "断气", "没有水", "没水了", "没电了")),
    ("pressing", "人困住或出入不得", ("出不去", "进不去", "堵住通道", "堵塞消防通道", "救护车进不")),
    (
        "pressing",
        "涉及老幼病残孕",
        ("孕妇", "独居老人", "孤老", "高龄老人", "卧床", "残疾", "轮椅", "婴儿", "孩子发烧", "重病"),
    ),
    ("pressing", "限期就在眼前", ("马上", "立刻", "尽快处理", "今天之内", "紧急")),
)
_HARD = (
    "历史遗留",
    "产权不清",
    "产权不明",
    "多年未",
    "多年没",
    "一直没解决",
    "多次反映",
    "多部门",
    "互相推诿",
    "踢皮球",
)
_NOW = ("正在", "现在", "此刻", "还在")
_CROWD = re.compile(r"(\d{1,5})\s*(?:余|多|来)?\s*(?:户|人|名|位|家)(?!民币|次)")
_CROWD_SAID = (
    ("上千户", 1000), ("几百户", 200), ("上百户", 100), ("上百人", 100), ("几百人", 200), ("全小区", 100),
    ("整个小区", 100), ("几十户", 30), ("几十人", 30), ("数十", 30), ("整栋楼", 30), ("整幢楼", 30), ("全楼", 30),
)  # fmt: skip
_SOURCE_SAID: tuple[tuple[str, Urgency], ...] = (
    ("次紧急", "pressing"),
    ("较急", "pressing"),
    ("特急", "urgent"),
    ("紧急", "urgent"),
    ("加急", "urgent"),
    ("urgent", "urgent"),
)
_DUE_SOON: tuple[tuple[timedelta, Urgency, str], ...] = (
    (timedelta(hours=4), "urgent", "来源要求四小时内办结"),
    (timedelta(hours=24), "pressing", "来源要求一天内办结"),
)
_TOLD_ONLY = ("consult", "praise", "suggestion")


@dataclass(frozen=True, slots=True)
class Weight:
    """`reasons` are Chinese, those of the class first."""

    case_class: CaseClass
    urgency: Urgency
    reasons: tuple[str, ...] = ()


def weigh(profile: Profile, draft: Draft, classified: Classified, kind: str | None) -> Weight:
    text = draft.text
    crowd = affected(text)
    classes = list(_classes(profile, draft, text, classified, crowd))
    presses = list(_presses(draft, text, classified, kind, crowd))
    pressing = [reason for press, reason in presses if press == "pressing"]
    highest_press: Urgency = max((press for press, _ in presses), key=_LADDER.index, default="normal")
    urgency: Urgency = "urgent" if len(pressing) >= _TOGETHER else highest_press
    said = [*(reason for _, reason in classes), *(reason for _, reason in presses)]
    least: CaseClass = profile.concern(classified.concern).class_for(classified.sub)
    highest = max((least, *(case_class for case_class, _ in classes)), key=RAISED.index)
    if highest == "emergency" and not classified.emergency and least != "emergency":
        highest = "hard"
    return Weight(highest, urgency, tuple(dict.fromkeys(said)))


def affected(text: str) -> int:
    """How many people or households the text says are concerned; 0 when it doesn't say."""
    counted = [int(found.group(1)) for found in _CROWD.finditer(text)]
    return max([*counted, *(many for words, many in _CROWD_SAID if words in text)], default=0)


def _classes(
    profile: Profile, draft: Draft, text: str, classified: Classified, crowd: int
) -> Iterator[tuple[CaseClass, str]]:
    if classified.emergency:
        yield "emergency", "有险情，按应急办"
    marked = profile.marks.least(draft.supervised, draft.source_urgency, draft.repeat_of is not None)
    if marked is not None:
        yield marked, "来源标了督办、紧急或重复"
    if crowd >= MANY:
        yield "key", f"影响 {crowd} 人（户）"
    if hard := next((word for word in _HARD if word in text), None):
        yield "hard", f"老大难：“{hard}”"


def _presses(
    draft: Draft, text: str, classified: Classified, kind: str | None, crowd: int
) -> Iterator[tuple[Urgency, str]]:
    if classified.emergency:
        yield "urgent", "有险情"
    said = (draft.source_urgency or "").lower()
    # Our word for it: what else stands there may name somebody.
    if told := next(((urgency, word) for word, urgency in _SOURCE_SAID if word in said), None):
        yield told[0], f"来源标为“{told[1]}”"
    if draft.source_due is not None:
        left = draft.source_due - draft.reported_at
        if soon := next(((urgency, why) for span, urgency, why in _DUE_SOON if left <= span), None):
            yield soon
    if crowd >= MANY:
        yield ("urgent" if crowd >= VERY_MANY else "pressing"), f"影响 {crowd} 人（户）"
    if draft.supervised:
        yield "pressing", "来源督办"
    if draft.repeat_of is not None:
        yield "pressing", "重复反映"
    if kind in _TOLD_ONLY:
        return
    if kind == "hazard":
        yield "pressing", "隐患"
    hour = draft.reported_at.astimezone(_LOCAL).hour
    if (hour >= _NIGHT_FROM or hour < _NIGHT_TO) and any(word in text for word in _NOW):
        yield "pressing", "夜里正在发生"
    for urgency, why, words in _WORDS:
        if any(word in text for word in words):
            yield urgency, why
