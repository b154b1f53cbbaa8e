"""A table of what residents and clerks write: what names somebody goes, what only looks like it stays."""

import pytest

from services.kit.masking import masked, names_somebody, public_link

HIDDEN = {
    "我姓名王小虎": "我姓名某某",
    "本人王小虎，住兰溪路": "本人某某，住兰溪路",
    "邻居王建军": "邻居某某",
    "女儿叫王小花": "女儿叫某某",
    "我妻子李梅": "我妻子某某",
    "店主叫赵四": "店主叫某某",
    "物业经理刘伟": "物业经理某某",
    "保安队长陈建国": "保安队长某某",
    "民警张强到场": "民警某某到场",
    "医生王芳": "医生某某",
    "姓名：欧阳修文，电话13812345678": "姓名：某某，电话[电话]",
    "联系人王小虎18611112222": "联系人某某[电话]",
    "王女士13812345678": "某女士[电话]",
    "张大爷家": "某大爷家",
    "老板姓陈": "老板姓某",
    "身份证号码：31010719800101123X": "身份证号码：[证件号]",
    "身份证１１０１０１１９９００３０７７７５８": "身份证[证件号]",
    "身份证310107800101123": "身份证[号码]",
    "身份证编号310107198001011234": "身份证编号[证件号]",
    "军官证：军字第1234567号": "军官证：[证件号]号",
    "社保卡号 1234567890": "社保卡号 [证件号]",
    "医保卡1234567890": "医保卡[证件号]",
    "病历号00123456": "病历号[证件号]",
    "港澳通行证C12345678": "港澳通行证[证件号]",
    "银行卡号6222 0212 3456 7890": "银行卡号[号码]",
    "卡号：4367 4200 1234 5678 901": "卡号：[号码]",
    "信用卡6225-8812-3456-7890": "信用卡[号码]",
    "银行卡６２２２０２１２３４５６７８９０１２３": "银行卡[号码]",
    "座机６２３４５６７８": "座机[电话]",
    "家里电话021 62345678": "家里电话[电话]",
    "电话：5888-7654": "电话：[电话]",
    "电话是 0571-87654321": "电话是 [电话]",
    "传真(010)62345678转801": "传真[电话]",
    "微信 13812345678": "微信 [账号]",
    "wx: abc_123456": "wx: [账号]",
    "WX号abc12345": "WX号[账号]",
    "ＶＸ：ｚｈａｏ＿ｔｚ": "VX：[账号]",
    "QQ 12345678": "QQ [账号]",
    "抖音号abc12345": "抖音号[账号]",
    "支付宝账号 zhao@126.com": "支付宝账号 [邮箱]",
    "邮箱：ｚｈａｏ＠ｅｘａｍｐｌｅ．ｃｏｍ": "邮箱：[邮箱]",
    "zhao（at）example.com": "[邮箱]",
    "zhao[at]example.com": "[邮箱]",
    "车牌沪A·12345": "车牌沪A·*****",
    "沪a12345堵门": "沪a·*****堵门",
    "沪ＡＤ１２３４５": "沪A·*****",
    "苏E05EV8": "苏E·*****",
    "沪C警0123": "沪C·*****",
    "粤Z1234港": "粤Z·*****",
    "住在12号楼1单元302": "住在某室",
    "兰溪路148弄12号302": "兰溪路148弄",
    "１２幢３０２室漏水": "某室漏水",
    "202室和203室": "某室和某室",
}
KEPT = [
    "订单编号202611230001234567",
    "工单号12345202611230012345",
    "快递单号SF1234567890123",
    "SH12345-20261123-000123",
    "合同编号HT2026112300012",
    "统一社会信用代码91310107MA1G0ABC1X",
    "投诉编号1234567",
    "设备编号20261123001",
    "路灯杆号0012345678",
    "坐标121.407887,31.242573",
    "坐标：121.4078871,31.2425731",
    "经度121.407887 纬度31.242573",
    "2026-11-23 08:15:00",
    "20261123081500",
    "11月1日到12月3日",
    "兰溪路138号、140号、142号",
    "108路公交13路地铁",
    "101国道",
    "打12345投诉",
    "400-820-8820",
    "车架号LSVAM4187C2184841",
    "电话亭坏了",
    "手机店门口",
    "联系人不在",
    "姓名不详",
    "王家弄12号",
    "李子园小区",
    "马桥镇",
    "陈旧设施",
    "我姓什么不重要",
    "本人认为不合理",
    "邻居在装修",
    "老板不听劝",
    "经理答应整改",
    "值班经理到场",
    "客房经理和水管师傅都在",
    "出租车师傅不愿挪车",
    "司机乱停车",
    "沪太路口",
    "京东快递堆在门口",
    "京东快递WX2026",
    "3号楼电梯坏了",
    "楼下200米",
]
LINKS = [
    ("https://files.example/a/20261123081500123456.jpg", False),
    ("https://files.example/0190f3a1c2d34e5f8a9b13812345678c.jpg", False),
    ("https://files.example/IMG_20261123_081500.jpg", False),
    ("https://files.example/photo?id=202611230001234567", False),
    ("https://files.example/%E7%8E%B0%E5%9C%BA%E7%85%A7%E7%89%87.jpg", False),
    ("https://files.example/13622224444.jpg", True),
    ("https://files.example/a?phone=13622224444", True),
    ("https://files.example/11010519491231002X.jpg", True),
    ("https://files.example/%E8%81%94%E7%B3%BB%E4%BA%BA%E7%8E%8B%E5%B0%8F%E8%99%8E.jpg", True),
    ("https://files.example/%E8%B5%B5%E9%93%81%E6%9F%B1.jpg", True),
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN.items())
def test_persons_go(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(("url", "named"), LINKS)
def test_links_that_name_somebody_are_withheld(url: str, named: bool) -> None:
    shown = public_link(url, ("赵铁柱",), ("13900001111",))
    assert shown == ("https://files.example/withheld" if named else url)


def test_a_link_shows_no_password_and_no_reporters_number() -> None:
    assert public_link("https://u:p@files.example:8443/13900001111x", (), ("139-0000-1111",)) == (
        "https://files.example:8443/withheld"
    )
    assert not names_somebody("a/b/c", ("",), ("12",))
