"""Columns by the names that people give them, and the line of a sheet on which they stand."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.kit.files.sheets import Cell, Sheet

# Our field → what registers call it; the likelier name first. A field is taken from the first column that has the
# earliest of its names.
NAMES: Mapping[str, tuple[str, ...]] = {
    "external_id": (
        *("工单编号", "工单号", "受理编号", "受理单号", "登记编号", "诉求编号", "事件编号", "案件编号", "信访编号"),
        *("来电编号", "流水号", "单号", "编号", "externalid"),
    ),
    "content": (
        *("诉求内容", "反映内容", "内容描述", "来访内容", "走访内容", "问题描述", "反映问题", "反映情况", "反映的问题"),
        *("群众诉求", "居民诉求", "主要诉求", "诉求事项", "诉求描述", "来访事由", "事项内容", "事件描述", "情况描述"),
        *("民情内容", "民情记录", "走访情况", "走访记录", "存在问题", "发现问题", "意见建议", "登记内容", "主要内容"),
        *("反映事项", "来电内容", "来信内容", "咨询内容", "投诉内容", "群众反映", "事项描述", "具体内容", "情况说明"),
        *("来访事项", "诉求", "事由", "问题", "内容", "content"),
    ),
    "title": ("诉求标题", "工单标题", "事项名称", "标题", "主题", "title"),
    "reported_at": (
        *(
            "反映时间",
            "反映日期",
            "诉求时间",
            "诉求日期",
            "工单生成时间",
            "来访时间",
            "来访日期",
            "来电时间",
            "来电日期",
        ),
        *("接待时间", "接待日期", "登记时间", "登记日期", "走访时间", "走访日期", "受理时间", "受理日期", "上报时间"),
        *("上报日期", "发现时间", "发生时间", "记录时间", "记录日期", "日期", "时间", "reportedat"),
    ),
    "address": (
        *("诉求地址", "事发地址", "事发地点", "反映地址", "问题地点", "问题地址", "发生地点", "发生地址", "具体地址"),
        *(
            "详细地址",
            "具体地点",
            "所在地址",
            "地点",
            "地址",
            "居住地址",
            "家庭住址",
            "住址",
            "小区名称",
            "小区",
            "address",
        ),
    ),
    "reporter.name": (
        *("诉求人", "诉求人姓名", "反映人", "反映人姓名", "来访人", "来访人姓名", "来访者", "来电人", "市民姓名"),
        *("居民姓名", "走访对象", "户主姓名", "户主", "联系人", "姓名"),
    ),
    "reporter.phone": (
        *(
            "诉求人电话",
            "反映人电话",
            "来电号码",
            "联系电话",
            "手机号码",
            "手机号",
            "电话号码",
            "联系方式",
            "手机",
            "电话",
        ),
    ),
    "reporter.anonymous": ("是否匿名", "匿名"),
    "reporter.confidential": ("是否保密", "保密"),
    "kind": ("诉求类型", "工单类型", "反映类型", "诉求性质", "类型"),
    "concern": ("四类十二项", "事项类别", "问题类别", "问题分类", "诉求类别"),
    "source_urgency": ("紧急程度", "工单类别", "缓急程度"),
    "source_due": ("办结时限", "要求办结时间", "处理时限", "办理时限", "截止时间", "截止日期", "到期时间"),
    "supervised": ("是否督办", "督办"),
    "repeat_of": ("重复工单", "原工单编号", "关联工单"),
    "channel": ("来源渠道", "诉求渠道", "受理渠道", "诉求来源", "渠道"),
    "location.lon": ("经度", "lon", "lng", "longitude"),
    "location.lat": ("纬度", "lat", "latitude"),
    "location.crs": ("坐标系",),
}
# Of our own making, or changed by whoever sorts or cuts the sheet: no part of what a row says.
IGNORED = frozenset({"序号", "行号", "no", "失败原因"})
FAILED = "失败原因"
NEEDED = ("content", "reported_at")
LOOKED_AT = 30
_RANKED = {name: (field, rank) for field, names in NAMES.items() for rank, name in enumerate(names)}
_LONG = {name: told for name, told in _RANKED.items() if len(name) >= 4 and not name.isascii()}
_BRACKETED = re.compile(r"[(（\[【].*?[)）\]】]")
_NOISE = re.compile(r"[\s*_:：.。、/#\-]+")


@dataclass(frozen=True, slots=True)
class Register:
    """`columns[i]` is our field for column i: None goes to `extra`, "" is ignored. `clock` is the column with the hour,
    where the date stands in another. Data begin at `rows[start]` of the sheet."""

    sheet: Sheet
    start: int
    headers: Sequence[str]
    columns: Sequence[str | None]
    clock: int | None = None

    @property
    def header_line(self) -> int:
        return self.sheet.lines[self.start - 1]

    def place_of(self, field: str) -> int | None:
        return next((place for place, known in enumerate(self.columns) if known == field), None)


def find_register(sheets: Sequence[Sheet]) -> Register | None:
    """On the first sheet that has a header of this kind; None where none has. Titles may stand above it, and it may be
    two lines high with its upper cells merged."""
    for sheet in sheets:
        found = [register for place in range(min(LOOKED_AT, len(sheet.rows))) for register in _read(sheet, place)]
        found = [one for one in found if one.place_of("content") is not None and _known(one) >= 2]
        if found:
            return max(found, key=lambda one: (_known(one), -one.start))
    return None


def plain(name: str) -> str:
    """As names are compared: `* 诉求内容（必填）：` → `诉求内容`."""
    return _NOISE.sub("", _BRACKETED.sub("", unicodedata.normalize("NFKC", name))).lower()


def _known(register: Register) -> int:
    return sum(1 for field in register.columns if field)


def _read(sheet: Sheet, place: int) -> list[Register]:
    """The line alone, and with the one under it."""
    upper = [_text(cell) for cell in sheet.rows[place]]
    read = [_register(sheet, place + 1, upper, [[name] for name in upper])]
    if place + 1 < len(sheet.rows):
        lower = [_text(cell) for cell in sheet.rows[place + 1]]
        lower += [""] * (len(upper) - len(lower))
        spread, last = [], ""
        for name, under in zip([*upper, *[""] * (len(lower) - len(upper))], lower, strict=True):
            last = name or (last if under else "")
            spread.append(last)
        names = [[under, top + under, top] if under else [top] for top, under in zip(spread, lower, strict=True)]
        both = [under or top for top, under in zip(spread, lower, strict=True)]
        read.append(_register(sheet, place + 2, both, names))
    return read


def _register(sheet: Sheet, start: int, headers: Sequence[str], names: Sequence[Sequence[str]]) -> Register:
    best: dict[str, tuple[int, int]] = {}
    found: list[tuple[str, int] | None] = []
    ignored: set[int] = set()
    for place, candidates in enumerate(names):
        told = next((known for name in candidates if (known := _field(plain(name))) is not None), None)
        found.append(told)
        if any(plain(name) in IGNORED for name in candidates):
            ignored.add(place)
        elif told is not None and (told[0] not in best or told[1] < best[told[0]][0]):
            best[told[0]] = (told[1], place)
    columns: list[str | None] = [None] * len(names)
    for field, (_, place) in best.items():
        columns[place] = field
    for place in ignored:
        columns[place] = ""
    times = [place for place, told in enumerate(found) if told and told[0] == "reported_at" and not columns[place]]
    clock = times[0] if times and times[0] not in ignored else None
    return Register(sheet, start, list(headers), columns, clock)


def _field(name: str) -> tuple[str, int] | None:
    if name in _RANKED:
        return _RANKED[name]
    ends = [told for known, told in _LONG.items() if name.endswith(known)]
    return (ends[0][0], ends[0][1] + 100) if ends else None


def _text(cell: Cell) -> str:
    return cell.strip()[:100] if isinstance(cell, str) else ""
