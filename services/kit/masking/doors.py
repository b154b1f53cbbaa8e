"""Addresses without what would name a household: the road and its number stay, room and building go."""

import re

_NUMBER = r"(?:\d{1,4}|[一二三四五六七八九十百零〇]{1,5}|[A-Za-z])"
_ROOM = rf"(?:\d{{2,5}}[A-Za-z]?|{_NUMBER})\s?(?:室|号房|房间|户室)"
_BUILDING = rf"{_NUMBER}\s?(?:号楼|幢|栋|座|号门洞?|号)"
_UNIT = rf"{_NUMBER}\s?(?:单元|号门|门洞)"
_FLOOR = rf"{_NUMBER}\s?(?:楼|层)"
_DASHED = r"\d{1,3}\s?[-—–#]\s?\d{1,3}(?:\s?[-—–#]\s?\d{2,4})?"

# 148弄12号302室, 148弄12号: what follows the lane goes.
_AFTER_LANE = re.compile(
    rf"((?:\d{{1,5}}|[一二三四五六七八九十百零〇]{{1,6}})\s?弄)\s?(?:{_NUMBER}\s?(?:号楼|号|幢|栋)\s?(?:{_UNIT})?\s?(?:{_FLOOR})?\s?(?:{_ROOM}|\d{{3,4}}(?!\d|路|米|元|年|弄))?|{_DASHED})"
)
# 3号楼2单元501室, 2单元501, 12幢302室: a chain that ends at a door goes whole.
_CHAIN = re.compile(
    rf"(?:{_NUMBER}\s?(?:号楼|幢|栋|座)\s?)?(?:{_UNIT}\s?)?(?:{_FLOOR}\s?)?{_ROOM}"
    rf"|(?:{_NUMBER}\s?(?:号楼|幢|栋|座)\s?)?{_UNIT}\s?\d{{3,4}}(?!\d)"
    rf"|{_NUMBER}\s?(?:号楼|幢|栋|座)\s?\d{{3,4}}(?!\d|\s?(?:米|元|年|平|人|户|辆|弄))"
)
# 兰溪路138号302: a room behind the number of a road.
_BARE_ROOM = re.compile(r"(\d{1,5}号)\s?\d{3,4}(?![\d]|\s?(?:米|元|年|平|人|户|辆|弄|路|天))")
# 门牌号是12-302, 家住1203, 楼上402: the word before says that it is a door.
_DOOR_AFTER = ("门牌", "房号", "室号", "户号", "住", "楼上", "楼下", "隔壁", "对门")
_NAMED_DOOR = re.compile(
    rf"((?:门牌号?码?|房号|室号|户号|住在|家住|住|楼上|楼下|隔壁|对门)\s?[是为:：]?\s?)"
    rf"(?:{_DASHED}|\d{{3,4}}(?![\d-]|\s?(?:号|弄|路|米|元|年|平|人|户|辆|天|次|个|点|分|月|日)))"
)
_FLOOR_OF_HOME = re.compile(rf"(?:\s?{_FLOOR})+$")
_ANY_BUILDING = re.compile(rf"(?<![路街弄道巷\d])\s?{_NUMBER}\s?(?:号楼|幢|栋|座)(?:\s?{_UNIT})?|{_UNIT}")
_ESTATE_NUMBER = re.compile(rf"(小区|花园|新村|公寓|苑|坊|里|村|府|城|庭|邨)\s?{_NUMBER}\s?(?:号楼|号|幢|栋|座)")
_DASHED_END = re.compile(rf"(?<![\d弄]){_DASHED}\s?(?:室|号)?$")
# Every chain has one of these.
_CHAIN_SIGNS = ("室", "房", "单元", "号门", "门洞", "号楼", "幢", "栋", "座")
_SOME_ROOM = "某室"
_LOOSE_ENDS = " ,、-—"


def without_doors(text: str) -> str:
    """Free text: a door goes; a building alone stays, for a lift or a roof has to be found."""
    shown = _doors_cut(text)
    while shown != text:  # what was cut away may have stood between two more numbers
        text, shown = shown, _doors_cut(shown)
    return shown


def _doors_cut(text: str) -> str:
    shown = _AFTER_LANE.sub(r"\1", text) if "弄" in text else text
    shown = _CHAIN.sub(_SOME_ROOM, shown) if any(sign in shown for sign in _CHAIN_SIGNS) else shown
    shown = _NAMED_DOOR.sub(rf"\1{_SOME_ROOM}", shown) if any(sign in shown for sign in _DOOR_AFTER) else shown
    return _BARE_ROOM.sub(r"\1", shown) if "号" in shown else shown


def public_address(text: str) -> str:
    """An address as others may read it: no room, no floor, no building of an estate."""
    shown = _shortened(text)
    while shown != text:
        text, shown = shown, _shortened(shown)
    return shown


def _shortened(text: str) -> str:
    shown = without_doors(text).replace(_SOME_ROOM, "")
    shown = _ESTATE_NUMBER.sub(r"\1", shown)
    shown = _ANY_BUILDING.sub("", shown)
    shown = _DASHED_END.sub("", shown)
    return _FLOOR_OF_HOME.sub("", shown).strip(_LOOSE_ENDS)
