"""Whose district a text speaks of: names of one's own province, city, district and street before a place count for
nothing, another's make it a stranger's."""

import re
from functools import lru_cache

from services.fabric.rules import Home

_BEARINGS = "东西南北新老大小上下中前后"
# Words that end in a bearing and belong to the sentence, not to the name.
_NO_BEARING = re.compile(
    r"(?:[楼门路街晚早手坡桥墙店地架]上|[楼桥地架]下|门[前后]|[路朝往向以][东西南北]|[以之]前|[今最之以背]后|[当其途之]中|前后|上下|面前"
    r"|之[上下]|高架下)$"
)
_NO_DISTRICT = re.compile(
    r"(?:[小社街校园地片辖本我该全各东西南北一二三四五厂库业住景山市城郊灾禁活息车宅发]区|[超夜菜早集花股楼门上都本我全该街外]市|城市"
    r"|[外全节]省|[小城乡村街本我]镇|[老家城下]乡|(?:本|我|该)街道)$"
)
_PROVINCES = tuple(
    re.findall(
        "黑龙江|内蒙古|..",
        "北京天津上海重庆河北山西辽宁吉林黑龙江江苏浙江安徽福建江西山东河南湖北湖南广东海南四川贵州云南陕西甘肃青海台湾内蒙古"
        "广西西藏宁夏新疆香港澳门",
    )
)
_LINKS = re.compile(r"(?:[,、:()\-/·]|的|境内|辖区内?|地址|位于|地处|在)+$")
_DISTRICT = re.compile(r"[\u4e00-\u9fff]{1,7}(?:自治区|自治州|新区|[省市区县])$")
_STREET = re.compile(r"(?:^|(?<=[省市区县,。;!?在]))[^省市区县,。;!?\d]{1,6}(?:街道|镇|乡)$")
_ENDS = re.compile(r"(?:自治区|街道|新区|[省市区县镇乡])$")


@lru_cache(maxsize=16)
def _own(home: Home) -> tuple[str, ...]:
    names = {home.province, home.city, home.district, home.street}
    street = _ENDS.sub("", home.street)
    names |= {_ENDS.sub("", name) for name in names} | {street, f"{_ENDS.sub('', street)}街道"}
    return tuple(sorted((name for name in names if len(name) > 1 and name != "街道"), key=len, reverse=True))


@lru_cache(maxsize=16)
def _others(home: Home) -> tuple[str, ...]:
    """Short names of other provinces and of the districts around."""
    mine = _own(home)
    around = [short for name in home.neighbours for short in (name, _ENDS.sub("", name))]
    return tuple(name for name in (*around, *_PROVINCES) if name not in mine and len(name) > 1)


def only_home(text: str, home: Home | None) -> bool:
    """Whether the normalised text is nothing but names of the province, city, district and street."""
    return not (text if home is None else without_home(text, home))


def without_home(text: str, home: Home, *, short: bool = True) -> str:
    """What follows the names of one's own province, city, district and street at the beginning; with `short` those too
    that people cut (真如 for 真如镇街道)."""
    while True:
        names = _own(home) if short else (home.province, home.city, home.district, home.street)
        own = next((name for name in names if name and text.startswith(name)), None)
        if own is None:
            return text
        text = text[len(own) :]


def stranger(before: str, home: Home | None) -> str | None:
    """The words right before a place that put it elsewhere: another district's name, or a bearing, with which the
    place's own name goes on to the left (东兰溪路)."""
    if before and before[-1] in _BEARINGS and not _NO_BEARING.search(before):
        return before[-1]
    if home is None:
        return None
    rest = _LINKS.sub("", before)
    while True:
        own = next((name for name in _own(home) if rest.endswith(name)), None)
        if own is not None:
            rest = rest[: -len(own)]
            continue
        street = _STREET.search(rest)
        if street is None or _NO_DISTRICT.search(street.group()):
            break
        if home.street:
            return street.group()
        rest = rest[: street.start()]
    named = _DISTRICT.search(rest)
    if named is not None and not _NO_DISTRICT.search(named.group()):
        return named.group()
    return next((name for name in _others(home) if rest.endswith(name)), None)


def stranger_behind(after: str, home: Home | None) -> str | None:
    """`兰溪路138号(静安区)`: another district named right behind the place."""
    rest = after.lstrip("(,、-")
    return next((name for name in (home.neighbours if home else ()) if rest.startswith(name)), None)


def speaks_of_others(text: str, home: Home | None) -> bool:
    """Whether a district around is named anywhere, and one's own nowhere."""
    return home is not None and home.district not in text and any(name in text for name in home.neighbours)
