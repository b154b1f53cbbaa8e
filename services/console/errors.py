"""What the console refuses, and the sentence that goes with it."""

from services.kit.problems import Forbidden, NotFound


class NoConsole(Forbidden):
    code = "no_console"


def no_case() -> NotFound:
    return NotFound("没有找到这个案件，请核对编号，或换有权限的密钥")


def no_place_here() -> NoConsole:
    return NoConsole("来源系统的密钥看不了控制台，请用工单接口查询，或换单位的密钥登录")
