"""Free text without what names a person: what leaves a service has been through here.

Phones, identity and bank numbers, mail and chat accounts, plates, names, and the door behind which somebody lives.
Masking a masked text changes nothing. Where it is unclear whether a number is a person's, it is taken to be.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick

from services.kit.masking.doors import without_doors
from services.kit.masking.surnames import COMPOUND, SINGLE

SOMEBODY = "某某"
_LEAST_PHONE_DIGITS = 7
_HAN = "\u4e00-\u9fff"
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，！？：；（）"}
_JOIN = r"[\s\-—–_.·()]{0,3}"
# What stands between the groups of a known number, or of 138/1234/5678, may be anything but a word.
_APART = r"[\W_]{0,3}"
_CHINESE_DIGIT = "[零〇一二三四五六七八九幺两○壹贰叁肆伍陆柒捌玖]"

_SURNAME = f"(?:{'|'.join(COMPOUND)}|[{SINGLE}])"
_ADDRESSED = "先生|女士|小姐|阿姨|大爷|大妈|大伯|大叔|师傅|奶奶|爷爷|老伯|老太|阿婆|老师傅|同志|医生|老板|经理"
_CUES = "我姓名|我叫|本人叫|名叫|叫做|我是业主|我是居民|我是住户|我姓名是|姓名是|联系人是|联系人|本人姓名"
_LABELS = "姓名|联系人|投诉人|举报人|来电人|反映人|诉求人|求助人|报警人|当事人|申请人|户主|业主|机主|收件人|发帖人"


# Whom a note speaks of or with, and what may follow a name there; without such a frame a surname is just a word.
_SPOKEN_WITH = (
    *(
        "联系",
        "致电",
        "电联",
        "回访",
        "告知",
        "答复",
        "回复",
        "约谈",
        "询问",
        "走访",
        "通知",
        "劝说",
        "劝导",
        "探望",
        "慰问",
        "转告",
    ),
    *(
        "市民",
        "居民",
        "住户",
        "业主",
        "户主",
        "店主",
        "经营者",
        "负责人",
        "当事人",
        "群众",
        "老人",
        "来电人",
        "投诉人",
        "举报人",
    ),
    *("反映人", "诉求人", "求助人", "联系人", "我是", "本人"),
    *(
        "邻居",
        "女儿",
        "儿子",
        "孩子",
        "爱人",
        "妻子",
        "丈夫",
        "老公",
        "老婆",
        "爸爸",
        "妈妈",
        "我爸",
        "我妈",
        "老板",
        "房东",
        "租客",
    ),
    *("民警", "医生", "老师", "保安", "队长", "经理", "司机", "主任", "书记", "城管", "快递员", "网格员", "志愿者"),
)
_AFTER_NAME = (
    rf"(?=$|[^{_HAN}\w]|的?电话|手机|本人|表示|同意|答应|承诺|认可|满意|反映|要求|来电|说|称|并|到场|上门|接待)"
)
_COMMON = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖"
    "贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_WORDS_NOT_NAMES = (
    "马上|马路|周边|周围|周末|周一|周二|周三|周四|周五|周六|周日|周到|高空|高度|高层|高架|高峰|高兴|严重|严格|曾经|何时|何人|何事|任何|任意|"
    "方便|方式|方面|方案|方向|金额|钱款|于是|于今|向我|向其|向他|向她|许多|许可|万元|万一|范围|陆续|付款|付费|程度|程序|余额|石材|白天|白色|江边|"
    "顾客|顾虑|武装|段落|段长|莫名|易燃|龙头|雷雨|夏天|夏季|田间|林地|苏州|江苏|黄色|黄灯|叶片|唐突|谢谢|谢绝|宋体|汤水|毛病|贺卡|严禁|方能|方可"
)
_NOBODY = rf"(?!某|{_WORDS_NOT_NAMES})"


def _digits(count: int) -> str:
    return rf"(?:\d{_JOIN}){{{count - 1}}}\d"


@dataclass(frozen=True, slots=True)
class _Rule:
    """Tried only where the text has `digits` digits at least, and one of `marks`: most texts have neither."""

    pattern: re.Pattern[str]
    instead: str | Callable[[re.Match[str]], str]
    digits: int = 0
    marks: tuple[str, ...] = ()


class _Rules:
    """In their order; all their marks are looked for in one pass."""

    def __init__(self, *rules: _Rule) -> None:
        self._rules = tuple((1 << place, rule) for place, rule in enumerate(rules))
        self._always = sum(bit for bit, rule in self._rules if not rule.marks)
        marks: dict[str, int] = {}
        for bit, rule in self._rules:
            for mark in rule.marks:
                marks[mark] = marks.get(mark, 0) | bit
        self._marks = ahocorasick.Automaton()
        for mark, bits in marks.items():
            self._marks.add_word(mark, bits)
        self._marks.make_automaton()

    def applied(self, text: str) -> str:
        digits, marked = len(_DIGIT.findall(text)), self._marked(text)
        for bit, rule in self._rules:
            if digits >= rule.digits and marked & bit:
                changed = rule.pattern.sub(rule.instead, text)
                if changed != text:
                    text, marked = changed, self._marked(changed)
        return text

    def _marked(self, text: str) -> int:
        found = self._always
        for _, bits in self._marks.iter(text):
            found |= bits
        return found


_ACCOUNTS = ("微信", "QQ", "威信", "企鹅号", "vx", "wx", "wechat", "扣扣", "抖音", "快手", "钉钉", "支付宝", "微博")
_PAPERS = ("护照", "通行证", "回乡证", "台胞证")
_CARDS = ("社保卡", "医保卡", "军官证", "士兵证", "警官证", "学生证", "残疾证", "病历", "准考证", "房产证", "驾驶证")
_CALLED = ("电话", "手机", "联系方式", "座机", "号码", "致电", "拨打")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_NUMBERS = _Rules(
    _Rule(
        re.compile(r"[A-Za-z0-9._%+-]{1,64}\s?@\s?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"), "[邮箱]", marks=("@",)
    ),
    _Rule(
        re.compile(
            r"(?i)[a-z0-9._%+-]{1,64}\s?[(（\[]\s?at\s?[)）\]]\s?[a-z0-9-]{1,63}(?:\s?[.(（]\s?(?:dot\s?[)）])?[a-z0-9-]{1,63})+"
        ),
        "[邮箱]",
        marks=("at", "AT", "At"),
    ),
    _Rule(
        re.compile(rf"(?i)((?:{'|'.join(_ACCOUNTS)})(?:号码|号|账号)?\s*(?:是|为)?\s*[:：]?\s*)[a-z0-9_-]{{5,20}}"),
        r"\1[账号]",
        marks=(*_ACCOUNTS, "VX", "Vx", "WX", "Wx", "WeChat", "Wechat", "WECHAT", "qq"),
    ),
    _Rule(
        re.compile(rf"(?<!\d)(?<!单号)(?<!编号)[1-9]{_JOIN}{_digits(16)}{_JOIN}[\dXx](?![\dA-Za-z])"),
        "[证件号]",
        digits=17,
    ),
    # Behind the word for a serial only what has a birthday in it is taken for a person's.
    _Rule(
        re.compile(
            r"(?<=单号|编号)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
        ),
        "[证件号]",
        digits=17,
        marks=("单号", "编号"),
    ),
    _Rule(
        re.compile(
            rf"((?:{'|'.join(_CARDS)})(?:编号|号码|号)?\s*(?:是|为)?\s*[:：]?\s*)[A-Za-z\u4e00-\u9fff]{{0,3}}\d{{6,}}"
        ),
        r"\1[证件号]",
        digits=6,
        marks=_CARDS,
    ),
    _Rule(
        re.compile(rf"((?:{'|'.join(_PAPERS)})(?:号码|号)?\s*(?:是|为)?\s*[:：]?\s*)[A-Za-z]{{1,2}}\d{{7,9}}"),
        r"\1[证件号]",
        digits=7,
        marks=_PAPERS,
    ),
    _Rule(re.compile(rf"(?<!\d)(?:\+?86{_JOIN})?1{_JOIN}[3-9]{_JOIN}{_digits(9)}(?!\d)"), "[电话]", digits=11),
    _Rule(re.compile(rf"(?<!\d)(?:\+?86{_APART})?1[3-9]\d{_APART}\d{{4}}{_APART}\d{{4}}(?!\d)"), "[电话]", digits=11),
    _Rule(re.compile(rf"(?<![\dA-Za-z-])(?<!单号)(?<!编号)\d(?:{_JOIN}\d){{14,}}"), "[号码]", digits=15),
    _Rule(
        re.compile(
            r"(?<!\d)\(?0(?:10|2\d|[3-9]\d{2})\)?[\s-]{0,2}[2-9]\d{2,3}[\s-]{0,2}\d{4}(?:[\s-]{0,2}(?:转|分机)?\d{1,5})?(?!\d)"
        ),
        "[电话]",
        digits=10,
    ),
    _Rule(
        re.compile(rf"((?:{'|'.join(_CALLED)})[是为:：\s]{{0,4}})[2-9]{_JOIN}{_digits(6)}\d?(?!\d)"),
        r"\1[电话]",
        digits=7,
        marks=_CALLED,
    ),
    _Rule(
        re.compile(rf"[幺一壹]\s?{_CHINESE_DIGIT}(?:[\s、-]?{_CHINESE_DIGIT}){{9}}"), "[电话]", marks=("幺", "一", "壹")
    ),
    _Rule(
        re.compile(
            rf"([{_PROVINCES}][A-Za-z])[·\s-]?(?=[A-Za-z警]*\d)"
            r"(?:警[A-Za-z0-9]{4}|[A-Za-z0-9]{4}[警港澳学挂]|[A-Za-z0-9]{5,6})(?![A-Za-z0-9])"
        ),
        r"\1·*****",
        marks=tuple(_PROVINCES),
    ),
)
_NAMES = _Rules(
    _Rule(
        re.compile(
            rf"((?:{_LABELS})(?:姓名)?\s*[:：是为]\s*)(?!某){_SURNAME}[{_HAN}]{{1,2}}(?![{_HAN}]{{0,1}}(?:路|小区))"
        ),
        rf"\1{SOMEBODY}",
        marks=tuple(_LABELS.split("|")),
    ),
    _Rule(
        re.compile(rf"((?:{_CUES})\s*[:：]?\s*)(?!某){_SURNAME}[{_HAN}]{{1,2}}"),
        rf"\1{SOMEBODY}",
        marks=tuple(_CUES.split("|")),
    ),
    _Rule(
        re.compile(rf"(?<![{_HAN}])(?!某){_SURNAME}[{_HAN}]{{1,2}}(?=先生|女士|小姐)"),
        "某",
        marks=("先生", "女士", "小姐"),
    ),
    _Rule(re.compile(rf"(?!某){_SURNAME}(?=(?:{_ADDRESSED}))"), "某", marks=tuple(_ADDRESSED.split("|"))),
    _Rule(
        re.compile(
            rf"((?:{'|'.join(_SPOKEN_WITH)})(?:到|了|过|的|是|为|叫)?\s?){_NOBODY}[{_COMMON}][{_HAN}]{{1,2}}{_AFTER_NAME}"
        ),
        rf"\1{SOMEBODY}",
        marks=_SPOKEN_WITH,
    ),
    _Rule(
        re.compile(
            rf"{_NOBODY}[{_COMMON}][{_HAN}]{{1,2}}"
            r"(?=[\s，,、:：(（]{0,2}(?:的?(?:联系)?(?:电话|手机号?|号码)[是为:：\s]{0,3})?\[电话\])"
        ),
        SOMEBODY,
        marks=("[电话]",),
    ),
    _Rule(re.compile(rf"(我姓|免贵姓|本人姓|姓){_SURNAME}(?![{_HAN}]名)"), r"\1某", marks=("姓",)),
)
_DIGIT = re.compile(r"\d")


def plain(text: str) -> str:
    """Half-width letters and digits, and nothing that can't be seen: the form in which numbers are found."""
    if text.isascii():
        return text
    shown = text.translate(_FULL_WIDTH)
    if shown.isprintable():
        return shown
    return "".join(sign for sign in shown if unicodedata.category(sign) != "Cf")


def masked(text: str, names: tuple[str, ...] = (), phones: tuple[str, ...] = ()) -> str:
    """`names` and `phones` are of persons known to be meant, the reporter above all: they go wherever they stand."""
    shown = plain(text)
    for pattern in _named(tuple(name for name in names if name)):
        shown = pattern.sub(SOMEBODY, shown)
    for pattern in _phoned(tuple(phone for phone in phones if phone)):
        shown = pattern.sub("[电话]", shown)
    return without_doors(_NAMES.applied(_NUMBERS.applied(shown)))


@lru_cache(maxsize=4096)
def _named(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """A single character is too common a word to be hidden everywhere; a masked name needs no hiding."""
    wanted = [plain(name).strip() for name in names]
    return tuple(
        re.compile(r"\s?".join(re.escape(sign) for sign in name if not sign.isspace()))
        for name in sorted(wanted, key=len, reverse=True)
        if len(name) >= 2 and "某" not in name
    )


@lru_cache(maxsize=4096)
def _phoned(phones: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """However the digits are grouped; fewer than seven would hit house numbers."""
    digits = ["".join(_DIGIT.findall(plain(phone))) for phone in phones]
    return tuple(
        re.compile(rf"(?<!\d){_APART.join(number)}(?!\d)") for number in digits if len(number) >= _LEAST_PHONE_DIGITS
    )
