"""Nothing that names a person leaves a service; what is masked stays as it is."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.kit.masking import masked, plain

HIDDEN = [
    ("我叫赵铁柱,手机13812345678", "我叫某某,手机[电话]"),
    ("手机 138 1234 5678", "手机 [电话]"),
    ("电话：138．1234．5678", "电话：[电话]"),
    ("１３８１２３４５６７８", "[电话]"),
    ("138、1234、5678", "[电话]"),
    ("138/1234/5678", "[电话]"),
    ("138\u200b1234\u200b5678", "[电话]"),
    ("+86 13812345678", "[电话]"),
    ("幺三八一二三四五六七八", "[电话]"),
    ("壹叁捌壹贰叁肆伍陆柒捌", "[电话]"),
    ("021-62345678转12", "[电话]"),
    ("021-6234-5678", "[电话]"),
    ("(021)62345678", "[电话]"),
    ("座机：62345678", "座机：[电话]"),
    ("身份证310107198001011234", "身份证[证件号]"),
    ("身份证 310107 19800101 123X", "身份证 [证件号]"),
    ("护照号：E12345678", "护照号：[证件号]"),
    ("银行卡6222021234567890123", "银行卡[号码]"),
    ("微信号zhao_tz88", "微信号[账号]"),
    ("VX：zhao_tz88", "VX：[账号]"),
    ("写信到 zhao@example.com", "写信到 [邮箱]"),
    ("车牌沪A12345", "车牌沪A·*****"),
    ("新能源车沪AD12345", "新能源车沪A·*****"),
    ("联系人：赵铁柱", "联系人：某某"),
    ("投诉人:赵铁柱", "投诉人:某某"),
    ("请找王阿姨", "请找某阿姨"),
    ("欧阳女士来电", "某女士来电"),
    ("我姓赵", "我姓某"),
    ("已联系张三，电话13800000000", "已联系某某，电话[电话]"),
    ("已告知王晓芳", "已告知某某"),
    ("市民李建国表示满意", "市民某某表示满意"),
    ("到场后由孙强(13800000000)开门", "到场后由某某([电话])开门"),
    ("联系人李建国，已上门", "联系人某某，已上门"),
    ("我是王晓芳,快点", "我是某某,快点"),
]
KEPT = [
    "兰溪路138号门口停车",
    "共享单车堆了1380辆",
    "2026年11月23日凌晨2点",
    "工地噪声有85分贝",
    "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "12345来电",
    "一三五七路公交",
    "高先进小区",
    "已联系方便时上门",
    "居民周边，噪声很大",
    "请联系方式",
    "市民高度关注",
    "住户马上，搬离",
    "通知单位整改",
    "居民区内停车",
    "走访顾客，均无异议",
    "订单号SH12345-20261123-000123",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN)
def test_persons_are_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", KEPT)
def test_what_names_nobody_stays(text: str) -> None:
    assert masked(text) == text


def test_the_reporter_is_hidden_wherever_named() -> None:
    text = "赵铁柱反映，赵 铁 柱家漏水，打6234-5678找铁柱"
    assert masked(text, ("赵铁柱",), ("62345678",)) == "某某反映，某某家漏水，打[电话]找铁柱"


def test_a_single_sign_is_no_name_to_hide() -> None:
    assert masked("王家弄门口", ("王",)) == "王家弄门口"


def test_a_short_number_is_no_phone_to_hide() -> None:
    assert masked("兰溪路138号", (), ("138",)) == "兰溪路138号"


_PIECES = st.one_of(
    st.sampled_from([text for text, _ in HIDDEN] + KEPT),
    st.sampled_from(
        ["某", "某室", "[电话]", "先生", "联系人", "电话", "住", "3号楼", "302室", "148弄", "沪A", "姓", "王", " ", "-"]
    ),
    st.text(max_size=6),
    st.from_regex(r"[0-9]{1,12}", fullmatch=True),
)
TEXTS = st.lists(_PIECES, max_size=6).map("".join)


@given(TEXTS)
@example("联系人：电话13812345678先生")
def test_masking_a_masked_text_changes_nothing(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", " ", "-", "－", "  ", ".", "·", "\u200b", "/", "、", ","]),
    st.sampled_from(["", "电话", "打给我", "号码是:", "兰溪路138号。", "tel", "+86", "（"]),
    st.sampled_from(["", "。", "先生", "）", " 302室", "x"]),
)
def test_no_mobile_survives(number: str, apart: str, before: str, after: str) -> None:
    grouped = apart.join((number[:3], number[3:7], number[7:]))
    shown = masked(before + grouped + after)
    assert number not in "".join(re.findall(r"\d", shown))


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_no_mobile_survives_in_wide_digits(number: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    assert masked(f"电话{wide}") == "电话[电话]"


@given(st.text(max_size=80), st.text(alphabet="赵钱孙李铁柱明华", min_size=2, max_size=4), st.text(max_size=80))
def test_the_reporters_name_never_survives(before: str, name: str, after: str) -> None:
    assert name not in masked(before + name + after, (name,))


@given(st.text())
def test_plain_form_is_stable(text: str) -> None:
    assert plain(plain(text)) == plain(text)
