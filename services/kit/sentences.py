"""What pydantic finds wrong, in Chinese sentences that say what to do."""

from typing import Any

_MESSAGES = {
    "missing": "缺这一项，请补上",
    "string_too_short": "太短，请补全",
    "string_too_long": "太长，请删减",
    "string_type": "应为文字",
    "string_unicode": "含有半个字符，请检查编码",
    "string_pattern_mismatch": "写法不对，请对照接口文档",
    "extra_forbidden": "没有这一项，请去掉或改名",
    "json_invalid": "不是合法的 JSON，请检查格式",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_parsing_size": "数太大",
    "list_type": "应为数组",
    "tuple_type": "应为数组",
    "set_type": "应为数组",
    "frozen_set_type": "应为数组",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_short": "太少，请补全",
    "too_long": "太多，请分批",
    "greater_than_equal": "不能小于 {ge}",
    "greater_than": "要大于 {gt}",
    "less_than_equal": "不能大于 {le}",
    "less_than": "要小于 {lt}",
    "time_delta_type": "应为 ISO 8601 的时长，如 PT15M",
    "time_delta_parsing": "应为 ISO 8601 的时长，如 PT15M",
    "datetime_type": "应为带时区的时间，如 2026-11-23T08:15:00+08:00",
    "datetime_parsing": "应为带时区的时间，如 2026-11-23T08:15:00+08:00",
    "datetime_from_date_parsing": "应为带时区的时间，如 2026-11-23T08:15:00+08:00",
    "timezone_aware": "时间要带时区，如 +08:00",
    "date_type": "应为日期，如 2026-11-23",
    "date_parsing": "应为日期，如 2026-11-23",
    "date_from_datetime_parsing": "应为日期，如 2026-11-23",
    "url_parsing": "应为网址",
    "url_scheme": "网址应以 https:// 开头",
    "uuid_parsing": "应为 UUID",
}


def sentence(error: Any) -> str:
    """Of one of pydantic's errors, as `ValidationError.errors()` lists them."""
    kind, context = error["type"], error.get("ctx") or {}
    if context.get("field_type") == "Value":  # the length of a text that was looked at before it was measured
        kind = f"string_{kind}"
    if kind in _MESSAGES:
        return _MESSAGES[kind].format_map(context)
    if context.get("expected"):
        return f"应为 {str(context['expected']).replace(' or ', ' 或 ').replace(', ', '、')}"
    said = str(error.get("msg", "")).removeprefix("Value error, ")
    return said if any("一" <= sign <= "鿿" for sign in said) else "写法不对，请对照接口文档"
