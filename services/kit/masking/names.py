"""Names of persons, known by what stands around them."""

import re

from services.kit.masking.rules import Rule, Rules
from services.kit.masking.surnames import COMPOUND, SINGLE

SOMEBODY = "某某"
_HAN = "\u4e00-\u9fff"
_SURNAME = f"(?:{'|'.join(COMPOUND)}|[{SINGLE}])"
_ADDRESSED = "先生|女士|小姐|阿姨|大爷|大妈|大伯|大叔|师傅|奶奶|爷爷|老伯|老太|阿婆|老师傅|同志|医生|老板|经理"
_STYLED = "先生|女士|小姐|同志"
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
    rf"(?=$|[^{_HAN}\w]|的?电话|手机|本人|表示|同意|答应|承诺|认可|满意|反映|要求|来电|说|称|并|到场|上门|接待|"
    r"沟通|协商|解释|核实|反馈|处理|办理)"
)
_COMMON = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖"
    "贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤"
)
_BORNE = f"(?:{'|'.join(COMPOUND)}|[{_COMMON}])"
_WORDS_NOT_NAMES = (
    "马上|马路|周边|周围|周末|周一|周二|周三|周四|周五|周六|周日|周到|高空|高度|高层|高架|高峰|高兴|严重|严格|曾经|何时|何人|何事|任何|任意|"
    "方便|方式|方面|方案|方向|方协|方沟|方回|方表|方答|方提|方已|金额|钱款|于是|于今|于昨|许多|许可|万元|万一|范围|陆续|付款|付费|程度|程序|余额|石材|白天|白色|江边|"
    "单身|单亲|单位|高龄|高个|白领|白衣|白发|白头|黄衣|黄发|黄头|金发|毛衣|马甲|孟加|顾客|顾虑|武装|段落|段长|莫名|易燃|龙头|雷雨|夏天|夏季|田间|林地|苏州|江苏|黄色|黄灯|叶片|唐突|谢谢|谢绝|宋体|汤水|毛病|贺卡|严禁|方能|方可"
)
# 值班经理, 客房经理, 社区医生, 水管师傅, 出租车师傅: a trade, though its last character is a surname too.
_TRADES = "(?<=值)班|(?<=客)房|(?<=[社小])区|(?<=工)程|(?<=安)全|(?<=水)管|(?<=[租交货汽吊])车"
_NOBODY = rf"(?!某|{_WORDS_NOT_NAMES})"

NAMES = Rules(
    Rule(
        re.compile(
            rf"((?:{_LABELS})(?:姓名)?\s*[:：是为]\s*)(?!某){_SURNAME}[{_HAN}]{{1,2}}(?![{_HAN}]{{0,1}}(?:路|小区))"
        ),
        rf"\1{SOMEBODY}",
        marks=tuple(_LABELS.split("|")),
    ),
    Rule(
        re.compile(rf"((?:{_CUES})\s*[:：]?\s*)(?!某){_SURNAME}[{_HAN}]{{1,2}}"),
        rf"\1{SOMEBODY}",
        marks=tuple(_CUES.split("|")),
    ),
    Rule(
        re.compile(rf"(?<![{_HAN}])(?!向){_NOBODY}{_SURNAME}[{_HAN}]{{1,2}}(?=先生|女士|小姐)"),
        "某",
        marks=("先生", "女士", "小姐"),
    ),
    # Within a sentence only the surnames that most people bear: a rarer one is as likely the end of another word.
    Rule(
        re.compile(rf"(?!(?<=[对双])方|(?<=[由关对])于){_NOBODY}{_BORNE}(?:(?!某)[{_HAN}]){{1,2}}(?={_STYLED})"),
        "某",
        marks=tuple(_STYLED.split("|")),
    ),
    Rule(re.compile(rf"(?!某|{_TRADES}){_SURNAME}(?=(?:{_ADDRESSED}))"), "某", marks=tuple(_ADDRESSED.split("|"))),
    Rule(
        re.compile(
            rf"((?:{'|'.join(_SPOKEN_WITH)})(?:到|了|过|的|是|为|叫)?\s?){_NOBODY}{_BORNE}[{_HAN}]{{1,2}}{_AFTER_NAME}"
        ),
        rf"\1{SOMEBODY}",
        marks=_SPOKEN_WITH,
    ),
    Rule(
        re.compile(
            rf"{_NOBODY}{_BORNE}[{_HAN}]{{1,2}}"
            r"(?=[\s，,、:：(（]{0,2}(?:的?(?:联系)?(?:电话|手机号?|号码)[是为:：\s]{0,3})?\[电话\])"
        ),
        SOMEBODY,
        marks=("[电话]",),
    ),
    Rule(re.compile(rf"(我姓|免贵姓|本人姓|姓){_SURNAME}(?![{_HAN}]名)"), r"\1某", marks=("姓",)),
)
