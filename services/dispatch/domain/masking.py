"""Notes that units write, without what names a person: they go out in events. A second net; the first is intake's."""

import re

_GAP = r"[\s\-—.·]{0,2}"
# The hundred commonest surnames: enough for a note in which a person is addressed.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "贾夏韦付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
_LABELS = "姓名|联系人|当事人|投诉人|举报人|来电人|反映人|户主|业主|店主|负责人|我叫|名叫"
_ADDRESSED = "先生|女士|小姐|阿姨|大爷|大妈|师傅|老伯|阿婆"


def _digits(count: int) -> str:
    return rf"(?:\d{_GAP}){{{count - 1}}}\d"


_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[邮箱]"),
    (re.compile(rf"(?<!\d)[1-9]{_GAP}{_digits(16)}{_GAP}[\dXx](?![\dA-Za-z])"), "[证件号]"),
    (re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9]{_GAP}{_digits(9)}(?!\d)"), "[电话]"),
    (re.compile(rf"(?<![\dA-Za-z])\d(?:{_GAP}\d){{14,18}}(?!\d)"), "[号码]"),
    (re.compile(r"(?<!\d)\(?0\d{2,3}\)?[\s-]?[2-9]\d{6,7}(?!\d)"), "[电话]"),
    (re.compile(r"((?:电话|手机|联系方式|致电|拨打)[是为:：\s]{0,3})\d[\d\s-]{5,12}\d"), r"\1[电话]"),
    (re.compile(rf"((?:{_LABELS})\s*[:：是为]?\s*)[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}"), r"\1某某"),
    (re.compile(rf"[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?=先生|女士|小姐)"), "某"),
    (re.compile(rf"[{_SURNAMES}](?={_ADDRESSED})"), "某"),
    (re.compile(r"\d+(?=\s*室)"), "*"),
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)} | {0xFF0D: 0x2D, 0xFF0B: 0x2B}


def masked(text: str) -> str:
    """Masking a masked text changes nothing."""
    shown = text.translate(_FULL_WIDTH)
    for pattern, instead in _RULES:
        shown = pattern.sub(instead, shown)
    return shown
