"""How Chinese addresses are written: half-width and simplified forms, numbers in characters, rooms and buildings, and
the small words that say where a place is."""

import re
import unicodedata

ROAD_ENDS = ("路", "街", "道", "巷", "弄", "里", "胡同")
ADDRESS = re.compile(r"^(?P<road>[^\d]+?)(?P<number>\d+)(?P<kind>号|弄)$")
NUMBER = re.compile(
    r"^(?:上|的|之|近|靠近|约|大约|大概|门牌号?|第|[东西南北]侧|沿街|[,(:])*(?P<number>\d{1,5})"
    r"(?:号?[-~至到、/,—](?P<upto>\d{1,5}))?(?:支)?"
    r"(?:(?P<kind>弄|号(?!线)|栋|幢|甲|乙|丙)|(?![\d年月日点时分个人辆米名条只次天户岁路元块多几号家位楼层室万公线*]))"
)
BUILDING = re.compile(
    r"^(?:的|内|里|[(,)])*(?:第)?(?P<number>[a-z]?\d{1,4}[a-z]?|[a-z]|[甲乙丙丁])"
    r"(?:号楼|号(?!线)|幢|栋|座|#楼?|-(?=\d{2,4}(?:室|$|[^\d号弄-])))"
)
BUILDING_NAME = re.compile(r"^(?P<owner>.+?)(?P<number>[a-z]?\d{1,4}[a-z]?|[a-z]|[甲乙丙丁])(?:号楼|号|幢|栋|座|#楼?)$")
ROOM = re.compile(r"(?:\d{1,2}单元)?(?:\d{1,2}层)?[a-z]?\d{1,5}[a-z]?室$")
MISSPELT_ROAD = re.compile(r"([\u4e00-\u9fff]{1,6}(?:路|街|巷))(?=\d{1,5}(?:弄|号))")
SHORT_ROAD = re.compile(r"([\u4e00-\u9fff]{2,6})(?=\d{1,5}(?:弄|号(?!线|楼)))")
NUMERALS = re.compile(r"[一二三四五六七八九十百\d]")
NEARNESS = re.compile(r"^(?:的)?(?:附近|旁边?|斜?对面|对过|后面|前面|隔壁|周边|周围|往[东西南北]|[东西南北][面边侧])")
LIVES_THERE = re.compile(r"(?:家住|我住|住在|住址[为是:]?|居住[于在]?|家在)[^,。;!?]{0,14}$")
# A name goes on to the right into another: 真如公园西路 is no part of 真如公园.
GOES_ON = re.compile(r"^[东西南北中一二三四五支]?(?:路(?![口边上旁面段人牌灯])|街(?![道上边面口])|弄(?![堂口里]))")

JOINS_ROADS = re.compile(
    r"^(?:路?口?(?:与|和|跟|同|及)|路?口?(?:靠?近|临近)|、|/|·|-|&|\+|路口|[(,](?:靠?近)?|到|x|×)?$"
)
CROSSING = re.compile(
    r"^(?:的)?[)]?(?:十字路口|丁字路口|路口|交叉路?口|交汇[处口]?|交界[处口]?|相交[处口]?|口|转角|拐角|[东西南北]{1,2}角)"
)
_TO = r"(?:路?口?(?:-|—|~|至|到|与|和|、|/)+)"
STRETCH_OPENS = re.compile(r"^(?:的|上|段|,)*(?:[(\[【]|从|自|由|介于|在)*$")
STRETCH_JOINS = re.compile(rf"^{_TO}$")
STRETCH_RUNS = re.compile(r"^(?:路?口?)(?:-|—|~|至|到)+$")
STRETCH_CLOSES = re.compile(r"^(?:路?口)?(?:[)\]】]|之间|间|段|路段|区间|这一?段)")
BETWEEN_OPENS = re.compile(r"^(?:路?口?)(?:之间|间)(?:的)?$")
FROM = re.compile(r"(?:从|自|由)(?:[^,。;]{0,8})$")
TO = re.compile(rf"^(?:出发|上车|出来|一直)?(?:开|走|骑|去|回)?{_TO}(?:了)?$")

_SPACES = re.compile(r"\s+")
_WRITTEN_NUMBER = re.compile(r"[零〇一二三四五六七八九十百千两]+(?=[弄号幢栋室]|单元)")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
# Signs of addresses in traditional forms; names beyond these are the operator's aliases.
_SIMPLIFIED = str.maketrans(
    "號樓棟門區縣鎮鄉東單層車廣場園橋蘭銅楊楓澗眞雲華龍寧陽陸長衛國橫縱鋪側對邊與間裡巖灣濱馬體學醫藥錢銀鐵際網絡總會館廠莊塊綠處線聯興業豐樂禮義歡慶榮麗紀電員貨飯書術運動農風車鍾鐘頭陳劉張趙鄭",
    "号楼栋门区县镇乡东单层车广场园桥兰铜杨枫涧真云华龙宁阳陆长卫国横纵铺侧对边与间里岩湾滨马体学医药钱银铁际网络总会馆厂庄块绿处线联兴业丰乐礼义欢庆荣丽纪电员货饭书术运动农风车钟钟头陈刘张赵郑",
)
_FIRST_OF_SOUND, _LAST_OF_SOUND = 0xB0, 0xD7
_LIKE_SOUND = 30


def normalise(text: str) -> str:
    """Half-width, simplified, without spaces, `一百三十八号` as `138号`."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text)).lower().translate(_SIMPLIFIED)
    return _WRITTEN_NUMBER.sub(lambda found: str(_count(found.group())), plain)


def sounds_alike(one: str, other: str) -> bool:
    """Whether two signs stand so near in GB 2312, whose first level goes by sound, that they sound alike: 西 and 溪."""
    places = [_place_by_sound(sign) for sign in (one, other)]
    return None not in places and abs((places[0] or 0) - (places[1] or 0)) <= _LIKE_SOUND


def _place_by_sound(sign: str) -> int | None:
    try:
        zone, point = sign.encode("gb2312")
    except (UnicodeEncodeError, ValueError):
        return None
    return zone * 94 + point - 0xA1 if _FIRST_OF_SOUND <= zone <= _LAST_OF_SOUND else None


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
