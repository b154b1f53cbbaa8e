"""Kinds of components (部件), after the national table of digital city management (GB/T 30428.2) and what Shanghai adds to it.

A kind is `family` or `family.member`; asked for by its family, all its members are meant. A city adds kinds of its own
in its profile.
"""

from collections.abc import Iterable
from typing import NamedTuple

import ahocorasick

KIND_CODE = r"[a-z][a-z0-9_]{0,39}(\.[a-z0-9_]{1,40})?"


class ComponentKind(NamedTuple):
    """`names`: as inventories and people write it, the first one for showing."""

    code: str
    names: tuple[str, ...]


def _table(*rows: str) -> tuple[ComponentKind, ...]:
    """`code 名称 别名 …`"""
    return tuple(ComponentKind(code, tuple(names)) for code, *names in (row.split() for row in rows))


BUILT_IN: tuple[ComponentKind, ...] = _table(
    # 公用设施
    "manhole 井盖 窨井盖 窨井 阴井盖",
    "manhole.water 上水井盖 给水井盖 自来水井盖 供水井盖",
    "manhole.sewage 污水井盖 污水井",
    "manhole.rain 雨水井盖 雨水井",
    "manhole.grate 雨水篦子 雨水箅子 雨水口",
    "manhole.power 电力井盖 电力井",
    "manhole.lamp 路灯井盖",
    "manhole.telecom 电信井盖 通信井盖 通讯井盖 弱电井盖 移动井盖 联通井盖 铁通井盖 网通井盖 信息井盖 网络井盖 通信井",
    "manhole.tv 有线电视井盖 电视井盖",
    "manhole.heat 热力井盖",
    "manhole.gas 燃气井盖 煤气井盖 天然气井盖",
    "manhole.police 公安井盖",
    "manhole.fire 消防井盖",
    "manhole.sanitation 环卫井盖",
    "manhole.shared 综合井盖",
    "manhole.nobody 无主井盖",
    "manhole.other 其它井盖 其他井盖",
    "box.telecom 信息交接箱 通信交接箱 通讯交接箱 交接箱",
    "box.power 电力设施（设备） 电力设施 变压器 变电箱 配电箱 箱式变电站",
    "box.gas 燃气调压站 燃气调压箱 调压箱",
    "box.traffic 交通控制箱",
    "pole 立杆 杆子",
    "pole.power 电力杆 电力立杆 电线杆 电杆",
    "pole.telecom 电信立杆 通信立杆 通信杆 通讯杆",
    "pole.municipal 市政立杆",
    "pole.tv 有线电视立杆",
    "pole.traffic 交通立杆",
    "pole.shared 综合杆",
    "pole.other 其他立杆 其它立杆",
    "lamp 路灯 路灯杆 灯杆",
    "lamp.landscape 景观灯光设施 景观灯",
    "hydrant 消火栓 消防栓",
    "kiosk.news 书报亭 报刊亭",
    "kiosk.phone 电话亭",
    "kiosk.information 信息亭",
    "kiosk.vending 自动售货亭（站） 自动售货亭 自动售货机",
    "kiosk.lottery 福利彩票亭 体育彩票亭 彩票亭",
    "kiosk.police 治安亭",
    "postbox 邮筒 邮箱筒",
    "fitness 健身设施 健身器材 健身点",
    "well 民用水井",
    "flood_wall 防汛墙",
    "drying_rack 晒衣架 晾衣架",
    "notice_board 宣传栏（亭） 宣传栏 阅报栏",
    # 道路交通
    "stop.sign 公共交通站牌 公交站牌",
    "stop.shelter 公共交通站亭 公交站亭 公交站台 候车亭",
    "stop.taxi 出租车扬招牌",
    "stop.pole 公交拉杆",
    "parking_meter 道路停车场计费表",
    "footbridge 人行天桥 过街天桥",
    "bridge 桥梁",
    "underbridge 桥孔道班房 桥孔停车场 桥孔禁入栅（安全护栏） 桥孔检查井",
    "kiosk.traffic 交通信息亭",
    "sign.number 门牌",
    "sign.direction 道路指示牌 指示牌",
    "sign.road 路名牌 路牌",
    "sign.accessible 无障碍标牌",
    "sign.noise 交通噪声指示牌",
    "sign.toilet 公厕导向牌",
    "signal 交通信号灯 红绿灯 信号灯",
    "bike_stand 非机动车停放点（亭） 非机动车停放点",
    "rail 护栏 隔离栏 栏杆",
    "rail.walk 人行分隔设施",
    "rail.bike 机非分隔设施",
    "rail.middle 路中分隔设施",
    "rail.river 河道护栏",
    "rail.green 绿地护栏",
    "ramp 无障碍设施 无障碍坡道",
    # 环卫环保
    "toilet 公共厕所 公厕",
    "toilet.nightsoil 倒粪站（小便池） 倒粪站 小便池",
    "bin 废物箱（桶） 废物箱 果壳箱 垃圾桶",
    "bin.house 垃圾箱房 垃圾房",
    # 园林绿化
    "tree 行道树",
    "green.unit 单位绿化",
    "green.estate 小区绿化",
    "green.public 公共绿地",
    "green.river 河道绿化",
    "planter 花架花钵 花架 花钵",
    "sculpture 雕塑",
    "bench 街头座椅 座椅 长椅",
    # 其他
    "danger 重大危险源",
    "heritage 优秀历史建筑",
)
# The small class within the class of public facilities (01), as far as every edition of the table numbers it alike.
_SMALL_CLASSES: tuple[str, ...] = (
    *("manhole.water", "manhole.sewage", "manhole.rain", "manhole.grate", "manhole.power", "manhole.lamp"),
    *("manhole.telecom", "manhole.tv", "manhole.telecom", "manhole.heat", "manhole.gas", "manhole.police"),
    *("manhole.fire", "manhole.nobody", "box.telecom", "box.power", "pole", "lamp"),
)
_CODE_DIGITS = 16


def kind_of_code(code: str) -> str | None:
    """What the sixteen digits of the national code (district, class, small class, number) say; None where they leave it
    open."""
    if len(code) != _CODE_DIGITS or not code.isdecimal() or code[6:8] != "01":
        return None
    small = int(code[8:10])
    return _SMALL_CLASSES[small - 1] if 1 <= small <= len(_SMALL_CLASSES) else None


def is_kind(asked: str, kind: str) -> bool:
    """Whether a component of `kind` is meant by `asked`, a kind or a family."""
    return kind == asked or kind.startswith(asked + ".")


class Kinds:
    """All kinds of a city: the built-in ones and its own, which go before those where the code is the same."""

    def __init__(self, own: Iterable[ComponentKind] = ()) -> None:
        self._by_code = {kind.code: kind for kind in (*BUILT_IN, *own)}
        self._by_name = {name: kind.code for kind in self._by_code.values() for name in kind.names}
        self.asked = frozenset(self._by_code) | {code.partition(".")[0] for code in self._by_code}
        self._words = ahocorasick.Automaton()
        for name, code in self._by_name.items():
            self._words.add_word(name, (len(name), code))
        self._words.make_automaton()

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def known(self, asked: str) -> bool:
        """Whether it is a kind, or the family of one."""
        return asked in self.asked

    def read(self, written: str) -> str | None:
        """A kind's code from the code or any of its names."""
        return written if written in self._by_code else self._by_name.get(written)

    def name(self, code: str) -> str:
        kind = self._by_code.get(code)
        return kind.names[0] if kind else code

    def spoken(self, text: str) -> frozenset[str]:
        """The kinds that a text speaks of; a name within a longer one does not count: 电力井盖 is no 井盖 at large."""
        found = [(end - length + 1, end + 1, code) for end, (length, code) in self._words.iter(text)]
        found.sort(key=lambda span: (span[0], -span[1]))
        spoken: set[str] = set()
        reached = 0
        for _, end, code in found:
            if end > reached:
                spoken.add(code)
                reached = end
        return frozenset(spoken)
