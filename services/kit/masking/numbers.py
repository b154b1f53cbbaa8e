"""Numbers and accounts that lead to a person: telephones, papers, cards, mail, chat accounts, plates."""

import re

from services.kit.masking.rules import Rule, Rules

# What stands between the groups of a known number, or of 138/1234/5678, may be anything but a word.
APART = r"[\W_]{0,3}"
_JOIN = r"[\s\-—–_.·()]{0,3}"
_CHINESE_DIGIT = "[零〇一二三四五六七八九幺两○壹贰叁肆伍陆柒捌玖]"
_ACCOUNTS = ("微信", "QQ", "威信", "企鹅号", "vx", "wx", "wechat", "扣扣", "抖音", "快手", "钉钉", "支付宝", "微博")
_PAPERS = ("护照", "通行证", "回乡证", "台胞证")
_CARDS = ("社保卡", "医保卡", "军官证", "士兵证", "警官证", "学生证", "残疾证", "病历", "准考证", "房产证", "驾驶证")
_CALLED = ("电话", "手机", "联系方式", "座机", "号码", "致电", "拨打")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


def _digits(count: int) -> str:
    return rf"(?:\d{_JOIN}){{{count - 1}}}\d"


NUMBERS = Rules(
    Rule(
        re.compile(r"[A-Za-z0-9._%+-]{1,64}\s?@\s?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"), "[邮箱]", marks=("@",)
    ),
    Rule(
        re.compile(
            r"(?i)[a-z0-9._%+-]{1,64}\s?[(（\[]\s?at\s?[)）\]]\s?[a-z0-9-]{1,63}(?:\s?[.(（]\s?(?:dot\s?[)）])?[a-z0-9-]{1,63})+"
        ),
        "[邮箱]",
        marks=("at", "AT", "At"),
    ),
    Rule(
        re.compile(rf"(?i)((?:{'|'.join(_ACCOUNTS)})(?:号码|号|账号)?\s*(?:是|为)?\s*[:：]?\s*)[a-z0-9_-]{{5,20}}"),
        r"\1[账号]",
        marks=(*_ACCOUNTS, "VX", "Vx", "WX", "Wx", "WeChat", "Wechat", "WECHAT", "qq"),
    ),
    Rule(
        re.compile(rf"(?<!\d)(?<!单号)(?<!编号)[1-9]{_JOIN}{_digits(16)}{_JOIN}[\dXx](?![\dA-Za-z])"),
        "[证件号]",
        digits=17,
    ),
    # Behind the word for a serial only what has a birthday in it is taken for a person's.
    Rule(
        re.compile(
            r"(?<=单号|编号)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
        ),
        "[证件号]",
        digits=17,
        marks=("单号", "编号"),
    ),
    Rule(
        re.compile(
            rf"((?:{'|'.join(_CARDS)})(?:编号|号码|号)?\s*(?:是|为)?\s*[:：]?\s*)[A-Za-z\u4e00-\u9fff]{{0,3}}\d{{6,}}"
        ),
        r"\1[证件号]",
        digits=6,
        marks=_CARDS,
    ),
    Rule(
        re.compile(rf"((?:{'|'.join(_PAPERS)})(?:号码|号)?\s*(?:是|为)?\s*[:：]?\s*)[A-Za-z]{{1,2}}\d{{7,9}}"),
        r"\1[证件号]",
        digits=7,
        marks=_PAPERS,
    ),
    Rule(re.compile(rf"(?<!\d)(?:\+?86{_JOIN})?1{_JOIN}[3-9]{_JOIN}{_digits(9)}(?!\d)"), "[电话]", digits=11),
    Rule(re.compile(rf"(?<!\d)(?:\+?86{APART})?1[3-9]\d{APART}\d{{4}}{APART}\d{{4}}(?!\d)"), "[电话]", digits=11),
    Rule(re.compile(rf"(?<![\dA-Za-z-])(?<!单号)(?<!编号)\d(?:{_JOIN}\d){{14,}}"), "[号码]", digits=15),
    Rule(
        re.compile(
            r"(?<!\d)\(?0(?:10|2\d|[3-9]\d{2})\)?[\s-]{0,2}[2-9]\d{2,3}[\s-]{0,2}\d{4}(?:[\s-]{0,2}(?:转|分机)?\d{1,5})?(?!\d)"
        ),
        "[电话]",
        digits=10,
    ),
    Rule(
        re.compile(rf"((?:{'|'.join(_CALLED)})[是为:：\s]{{0,4}})[2-9]{_JOIN}{_digits(6)}\d?(?!\d)"),
        r"\1[电话]",
        digits=7,
        marks=_CALLED,
    ),
    Rule(
        re.compile(rf"[幺一壹]\s?{_CHINESE_DIGIT}(?:[\s、-]?{_CHINESE_DIGIT}){{9}}"), "[电话]", marks=("幺", "一", "壹")
    ),
    Rule(
        re.compile(
            rf"([{_PROVINCES}][A-Za-z])[·\s-]?(?=[A-Za-z警]*\d)"
            r"(?:警[A-Za-z0-9]{4}|[A-Za-z0-9]{4}[警港澳学挂]|[A-Za-z0-9]{5,6})(?![A-Za-z0-9])"
        ),
        r"\1·*****",
        marks=tuple(_PROVINCES),
    ),
)
