"""Who is called, whom they climb to, by when: on the ground of the made-up Zhenru."""

from datetime import datetime, timedelta

import pytest

from services.dispatch.domain.whistle import deadlines, rights, steps
from services.dispatch.domain.whistle.calling import proposed, report_in_by, roster, second_by, second_rule
from services.dispatch.domain.whistle.model import Happening, Marks
from services.dispatch.domain.whistle.rights import Who
from services.dispatch.domain.whistle.wording import text_of
from services.fabric.calendar import SHANGHAI
from services.fabric.resolve import resolve
from services.fabric.whistle_rules import WhistleKind
from tests.harness.zhenru import AT, SHOP, zhenru
from tests.unit.dispatch.whistle_making import LATER, blown


def kind(code: str) -> WhistleKind:
    found = zhenru().profile.whistle_kind(code)
    assert found is not None
    return found


def test_by_default_those_whose_grids_hold_the_point_and_the_assists() -> None:
    here = resolve(zhenru(), *SHOP, AT)
    units = {overlay: hit.unit for overlay, hit in here.overlays.items() if hit.unit is not None}
    on_the_ground = set(units.values())
    police, duty = here.unit_of("police"), here.unit_of("duty")
    assert police
    called = proposed(zhenru(), units, ["ZR-CITYLOOK", police, "NOBODY"], duty)
    assert set(called) == (on_the_ground | {"ZR-CITYLOOK"}) - {duty}
    assert len(called) == len(set(called))
    assert called[-1] == "ZR-CITYLOOK"


@pytest.mark.parametrize(
    ("unit", "climbs_to", "absent"),
    [
        ("ZR-POLICE", ("QP-POLICE", "QP"), ("guided_by",)),
        ("ZR-DUTY", ("ZR", "QP-URBAN", "QP"), ()),
        ("ZR-OPS", ("ZR", "QP"), ()),
        ("QP-POLICE", ("QP",), ("guided_by",)),
        ("QP", (), ("parent", "guided_by", "district")),
    ],
)
def test_the_roster_skips_what_is_not_there(unit: str, climbs_to: tuple[str, ...], absent: tuple[str, ...]) -> None:
    found = roster(zhenru(), unit, kind("daily").escalates)
    assert (found.climbs_to, found.absent) == (climbs_to, absent)


@pytest.mark.parametrize(
    ("code", "blown_at", "due"),
    [
        ("joint_enforcement", "2026-11-23T10:00", "2026-11-23T17:00"),
        ("joint_enforcement", "2026-11-23T16:30", "2026-11-24T17:00"),
        ("daily", "2026-11-28T12:00", "2026-11-30T17:00"),
        ("key_work", "2026-11-23T10:00", "2026-11-24T10:00"),
        ("emergency", "2026-11-28T23:50", "2026-11-29T00:20"),
    ],
)
def test_the_deadline_follows_from_the_kind(code: str, blown_at: str, due: str) -> None:
    start = datetime.fromisoformat(blown_at).replace(tzinfo=SHANGHAI)
    found = report_in_by(kind(code), start, zhenru().calendar)
    assert found == datetime.fromisoformat(due).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("code", "given", "hours"),
    [("emergency", None, 0.5), ("joint_enforcement", timedelta(hours=2), 2), ("joint_enforcement", None, 24)],
)
def test_the_second_span_runs_from_its_real_opening(code: str, given: timedelta | None, hours: float) -> None:
    opened = datetime(2026, 11, 23, 17, 0, tzinfo=SHANGHAI)
    found = second_by(second_rule(kind(code), given), opened, zhenru().calendar)
    assert found == opened + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("role", "code", "units", "waits"),
    [
        ("duty_desk", "daily", ["QP-POLICE"], False),
        ("supervisor", "daily", ["QP-POLICE"], False),
        ("department", "daily", ["ZR-OPS"], False),
        ("grid_chief", "daily", ["ZR-POLICE"], False),
        ("grid_chief", "daily", ["ZR-POLICE", "QP-POLICE"], True),
        ("grid_chief", "emergency", ["QP-POLICE"], False),
        ("grid_chief", "volunteer", ["ZR-G4-VOL"], False),
        ("community", "daily", ["ZR-POLICE"], True),
        ("community", "emergency", ["ZR-POLICE"], False),
    ],
)
def test_which_whistles_wait_for_the_streets_nod(role: str, code: str, units: list[str], waits: bool) -> None:
    who = Who(role, "ZR-G4")
    assert rights.refusal(who) is None
    assert rights.waits(zhenru(), who, kind(code), units) == waits


@pytest.mark.parametrize("role", ["grid_member", "volunteer", "source", "auditor"])
def test_who_may_not_blow_at_all(role: str) -> None:
    assert "请由街道城运中心吹哨" in (rights.refusal(Who(role, "ZR-G4")) or "")


def test_without_a_unit_only_the_centres_blow() -> None:
    assert rights.refusal(Who("duty_desk", None)) is None
    assert "没有写明单位" in (rights.refusal(Who("department", None)) or "")


def test_a_key_works_for_its_unit_and_all_below_it() -> None:
    fabric, call = zhenru(), blown("ZR-POLICE-5").calls[0]
    assert rights.acts_for(fabric, Who("department", "ZR-POLICE-5"), "ZR-POLICE-5")
    assert rights.acts_for(fabric, Who("department", "ZR-POLICE"), "ZR-POLICE-5")
    assert not rights.acts_for(fabric, Who("department", "ZR-POLICE-5"), "ZR-POLICE")
    assert not rights.acts_for(fabric, Who("department", "ZR-MARKET"), "ZR-POLICE-5")
    assert not rights.acts_for(fabric, Who("auditor", "ZR-POLICE"), "ZR-POLICE-5")
    assert rights.may_substitute(fabric, Who("department", "ZR-POLICE"), call)
    assert not rights.may_substitute(fabric, Who("department", "ZR-POLICE-5"), call)
    assert not rights.may_substitute(fabric, Who("department", "ZR-MARKET"), call)


def test_whoever_it_was_escalated_to_sees_it_and_may_substitute() -> None:
    fabric = zhenru()
    whistle = deadlines.first_passed(blown("ZR-DUTY"), AT + LATER).whistle
    guide = Who("department", "QP-URBAN")
    assert not rights.sees(fabric, guide, rights.parties(blown("ZR-DUTY")))
    assert rights.sees(fabric, guide, rights.parties(whistle))
    assert rights.may_substitute(fabric, guide, whistle.calls[0])


def test_the_timeline_reads_well() -> None:
    whistle = blown("ZR-POLICE", "ZR-MARKET")
    police = whistle.calls[0]
    said = [text_of(zhenru(), whistle, Happening("whistle.blown"))]

    def tell(outcome: object) -> None:
        nonlocal whistle
        assert hasattr(outcome, "happened")
        whistle = outcome.whistle  # type: ignore[attr-defined]
        said.extend(text_of(zhenru(), whistle, happening) for happening in outcome.happened)

    tell(steps.accept(whistle, police, AT, ""))
    tell(steps.decline(whistle, whistle.calls[1], AT, "当日另有任务"))
    tell(steps.report_in(whistle, whistle.calls[0], AT, ""))
    tell(deadlines.first_passed(whistle, AT + LATER))
    tell(steps.substitute(whistle, whistle.calls[1], "ZR-CITYLOOK", (), ""))
    tell(steps.report_in(whistle, whistle.calls[2], AT + 2 * LATER, "", vouched=True))
    tell(steps.done(whistle, whistle.calls[0], "店家已签承诺书"))
    tell(steps.evaluate(whistle, Marks("ZR-OPS", "ZR-POLICE", {"到场": 5, "配合": 4}, AT), ""))
    tell(steps.evaluate(whistle, Marks("ZR-POLICE", None, {"确有必要": 5}, AT), ""))
    tell(steps.release_all(whistle, "市容队留守", forced=True))
    assert said == [
        "吹响综合执法哨，请真如派出所、真如市场监管所于11月23日 17:00前到兰溪路生鲜店报到：联合检查夜间卸货",
        "真如派出所已应哨",
        "真如市场监管所请辞，待吹哨方同意：当日另有任务",
        "真如派出所已报到",
        "真如市场监管所到时未报到",
        "真如市场监管所未报到，已上报普陀区市场监督管理局、普陀区城市运行管理中心",
        "真如市场监管所改由真如市容服务队到场",
        "真如市容服务队已报到（迟到，吹哨方确认到场）",
        "应到的2家单位全部到场，其中真如市容服务队迟到",
        "真如派出所已完成任务：店家已签承诺书",
        "吹哨方评真如派出所：到场5分、配合4分",
        "真如派出所评本次吹哨：确有必要5分",
        "指挥席决定散哨，真如市容服务队尚未完成：市容队留守",
    ]
