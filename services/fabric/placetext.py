"""How Chinese addresses are written: half-width forms, numbers in characters, whose district is meant, and where."""

import re
import unicodedata

from services.fabric.rules import Home

ROAD_ENDS = ("路", "街", "道", "巷", "弄", "里", "胡同")
ADDRESS = re.compile(r"^(?P<road>[^\d]+?)(?P<number>\d+)(?P<kind>号|弄)$")
NUMBER = re.compile(
    r"^(?:上|的|之)?(?P<number>\d{1,5})(?:[-~至、/,]\d{1,5})?(?:支)?"
    r"(?:(?P<kind>弄|号(?!线)|栋|幢|甲|乙|丙)|(?![\d年月日点时分个人辆米名条只次天户岁路元块多几号]))"
)
MISSPELT_ROAD = re.compile(r"([\u4e00-\u9fff]{1,6}(?:路|街|巷))(?=\d{1,5}(?:弄|号))")
NUMERALS = re.compile(r"[一二三四五六七八九十百\d]")
NEARNESS = re.compile(r"^(?:的)?(?:附近|旁边|旁|对面|后面|前面|隔壁|周边|斜对面|往[东西南北])")
JOINS_ROADS = re.compile(r"^(?:与|和|近|靠近|、|/|·|\(近?|跟|到)?$")
CROSSING = re.compile(r"^(?:的)?(?:路口|交叉口|交叉路口|交汇处?|交界处?|口|十字路口)")

_SPACES = re.compile(r"\s+")
_WRITTEN_NUMBER = re.compile(r"[零〇一二三四五六七八九十百千两]+(?=[弄号])")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_BEARINGS = "东西南北新老大小上下中前后"
_DISTRICT = re.compile(r"([\u4e00-\u9fff]{2,4}(?:新区|[区县市]))(?:[\u4e00-\u9fff]{1,6}(?:街道|镇|乡))?$")
_NOT_DISTRICTS = (
    "小区",
    "社区",
    "街区",
    "校区",
    "园区",
    "地区",
    "片区",
    "辖区",
    "本区",
    "我区",
    "城市",
    "超市",
    "夜市",
    "菜市",
    "本市",
    "我市",
    "全市",
    "该区",
)


def normalise(text: str) -> str:
    """Half-width, without spaces, `一百三十八号` as `138号`."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text)).lower()
    return _WRITTEN_NUMBER.sub(lambda found: str(_count(found.group())), plain)


def only_home(text: str, home: Home | None) -> bool:
    """Whether the normalised text is nothing but names of the province, city, district and street."""
    if home is None:
        return not text
    names = (home.province, home.city, home.district, home.street)
    shorter = (home.province.removesuffix("市"), home.city.removesuffix("市"), home.street.removesuffix("街道"))
    for name in sorted({*names, *shorter}, key=len, reverse=True):
        if name:
            text = text.replace(name, "")
    return not text


def stranger(before: str, home: Home | None) -> bool:
    """Whether the words right before a place name another district, or the place's own name goes on to the left."""
    if before and before[-1] in _BEARINGS:
        return True
    found = _DISTRICT.search(before)
    if home is None or found is None or found.group(1).endswith(_NOT_DISTRICTS):
        return False
    return not found.group(1).endswith((home.district, home.city, home.province))


def _count(written: str) -> int:
    """`一百三十八` and `一三八` are both 138."""
    if not any(sign in _TENS for sign in written):
        return int("".join(str(_DIGITS[sign]) for sign in written))
    total = last = 0
    for sign in written:
        if sign in _TENS:
            total += (last or 1) * _TENS[sign]
            last = 0
        else:
            last = _DIGITS[sign]
    return total + last
