"""Countdowns, periods, what may hang on the wall, and who sees what."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.console.domain.countdown import next_clock, remaining, urgency
from services.console.domain.visibility import Scope, for_eyes, scope_of, sees
from services.console.domain.wall import may_hang, public
from services.console.models import CaseRow, Clock
from services.console.root import judge
from services.kit.holders import SERVICES, Holder
from tests.harness.zhenru import AT, zhenru

ROW = CaseRow("case_a", 1, "closed", "key", "comprehensive", "GL-03", AT, AT, lead="ZR-DUTY-3", kind="complaint")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(hours=2, minutes=10), "还剩 2 小时 10 分"),
        (timedelta(minutes=-35), "已超 35 分"),
        (timedelta(0), "还剩 不到 1 分"),
        (timedelta(seconds=-1), "已超 不到 1 分"),
        (timedelta(hours=3), "还剩 3 小时"),
        (timedelta(days=1, hours=2, minutes=3), "还剩 1 天 2 小时"),
        (timedelta(days=-4), "已超 4 天"),
    ],
)
def test_how_long_is_left(left: timedelta, words: str) -> None:
    assert remaining(AT + left, AT) == words


def test_the_next_clock_is_the_first_due_that_still_runs() -> None:
    clocks = {
        "sign": Clock("sign", AT, AT + timedelta(hours=1), "met"),
        "resolve": Clock("resolve", AT, AT + timedelta(hours=9), "running"),
        "contact": Clock("contact", AT, AT + timedelta(hours=5), "overdue"),
    }
    found = next_clock(clocks)
    assert found is not None
    assert found.kind == "contact"
    assert next_clock({"sign": clocks["sign"]}) is None


def test_the_most_urgent_stand_first() -> None:
    red = replace(ROW, light="red", state="signed")
    yellow = replace(ROW, light="yellow", state="signed")
    over = replace(ROW, light="red", closed_at=AT)
    assert sorted([over, yellow, red], key=urgency) == [red, yellow, over]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请联系 138 0000 0000 处理", "请联系 ＊＊＊ 处理"),
        ("兰溪路148弄12号302室漏水", "兰溪路148弄漏水"),
        ("3号楼2单元501室堆物", "堆物"),
        ("兰溪路138号路灯不亮", "兰溪路138号路灯不亮"),
    ],
)
def test_the_walls_second_lock(text: str, shown: str) -> None:
    assert public(text) == shown


def test_what_never_hangs_on_the_wall() -> None:
    assert may_hang(ROW, ["report"])
    assert not may_hang(replace(ROW, confidential=True), ["report"])
    assert not may_hang(replace(ROW, kind="report"), ["report"])
    assert not may_hang(replace(ROW, state="withdrawn"), ["report"])
    assert not may_hang(replace(ROW, state="signed"), ["report"])


@pytest.mark.parametrize("role", ["admin", "duty_desk", "supervisor", "auditor"])
def test_those_who_see_all(role: str) -> None:
    assert scope_of(role, None, zhenru(), AT).everything


def test_a_unit_sees_what_it_its_people_or_its_grid_have_a_part_in() -> None:
    station = scope_of("department", "ZR-POLICE", zhenru(), AT)
    assert "ZR-POLICE-5" in station.units
    assert not sees(station, ROW)
    assert sees(station, replace(ROW, assists=("ZR-POLICE-5",)))
    assert sees(station, replace(ROW, called=("ZR-POLICE-1",)))
    chief = scope_of("grid_chief", "ZR-G4", zhenru(), AT)
    assert chief.grids == {"G4"}
    assert sees(chief, replace(ROW, grids={"comprehensive": "G4"}))
    assert not sees(chief, replace(ROW, grids={"comprehensive": "G5"}))
    assert not sees(scope_of("department", None, zhenru(), AT), ROW)
    assert scope_of("department", "ZR-DUTY-3", None, AT).units == {"ZR-DUTY-3"}


def test_a_tip_off_is_for_its_lead_alone() -> None:
    told = replace(
        ROW, confidential=True, title="某店回收地沟油", summary="…", address="兰溪路", lon=1.0, orders=("o",)
    )
    assist = Scope(units=frozenset({"ZR-MARKET-1"}))
    hidden = for_eyes(assist, told, "举报件")
    assert (hidden.title, hidden.summary, hidden.address, hidden.lon, hidden.orders) == ("举报件", "", None, None, ())
    assert for_eyes(Scope(units=frozenset({"ZR-DUTY-3"})), told, "举报件") is told
    assert for_eyes(Scope(everything=True), told, "举报件") is told


def _holders(version: int = 3, **changed: Holder) -> list[Holder]:
    return [changed.get(service) or Holder(service, f"{service}:1", True, "", version) for service in SERVICES]


def test_ready_is_when_all_five_live_are_well_and_hold_the_latest_fabric() -> None:
    assert judge(_holders())["ready"]
    assert judge(_holders())["fabric_version"] == 3
    assert judge(_holders()[1:])["problems"] == {SERVICES[0]: "没有进程在运行"}
    behind = _holders(notify=Holder("notify", "n:1", True, "", 2))
    assert judge(behind)["problems"] == {"notify": "网格还没到第 3 版"}
    ill = _holders(intake=Holder("intake", "i:1", False, "数据库连不上", 3))
    assert judge(ill)["problems"] == {"intake": "数据库连不上"}
    assert not judge([])["ready"]
