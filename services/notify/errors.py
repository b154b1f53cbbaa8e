"""What notify refuses, and the sentence that goes with it."""

from services.kit.problems import NotAllowedNow, NotFound, Unreadable

_NOT_NOW = {
    "retry": "这件推送已送达或正在发送，不用重试",
    "cancel": "只有等着发的推送才能取消，请重新读取它的状态",
}


def no_unit(code: str) -> NotFound:
    return NotFound(f"没有单位 {code}，或这把密钥看不到它，请核对单位编码，或换有权限的密钥")


def no_subscription() -> NotFound:
    return NotFound("没有找到这个订阅，请核对编号，或换有权限的密钥")


def no_delivery() -> NotFound:
    return NotFound("没有找到这件推送，请核对编号，或换有权限的密钥")


def unknown_token() -> Unreadable:
    return Unreadable("after 请原样用上一次给的 next；不知道时去掉 after 从头读")


def not_now(action: str, state: str, allowed: list[str]) -> NotAllowedNow:
    return NotAllowedNow(_NOT_NOW[action], allowed=allowed, state=state)
